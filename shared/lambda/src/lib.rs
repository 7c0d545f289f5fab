//! sagewarden-lambda
