//! What survives a restart, to and from JSON.
