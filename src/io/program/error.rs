//! Why a program gave nothing.

use std::time::Duration;
use std::{fmt, io};

/// Why a program gave nothing.
#[derive(Debug)]
pub enum ProgramError {
    /// No program, or not an absolute path: what is run must not depend on `PATH`.
    NotAbsolute,
    /// It could not be started or waited for.
    System(io::Error),
    /// It was still running after this time, and was killed.
    TooSlow(Duration),
    /// It wrote more bytes than this, and was killed.
    TooMuchOutput(usize),
    /// It was killed and did not end all the same.
    Stuck,
    /// It ended with this exit code, which is not 0.
    Exit(i32),
    /// It was killed by this signal.
    Killed(i32),
}

impl fmt::Display for ProgramError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotAbsolute => f.write_str("write the program with its whole path, from /"),
            Self::System(error) => write!(f, "it cannot be run: {error}"),
            Self::TooSlow(limit) => match (limit.as_secs(), limit.subsec_millis()) {
                (seconds, 0) => write!(f, "it was killed after running for {seconds} s"),
                (seconds, rest) => {
                    write!(f, "it was killed after running for {seconds}.{rest:03} s")
                }
            },
            Self::TooMuchOutput(limit) => {
                write!(f, "it was killed after writing more than {limit} bytes")
            }
            Self::Stuck => f.write_str(
                "it was killed and does not end: it hangs in the kernel, see what it reads or writes",
            ),
            Self::Exit(code) => write!(f, "it ended with exit code {code}"),
            Self::Killed(signal) => write!(f, "it was killed by signal {signal}"),
        }
    }
}

impl std::error::Error for ProgramError {}

impl From<io::Error> for ProgramError {
    fn from(error: io::Error) -> Self {
        Self::System(error)
    }
}
