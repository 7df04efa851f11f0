//! What the user sees: the state as a table and as metrics, an event as a line of the log, as a
//! line of `update` and as the variables of a program.

pub mod hook;
pub mod line;
pub mod log;
mod next;
mod prometheus;
mod table;

pub use next::next;
pub use prometheus::prometheus;
pub use table::table;

use std::fmt;
use std::net::IpAddr;

/// The words that the guide's own clients answer with: "IP changed".
struct IpChange {
    from: Option<IpAddr>,
    to: Option<IpAddr>,
}

impl fmt::Display for IpChange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.from, self.to) {
            (Some(from), Some(to)) if from != to => write!(f, "IP changed from {from} to {to}"),
            (_, Some(to)) => write!(f, "IP is now {to}"),
            (_, None) => f.write_str("IP is not known"),
        }
    }
}

#[cfg(test)]
mod tests;

#[cfg(test)]
mod sample {
    //! A record to look at.

    use crate::RELEASED;
    use crate::Time;
    use crate::address::Family;
    use crate::judge::{Attempt, Code, Facts, Phase, Published, Shown};
    use crate::provider::reply::Word;
    use crate::state::{Identity, Record};
    use crate::text::text;

    pub(super) const NOW: Time = RELEASED + 10_000;

    /// Published one address, and was rejected with the next.
    pub(super) fn held() -> Record {
        let identity = Identity {
            section: "home".try_into().expect("short"),
            hostname: "home.example.com".try_into().expect("short"),
            family: Family::Ipv4,
            fingerprint: "00000014".try_into().expect("short"),
        };
        let new = "81.2.69.20".parse().expect("an address");
        let old = "81.2.69.10".parse().expect("an address");
        let reason = text(format_args!("badauth: login or password is wrong; compare them"));
        let last = Attempt {
            at: NOW - 60,
            address: new,
            code: Code::Word(Word::Badauth),
            text: text(format_args!("login or password is wrong")),
        };
        let facts = Facts {
            published: Some(Published { address: old, at: NOW - 7500 }),
            last: Some(last),
            told: (Phase::Held, reason.clone()),
            ..Facts::default()
        };
        let shown = Shown {
            phase: Phase::Held,
            reason,
            address: Some(new),
            device: Some("pppoe-wan".try_into().expect("short")),
            next_at: Some(NOW + 86_340),
            ..Shown::nothing()
        };
        Record { identity, past: facts.past(NOW), shown, dns: None }
    }
}
