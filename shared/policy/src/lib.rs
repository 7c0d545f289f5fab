//! sagewarden-policy
