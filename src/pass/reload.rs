//! Another configuration: what is under way goes on, as only its reply tells what the provider has.

use super::Engine;
use super::edge::{Attempt, Key};
use super::selection::usable;
use crate::config::Config;
use crate::state::Record;

impl Engine {
    /// Goes on with another configuration; what is known of unchanged hosts stays.
    pub(crate) fn reconfigure(&mut self, config: Config) {
        self.take_back_unsent();
        self.edge.attempts.append(&mut self.edge.strays);
        self.ledger.adopt(&config);
        self.config = config;
        for attempt in std::mem::take(&mut self.edge.attempts) {
            match self.place_of(&attempt) {
                Some(key) => {
                    let attempt = Attempt { key, ..attempt };
                    self.ledger.expect(&attempt);
                    self.edge.attempts.push(attempt);
                }
                None => self.edge.strays.push(attempt),
            }
        }
    }

    /// The record that waits for the reply to this: its own, or one of the same account under
    /// another name.
    fn place_of(&self, attempt: &Attempt) -> Option<Key> {
        let is_its = |record: &&Record| {
            record.identity.fingerprint == attempt.fingerprint
                && record.identity.family == attempt.key.1
                && usable(&self.config, &record.identity.section).is_some()
        };
        let records = self.ledger.state().records.iter().filter(is_its);
        let keys: Vec<Key> = records
            .map(|record| (record.identity.section.clone(), record.identity.family))
            .filter(|key| self.edge.attempt(key).is_none())
            .collect();
        keys.iter().find(|key| **key == attempt.key).or(keys.first()).cloned()
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
