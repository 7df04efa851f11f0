//! What ends the waiting, for a person.

use crate::Time;
use crate::judge::{Phase, Shown};
use crate::text::span;

/// What ends the waiting, for a person.
#[must_use]
pub fn next(shown: &Shown, now: Time) -> String {
    let at = shown.next_at.map(|at| span(at.saturating_sub(now)));
    match (shown.phase, at) {
        (Phase::Held, None) => "after dynhost resume or a change of its configuration".into(),
        (Phase::Held, Some(wait)) => {
            format!("one try in {wait}, or after dynhost resume or a change of its configuration")
        }
        (Phase::Disabled, _) => "when the configuration is changed".into(),
        (Phase::NoAddress, _) => "when an address appears".into(),
        (Phase::Current, None) => "when the address changes".into(),
        (Phase::Current, Some(wait)) => format!("when the address changes, or a refresh in {wait}"),
        (Phase::Pending | Phase::Backoff, Some(wait)) => format!("try in {wait}"),
        (Phase::Pending | Phase::Backoff, None) => "at the next pass".into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_state_says_what_ends_it() {
        let now = 1_000_000;
        let rows = [
            (Phase::Current, None, "when the address changes"),
            (Phase::Current, Some(now + 86_400), "when the address changes, or a refresh in 1 d"),
            (Phase::Backoff, Some(now + 2), "try in 2 s"),
            (Phase::Backoff, Some(now - 2), "try in 0 s"),
            (Phase::Pending, Some(now + 60), "try in 1 min"),
            (Phase::Pending, None, "at the next pass"),
            (Phase::NoAddress, None, "when an address appears"),
            (Phase::Disabled, None, "when the configuration is changed"),
            (Phase::Held, None, "after dynhost resume or a change of its configuration"),
        ];
        for (phase, next_at, said) in rows {
            assert_eq!(next(&Shown { phase, next_at, ..Shown::nothing() }, now), said);
        }
    }
}
