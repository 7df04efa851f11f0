//! At most sixty calls a minute, as the provider asks of its customers.

use std::collections::VecDeque;

use crate::Time;

/// Calls within [`WINDOW`].
pub const CALLS: usize = 60;
/// Seconds.
pub const WINDOW: Time = 60;

/// When the last calls were sent, by a clock that only goes forward.
#[derive(Clone, Debug, Default)]
pub struct Pace {
    sent: VecDeque<Time>,
}

impl Pace {
    /// Seconds to wait before the next call, which counts as sent then.
    pub fn wait(&mut self, now: Time) -> Time {
        let oldest = (self.sent.len() >= CALLS).then(|| self.sent.pop_front()).flatten();
        let at = oldest.map_or(now, |oldest| now.max(oldest.saturating_add(WINDOW)));
        self.sent.push_back(at);
        at - now
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_minute_has_more_than_sixty_calls() {
        let (mut pace, mut now, mut sent) = (Pace::default(), 1000, Vec::new());
        for call in 0..1000 {
            now += pace.wait(now);
            sent.push(now);
            now += u64::from(call % 7 == 0);
        }
        for (index, at) in sent.iter().enumerate() {
            let within = sent[index..].iter().take_while(|other| **other < at + WINDOW).count();
            assert!(within <= CALLS, "{within} calls from {at}");
        }
        assert!(now < 1000 + 1000 + WINDOW, "slower than it must be: {now}");
        assert_eq!(Pace::default().wait(7), 0);
    }
}
