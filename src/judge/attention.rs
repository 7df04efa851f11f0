//! How often a look is repeated by itself where the kernel does not tell of the next change.

use super::backoff::{self, Jitter};
use crate::Time;

/// Looks that are repeated after one that was unsure: in all, a minute and a quarter.
const UNSURE_LOOKS: u16 = 5;

/// Whether a look is to be repeated by itself, and when.
///
/// netifd calls an interface up a moment after the kernel has told of its address, and ubusd may
/// just be restarting: neither is told by the kernel.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Attention(Open);

/// What the last looks left open.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Open {
    /// Everything was seen: the kernel tells of the next change.
    #[default]
    Nothing,
    /// So many looks in a row left something open.
    Something(u16),
    /// So many looks in a row could not be made.
    Everything(u16),
}

/// How a look went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Looked {
    /// Everything was seen.
    Sure,
    /// Something may change without the kernel telling.
    Unsure,
    /// The kernel's tables could not be read.
    Failed,
}

impl Attention {
    /// Something happened: whatever is still open is worth as many looks as at first.
    pub fn news(&mut self) {
        *self = Self::default();
    }

    /// A look was made, whatever woke it.
    pub fn looked(&mut self, looked: Looked) {
        self.0 = match (looked, self.0) {
            (Looked::Sure, _) => Open::Nothing,
            (Looked::Unsure, Open::Something(looks)) => Open::Something(looks.saturating_add(1)),
            (Looked::Unsure, Open::Nothing | Open::Everything(_)) => Open::Something(1),
            (Looked::Failed, Open::Everything(looks)) => Open::Everything(looks.saturating_add(1)),
            (Looked::Failed, Open::Nothing | Open::Something(_)) => Open::Everything(1),
        };
    }

    /// Seconds until the look is repeated; `None` if it takes an event. What stays open for longer
    /// is the normal state of a line that is down, but tables that cannot be read never are.
    #[must_use]
    pub fn next(self) -> Option<Time> {
        match self.0 {
            Open::Nothing => None,
            Open::Something(looks) if looks > UNSURE_LOOKS => None,
            Open::Something(looks) | Open::Everything(looks) => {
                Some(backoff::after_failures(looks, Jitter::NONE))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The waits that follow looks.
    fn waits(attention: &mut Attention, looks: &[Looked]) -> Vec<Option<Time>> {
        let mut wait = |look: &Looked| {
            attention.looked(*look);
            attention.next()
        };
        looks.iter().map(&mut wait).collect()
    }

    #[test]
    fn an_unsure_look_is_repeated_five_times() {
        let mut attention = Attention::default();
        assert_eq!(attention.next(), None);
        let looks = [Looked::Unsure; 7];
        let seconds = [Some(2), Some(5), Some(10), Some(20), Some(40), None, None];
        assert_eq!(waits(&mut attention, &looks), seconds);
        attention.news();
        assert_eq!(attention.next(), None, "news are a look by themselves");
        assert_eq!(waits(&mut attention, &looks), seconds);
    }

    #[test]
    fn a_look_by_a_timer_or_the_clock_is_repeated_too_if_it_is_unsure() {
        let mut attention = Attention::default();
        assert_eq!(waits(&mut attention, &[Looked::Sure; 2]), [None, None]);
        assert_eq!(waits(&mut attention, &[Looked::Unsure; 2]), [Some(2), Some(5)]);
        assert_eq!(waits(&mut attention, &[Looked::Sure, Looked::Unsure]), [None, Some(2)]);
    }

    #[test]
    fn a_look_that_could_not_be_made_is_repeated_until_it_can() {
        let mut attention = Attention::default();
        let waits = waits(&mut attention, &[Looked::Failed; 12]);
        assert_eq!(waits[..3], [Some(2), Some(5), Some(10)]);
        assert_eq!(waits[11], Some(900));
        attention.looked(Looked::Unsure);
        assert_eq!(attention.next(), Some(2));
        attention.looked(Looked::Failed);
        assert_eq!(attention.next(), Some(2));
    }

    #[test]
    fn no_number_of_looks_begins_anew() {
        let mut attention = Attention(Open::Something(u16::MAX));
        attention.looked(Looked::Unsure);
        assert_eq!(attention.next(), None);
        let mut attention = Attention(Open::Everything(u16::MAX));
        attention.looked(Looked::Failed);
        assert_eq!(attention.next(), Some(900));
    }
}
