//! alert-drift
