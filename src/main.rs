//! Prints the error, returns its exit code.

use std::process::ExitCode;

use dynhost::commands;
use dynhost::error::Error;
use dynhost::io::{log, process};

fn main() -> ExitCode {
    process::undo_inherited_signals();
    log::open();
    match run(std::env::args_os()) {
        Ok(code) => ExitCode::from(code),
        Err(error) => {
            log::say(format_args!("dynhost: {error}"));
            ExitCode::from(error.exit_code())
        }
    }
}

/// By the name that rpcd calls it, the program speaks rpcd's protocol.
fn run(mut arguments: std::env::ArgsOs) -> Result<u8, Error> {
    let name = arguments.next().unwrap_or_default();
    #[cfg(feature = "rpcd")]
    if dynhost::rpcd::is_called_so(&name) {
        return commands::rpcd::run(arguments);
    }
    drop(name);
    commands::run(arguments)
}
