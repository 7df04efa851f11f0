//! argv -> Command.
