//! What each command does, from the command line to what is printed.

mod access;
mod check;
mod configuration;
#[cfg(feature = "doctor")]
mod doctor;
mod notes;
#[cfg(feature = "ovh")]
mod ovh;
mod resume;
#[cfg(feature = "rpcd")]
pub mod rpcd;
mod run;
mod status;
mod update;

use std::ffi::OsString;
use std::io::{ErrorKind, Write as _};

use crate::cli::{self, Command};
use crate::error::{EXIT_OK, Error};
use crate::io::process;
use crate::text::shaped;

/// Runs the command line behind the program's name; the value is the exit code.
///
/// # Errors
/// What ends the process before its work is done.
pub fn run(arguments: impl IntoIterator<Item = OsString>) -> Result<u8, Error> {
    process::protect_secrets();
    process::outlive_file_limits();
    let invocation = cli::parse(arguments)?;
    match &invocation.command {
        Command::Help => print(&cli::help()),
        Command::Version => print(concat!("dynhost ", env!("CARGO_PKG_VERSION"), "\n")),
        Command::Check { syntax: false } => check::check(&invocation),
        Command::Check { syntax: true } => check::syntax(&invocation),
        Command::Status { hosts, format } => status::status(&invocation, hosts, *format),
        Command::Update(options) => update::update(&invocation, options),
        #[cfg(feature = "doctor")]
        Command::Doctor { hosts, json } => doctor::doctor(&invocation, hosts, *json),
        Command::Resume(hosts) => resume::resume(&invocation, hosts),
        Command::Run { until_settled } => run::run(&invocation, *until_settled),
        #[cfg(feature = "ovh")]
        Command::Ovh(task) => ovh::run(&invocation, task),
        #[cfg(feature = "ovh")]
        Command::OvhHelp => print(cli::ovh::HELP),
    }
}

/// Writes to standard output. A reader that has gone away is no fault of this program.
fn print(output: &str) -> Result<u8, Error> {
    write_out(&shaped(output, &['\n', '\t']))
}

/// Writes what is shaped already, colours and all.
fn write_out(output: &str) -> Result<u8, Error> {
    let mut stdout = std::io::stdout().lock();
    match stdout.write_all(output.as_bytes()).and_then(|()| stdout.flush()) {
        Ok(()) => Ok(EXIT_OK),
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(EXIT_OK),
        Err(cause) => Err(Error::File { verb: "write", path: "standard output".into(), cause }),
    }
}
