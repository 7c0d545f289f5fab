//! record-commit
