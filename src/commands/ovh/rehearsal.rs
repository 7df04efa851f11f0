//! The calls that `--dry-run` lists.

use crate::ovh::call::Call;
use crate::ovh::error::Trouble;
use crate::ovh::exchange::Exchange;
use crate::ovh::values::Response;

/// Notes the calls in the place of sending them.
pub(super) struct Rehearsal<'a>(pub(super) &'a mut Vec<String>);

impl Exchange for Rehearsal<'_> {
    fn exchange(&mut self, call: &Call) -> Result<Response, Trouble> {
        self.0.push(format!("\t{call}\n"));
        Err(Trouble::Failed(String::new()))
    }
}
