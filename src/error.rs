//! What ends the process, with its exit code (the numbers of BSD's `sysexits.h`).

use std::fmt;

use crate::config::Fault;
use crate::text::Printable;

/// Every record is current or switched off.
pub const EXIT_OK: u8 = 0;
/// The command line is wrong.
pub const EXIT_USAGE: u8 = 64;
/// A record has no address that may be published.
pub const EXIT_NO_ADDRESS: u8 = 69;
/// The kernel does not answer.
pub const EXIT_SYSTEM: u8 = 71;
/// The program's own files cannot be used.
pub const EXIT_FILES: u8 = 74;
/// A record will be tried again by itself.
pub const EXIT_RETRY: u8 = 75;
/// A record was rejected: the user must act.
pub const EXIT_HELD: u8 = 77;
/// The configuration has a fault.
pub const EXIT_CONFIG: u8 = 78;

/// What ends the process before its work is done.
#[derive(Debug)]
pub enum Error {
    /// The command line is wrong.
    Usage(String),
    /// The configuration has a fault that leaves nothing to do.
    Config(Vec<Fault>),
    /// The kernel did not answer over netlink.
    Netlink(std::io::Error),
    /// The kernel refused what a resident process needs.
    System(std::io::Error),
    /// A file of the program's own.
    File {
        /// What was to be done with it, such as "read".
        verb: &'static str,
        /// Which file.
        path: String,
        /// Why it failed.
        cause: std::io::Error,
    },
    /// The provider's API, or what it knows, does not let a command go on.
    Refused {
        /// What, where, what to do.
        text: String,
        /// Whether the user must act, or time helps.
        exit: u8,
    },
    /// Another dynhost stays and holds the state directory.
    Resident {
        /// The state directory.
        state_dir: String,
    },
    /// Another dynhost holds the state directory and did not come to an end.
    Busy {
        /// The state directory.
        state_dir: String,
    },
}

impl Error {
    /// The exit code that scripts act on.
    #[must_use]
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::Usage(_) => EXIT_USAGE,
            Self::Config(_) => EXIT_CONFIG,
            Self::Netlink(_) | Self::System(_) => EXIT_SYSTEM,
            Self::File { .. } => EXIT_FILES,
            Self::Refused { exit, .. } => *exit,
            Self::Resident { .. } | Self::Busy { .. } => EXIT_RETRY,
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Usage(what) => write!(f, "{}; see dynhost --help", Printable(what)),
            Self::Config(faults) => {
                for (index, fault) in faults.iter().enumerate() {
                    let newline = if index == 0 { "" } else { "\n" };
                    write!(f, "{newline}{fault}")?;
                }
                Ok(())
            }
            Self::Netlink(cause) => {
                write!(f, "the kernel does not tell its addresses over netlink: {cause}")
            }
            Self::System(cause) => {
                write!(f, "the kernel refuses what a resident process needs: {cause}")
            }
            Self::File { verb, path, cause } => {
                write!(f, "cannot {verb} {}: {cause}", Printable(path))
            }
            Self::Refused { text, .. } => write!(f, "{}", Printable(text)),
            Self::Resident { state_dir } => write!(
                f,
                "another dynhost runs and holds {}: one is enough, or give this one a state \
                 directory of its own",
                Printable(state_dir)
            ),
            Self::Busy { state_dir } => write!(
                f,
                "another dynhost holds {} and did not finish within 60 seconds; it goes on, ask \
                 again with dynhost status",
                Printable(state_dir)
            ),
        }
    }
}

impl std::error::Error for Error {}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::{Error as Cause, ErrorKind};

    #[test]
    fn every_error_has_its_sentence_and_exit_code() {
        let fault = |line| Fault {
            file: "dynhost.conf".into(),
            line,
            severity: crate::config::Severity::File,
            text: "is cut".into(),
        };
        let rows = [
            (
                Error::Config(vec![fault(1), fault(2)]),
                78,
                "dynhost.conf:1: is cut\ndynhost.conf:2: is cut",
            ),
            (
                Error::System(ErrorKind::PermissionDenied.into()),
                71,
                "the kernel refuses what a resident process needs: permission denied",
            ),
            (
                Error::Usage("unknown command 'updat'".into()),
                64,
                "unknown command 'updat'; see dynhost --help",
            ),
            (
                Error::Usage("unknown command '\u{1b}[2J\u{202e}\n'".into()),
                64,
                "unknown command '\\u{1b}[2J\\u{202e}\\n'; see dynhost --help",
            ),
            (
                Error::Netlink(ErrorKind::PermissionDenied.into()),
                71,
                "the kernel does not tell its addresses over netlink: permission denied",
            ),
            (
                Error::File {
                    verb: "read",
                    path: "/etc/dynhost.conf".into(),
                    cause: Cause::from(ErrorKind::NotFound),
                },
                74,
                "cannot read /etc/dynhost.conf: entity not found",
            ),
            (Error::Refused { text: "no\n".into(), exit: EXIT_HELD }, 77, "no\\n"),
            (
                Error::Resident { state_dir: "/var/run/dynhost".into() },
                75,
                "another dynhost runs and holds /var/run/dynhost: one is enough, or give this one \
                 a state directory of its own",
            ),
            (
                Error::Busy { state_dir: "/var/run/dynhost".into() },
                75,
                "another dynhost holds /var/run/dynhost and did not finish within 60 seconds; \
                 it goes on, ask again with dynhost status",
            ),
        ];
        let mut kinds = [false; 8];
        for (error, code, sentence) in rows {
            assert_eq!((error.exit_code(), error.to_string().as_str()), (code, sentence));
            kinds[match error {
                Error::Usage(_) => 0,
                Error::Config(_) => 1,
                Error::Netlink(_) => 2,
                Error::System(_) => 3,
                Error::File { .. } => 4,
                Error::Resident { .. } => 5,
                Error::Busy { .. } => 6,
                Error::Refused { .. } => 7,
            }] = true;
        }
        assert_eq!(kinds, [true; 8], "of these there is a row");
    }
}
