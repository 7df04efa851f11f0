//! The last look before a request leaves: its connection is open, and the facts may have changed.

use std::time::Duration;

use super::{Other, Visit};
use crate::config::{Addresses, Source, Uplink};
use crate::io::calls::Permit;
use crate::io::clock;
use crate::pass::edge::HOLD_MAX;

impl Visit<'_> {
    /// The connection for an update is open, since this time since boot: the request goes out if
    /// it still says what is so.
    pub(in super::super) fn permit(&mut self, permit: Permit, since: Duration) {
        let Some(attempt) = self.edge.attempt(&self.key) else { return };
        let (call, address, other) = (attempt.call, attempt.found.address, attempt.other);
        let may_go = self.may_go(Addresses { address, other }, since);
        let mut attempts = self.edge.attempts.iter_mut();
        let Some(attempt) = attempts.find(|attempt| attempt.call == call) else { return };
        match may_go {
            Some(true) => {
                permit.give();
                attempt.is_sent = true;
            }
            None => attempt.held = Some((permit, since)),
            // Without its permit the call comes back as denied.
            Some(false) => {}
        }
    }

    /// Whether these addresses are still to be sent; `None` while it is not known.
    fn may_go(&mut self, sent: Addresses, since: Duration) -> Option<bool> {
        // Without the kernel's word nothing is known, so nothing is sent.
        let Ok(has_news) = self.edge.freshen() else { return Some(false) };
        let Ok(found) = self.find()? else { return Some(false) };
        let Other::Known(other) = self.other() else { return None };
        if found.address != sent.address || other != sent.other {
            return Some(false);
        }
        // What others have said may be older than the news, and is asked again by the next look.
        let is_of_kernel = found.source == Source::Interface.token()
            && !matches!(self.host.uplink, Uplink::Interface(_));
        let is_old = has_news && !is_of_kernel && clock::since_boot() < since + HOLD_MAX;
        (!is_old && !self.is_being_sent(sent)).then_some(true)
    }

    /// Whether the other family's request has left and says the same: its reply is for both.
    fn is_being_sent(&self, sent: Addresses) -> bool {
        let sibling = self.edge.attempt(&(self.key.0.clone(), self.key.1.other()));
        sibling.is_some_and(|sibling| {
            sibling.is_sent
                && sibling.other == Some(sent.address)
                && sent.other == Some(sibling.found.address)
        })
    }
}
