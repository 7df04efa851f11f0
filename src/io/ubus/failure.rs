//! Why ubus gave no answer.

use std::fmt;
use std::io::{self, ErrorKind};
use std::path::PathBuf;

use super::TIME_LIMIT;
use crate::ubus::Malformed;

/// Why netifd could not be asked.
#[derive(Debug)]
pub enum Failure {
    /// Nothing listens at this path.
    NoUbus(PathBuf, io::Error),
    /// ubusd runs, netifd does not.
    NoNetifd,
    /// ubus keeps netifd from this user.
    Denied,
    /// ubus or netifd refused with this status.
    Status(u32),
    /// [`TIME_LIMIT`] is used up.
    Timeout,
    /// ubusd hung up.
    Closed,
    /// The socket failed.
    Io(io::Error),
    /// What came was not an answer.
    Malformed(Malformed),
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoUbus(path, error) => {
                write!(f, "nothing listens at {}: {error}", path.display())
            }
            Self::NoNetifd => f.write_str("netifd is not on ubus: it is not running"),
            Self::Denied => f.write_str("ubus does not let this user ask netifd: run as root"),
            Self::Status(status) => write!(f, "ubus refused the question with status {status}"),
            Self::Timeout => write!(f, "no answer from ubus within {} s", TIME_LIMIT.as_secs()),
            Self::Closed => f.write_str("ubus closed the connection"),
            Self::Io(error) => write!(f, "the connection to ubus failed: {error}"),
            Self::Malformed(malformed) => write!(f, "ubus sent {malformed}"),
        }
    }
}

impl std::error::Error for Failure {}

impl From<Malformed> for Failure {
    fn from(malformed: Malformed) -> Self {
        Self::Malformed(malformed)
    }
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            ErrorKind::WouldBlock | ErrorKind::TimedOut => Self::Timeout,
            ErrorKind::UnexpectedEof | ErrorKind::BrokenPipe | ErrorKind::ConnectionReset => {
                Self::Closed
            }
            _ => Self::Io(error),
        }
    }
}
