//! Prints the error, returns its exit code.

use std::process::ExitCode;

use dynhost::commands;
use dynhost::io::{log, process};

fn main() -> ExitCode {
    process::undo_inherited_signals();
    log::open();
    match commands::run(std::env::args_os().skip(1)) {
        Ok(code) => ExitCode::from(code),
        Err(error) => {
            log::say(format_args!("dynhost: {error}"));
            ExitCode::from(error.exit_code())
        }
    }
}
