//! An event as the variables of a program that wants to be told (`option on_change`).

use std::net::IpAddr;

use crate::judge::{Event, Repeat};
use crate::state::{Identity, Record};

/// The value of `DYNHOST_EVENT`; `None` if programs are not told of this.
#[must_use]
pub fn token(event: Event) -> Option<&'static str> {
    match event {
        Event::Published { .. } => Some("published"),
        Event::Rejected(_, Repeat::New) => Some("held"),
        Event::Released => Some("released"),
        Event::FailingForAnHour => Some("failing"),
        Event::Confirmed(_)
        | Event::Rejected(_, Repeat::Again)
        | Event::Failed(..)
        | Event::Waits(_)
        | Event::Hushed => None,
    }
}

/// The variables that a program is told an event by.
#[must_use]
pub fn variables(token: &str, record: &Record) -> Vec<(&'static str, String)> {
    let or_empty =
        |address: Option<IpAddr>| address.map(|address| address.to_string()).unwrap_or_default();
    let published = record.past.published().map(|published| published.address);
    let Record { identity: Identity { section, hostname, family, .. }, shown, .. } = record;
    vec![
        ("DYNHOST_EVENT", token.into()),
        ("DYNHOST_HOST", section.to_string()),
        ("DYNHOST_HOSTNAME", hostname.to_string()),
        ("DYNHOST_FAMILY", family.to_string()),
        ("DYNHOST_STATE", shown.phase.token().into()),
        ("DYNHOST_ADDRESS", or_empty(shown.address)),
        ("DYNHOST_PUBLISHED", or_empty(published)),
        ("DYNHOST_REASON", shown.reason.to_string()),
    ]
}

#[cfg(test)]
mod tests {
    use super::super::sample::held;
    use super::*;
    use crate::judge::{Code, Why};
    use crate::provider::reply::Word;

    #[test]
    fn a_program_is_told_what_a_person_wants_to_hear_of_once() {
        let code = Code::Word(Word::Badauth);
        let to = "81.2.69.1".parse().expect("an address");
        let rows = [
            (Event::Published { from: None, to }, Some("published")),
            (Event::Rejected(code, Repeat::New), Some("held")),
            (Event::Rejected(code, Repeat::Again), None),
            (Event::Released, Some("released")),
            (Event::FailingForAnHour, Some("failing")),
            (Event::Failed(code, Repeat::New), None),
            (Event::Confirmed(Repeat::New), None),
            (Event::Waits(Why::Held), None),
            (Event::Hushed, None),
        ];
        for (event, told) in rows {
            assert_eq!(token(event), told, "{event:?}");
        }
    }

    #[test]
    fn a_program_is_told_the_names_of_the_contract() {
        let told = [
            ("DYNHOST_EVENT", "held"),
            ("DYNHOST_HOST", "home"),
            ("DYNHOST_HOSTNAME", "home.example.com"),
            ("DYNHOST_FAMILY", "ipv4"),
            ("DYNHOST_STATE", "held"),
            ("DYNHOST_ADDRESS", "81.2.69.20"),
            ("DYNHOST_PUBLISHED", "81.2.69.10"),
            ("DYNHOST_REASON", "badauth: login or password is wrong; compare them"),
        ];
        let variables = variables("held", &held());
        let variables: Vec<_> =
            variables.iter().map(|(name, value)| (*name, value.as_str())).collect();
        assert_eq!(variables, told);
        let fresh = Record::new(held().identity);
        assert!(super::variables("held", &fresh).contains(&("DYNHOST_PUBLISHED", String::new())));
    }
}
