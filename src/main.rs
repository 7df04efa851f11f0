//! Prints the error, returns its exit code.

use std::io::Write as _;
use std::process::ExitCode;

use dynhost::commands;

fn main() -> ExitCode {
    match commands::run(std::env::args_os().skip(1)) {
        Ok(code) => ExitCode::from(code),
        Err(error) => {
            // A closed standard error leaves nobody to tell.
            let _ = writeln!(std::io::stderr(), "dynhost: {error}");
            ExitCode::from(error.exit_code())
        }
    }
}
