//! The last look before a request is written.

use std::fmt;
use std::io;
use std::sync::{Arc, Mutex};

use super::background::locked;
use crate::provider::failure::Failure;

/// Whether the request may go out still; called once, when the connection is open.
pub(super) type Ask = Box<dyn FnOnce() -> Result<bool, Failure> + Send>;

/// Stands between an open connection and the first byte of a request.
#[derive(Clone, Default)]
pub(super) struct Gate(Arc<Mutex<State>>);

#[derive(Default)]
enum State {
    #[default]
    Passed,
    Closed(Ask),
    Denied,
    Failed,
}

impl Gate {
    /// Lets nothing through before `ask` was asked.
    pub(super) fn close(&self, ask: Ask) {
        *locked(&self.0) = State::Closed(ask);
    }

    /// Asks if nobody has asked yet.
    ///
    /// # Errors
    /// One that ends the call before anything is sent.
    pub(super) fn pass(&self) -> io::Result<()> {
        let mut state = locked(&self.0);
        let State::Closed(ask) = std::mem::take(&mut *state) else { return Ok(()) };
        match ask() {
            Ok(true) => Ok(()),
            Ok(false) => {
                *state = State::Denied;
                Err(io::Error::other("it is not wanted any more"))
            }
            Err(failure) => {
                *state = State::Failed;
                Err(io::Error::other(failure))
            }
        }
    }

    /// Whether the request was held back because it is not wanted any more.
    pub(super) fn denied(&self) -> bool {
        matches!(*locked(&self.0), State::Denied)
    }

    /// Whether the request was let through, so that some of it may have arrived.
    pub(super) fn passed(&self) -> bool {
        matches!(*locked(&self.0), State::Passed)
    }
}

impl fmt::Debug for Gate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Gate")
    }
}
