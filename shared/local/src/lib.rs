//! sagewarden-local
