//! The state as a table for a person.

use std::fmt::{self, Write as _};

use super::next::next;
use crate::Time;
use crate::judge::Phase;
use crate::state::{Identity, Record};
use crate::text::span;

/// The records as a person reads them: what is published, what happened last, what comes next.
#[must_use]
pub fn table(records: &[Record], now: Time) -> String {
    if records.is_empty() {
        return "no host is configured\n".into();
    }
    let mut out = String::new();
    for record in records {
        // Writing to a String cannot fail.
        let _ = write_record(&mut out, record, now);
    }
    out
}

fn write_record(out: &mut String, record: &Record, now: Time) -> fmt::Result {
    let Record { identity: Identity { section, hostname, family, .. }, past, shown, .. } = record;
    writeln!(out, "{section}  {hostname}  {family}  {}", shown.phase.token())?;
    write_published(out, record, now)?;
    write_address(out, record)?;
    if let Some(last) = past.last() {
        let since = span(now.saturating_sub(last.at));
        let code = last.code.token();
        writeln!(out, "    last       {code} for {} {since} ago: {}", last.address, last.text)?;
    }
    write_dns(out, record, now)?;
    if !shown.reason.is_empty() {
        writeln!(out, "    reason     {}", shown.reason)?;
    }
    writeln!(out, "    next       {}", next(shown, now))
}

fn write_published(
    out: &mut String,
    Record { past, shown, .. }: &Record,
    now: Time,
) -> fmt::Result {
    let Some(published) = past.published() else {
        return writeln!(out, "    published  nothing yet");
    };
    let since = span(now.saturating_sub(published.at));
    // A rejection has changed nothing; it is only not relied on.
    let is_uncertain = past.is_in_doubt() && shown.phase != Phase::Held;
    let doubt = if is_uncertain { ", but a later update may have changed it" } else { "" };
    writeln!(out, "    published  {} {since} ago{doubt}", published.address)
}

/// What the zone's own servers have; of another address it says nothing.
fn write_dns(out: &mut String, record: &Record, now: Time) -> fmt::Result {
    let Some(dns) = record.verified_now() else { return Ok(()) };
    let since = span(now.saturating_sub(dns.at));
    let has = if dns.agrees { "has" } else { "has not" };
    writeln!(out, "    dns        {has} {}, since {since}", dns.address)
}

fn write_address(out: &mut String, Record { shown, .. }: &Record) -> fmt::Result {
    let Some(address) = shown.address else { return Ok(()) };
    write!(out, "    address    {address}")?;
    match (&shown.source, &shown.device) {
        (_, Some(device)) => writeln!(out, " on {device}"),
        (Some(source), None) => writeln!(out, " from {source}"),
        (None, None) => writeln!(out),
    }
}

#[cfg(test)]
mod tests {
    use super::super::sample::{NOW, held};
    use super::*;

    #[test]
    fn the_table_says_what_is_published_why_not_more_and_what_comes_next() {
        let expected = "\
home  home.example.com  ipv4  held
    published  81.2.69.10 2 h 5 min ago
    address    81.2.69.20 on pppoe-wan
    last       badauth for 81.2.69.20 1 min ago: login or password is wrong
    reason     badauth: login or password is wrong; compare them
    next       one try in 23 h 59 min, or after dynhost resume or a change of its configuration
";
        assert_eq!(table(&[held()], NOW), expected);
        assert_eq!(table(&[], NOW), "no host is configured\n");
    }

    #[test]
    fn the_table_of_a_new_record_and_of_one_in_doubt() {
        let mut record = held();
        record.shown.phase = Phase::Backoff;
        record.shown.device = None;
        assert!(table(&[record.clone()], NOW).contains(
            "    published  81.2.69.10 2 h 5 min ago, but a later update may have changed it\n    \
             address    81.2.69.20\n"
        ));
        record.shown.source = "command".try_into().ok();
        assert!(table(&[record.clone()], NOW).contains("    address    81.2.69.20 from command\n"));
        let fresh = Record::new(record.identity);
        let expected = "\
home  home.example.com  ipv4  pending
    published  nothing yet
    next       at the next pass
";
        assert_eq!(table(&[fresh], NOW), expected);
    }
}
