//! How long after the nth.
