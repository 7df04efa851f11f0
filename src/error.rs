//! What ends the process, with its exit code.
