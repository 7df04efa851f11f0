//! Prints the error, returns its exit code.

fn main() {}
