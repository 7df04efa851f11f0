//! Another configuration: what is under way goes on where it is still wanted.

use super::Engine;
use super::edge::Key;
use super::selection::usable;
use crate::config::Config;

impl Engine {
    /// Goes on with another configuration; what is known of unchanged hosts stays.
    pub(crate) fn reconfigure(&mut self, config: Config) {
        self.take_back_unsent();
        self.ledger.adopt(&config);
        self.config = config;
        let (state, calls) = (self.ledger.state(), &mut self.edge.calls);
        self.edge.attempts.retain(|attempt| {
            let now = state.record(&attempt.key.0, attempt.key.1);
            let is_same = now.is_some_and(|now| now.identity.fingerprint == attempt.fingerprint);
            let is_awaited = is_same && usable(&self.config, &attempt.key.0).is_some();
            if !is_awaited {
                calls.forget(attempt.call);
            }
            is_awaited
        });
        let awaited: Vec<Key> =
            self.edge.attempts.iter().map(|attempt| attempt.key.clone()).collect();
        self.ledger.interrupt_all_but(&awaited);
    }

    /// Calls off what has not left yet: the look that follows starts anew what is still wanted.
    fn take_back_unsent(&mut self) {
        let (sent, unsent): (Vec<_>, Vec<_>) = std::mem::take(&mut self.edge.attempts)
            .into_iter()
            .partition(|attempt| attempt.is_sent);
        self.edge.attempts = sent;
        for attempt in unsent {
            self.edge.calls.forget(attempt.call);
            self.ledger.take_back(&attempt.key, attempt.shown);
        }
    }
}
