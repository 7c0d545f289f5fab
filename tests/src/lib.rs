//! sagewarden-tests
