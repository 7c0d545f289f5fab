//! enforce-policy
