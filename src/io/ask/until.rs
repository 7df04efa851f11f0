//! When a look-up ends without an answer.

use std::time::Duration;

use crate::io::cancel::Cancel;
use crate::io::clock::since_boot;

/// When a look-up ends without an answer.
#[derive(Clone, Debug)]
pub(in super::super) struct Until {
    /// Since boot, as all times here.
    pub(in super::super) end: Duration,
    /// Before that, if nobody wants it any more.
    pub(in super::super) cancel: Cancel,
}

impl Until {
    pub(super) fn is_over(&self) -> bool {
        self.cancel.is_cancelled() || since_boot() >= self.end
    }
}
