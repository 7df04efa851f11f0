//! How the state is shown: as a table for a person, as JSON, as Prometheus metrics.

use std::fmt::{self, Write as _};

use crate::Time;
use crate::state::{Phase, Record, State};
use crate::text::span;

/// The records as a person reads them: what is published, what happened last, what comes next.
#[must_use]
pub fn table(state: &State, now: Time) -> String {
    if state.records.is_empty() {
        return "no host is configured\n".into();
    }
    let mut out = String::new();
    for record in &state.records {
        // Writing to a String cannot fail.
        let _ = write_record(&mut out, record, now);
    }
    out
}

fn write_record(out: &mut String, record: &Record, now: Time) -> fmt::Result {
    let Record { host, hostname, family, state, .. } = record;
    writeln!(out, "{host}  {hostname}  {family}  {}", state.token())?;
    match &record.published {
        None => writeln!(out, "    published  nothing yet")?,
        Some(published) => {
            let since = span(now.saturating_sub(published.at));
            // A rejection has changed nothing; it is only not relied on.
            let is_uncertain = record.in_doubt && record.state != Phase::Held;
            let doubt = if is_uncertain { ", but a later update may have changed it" } else { "" };
            writeln!(out, "    published  {} {since} ago{doubt}", published.address)?;
        }
    }
    if let Some(address) = record.address {
        write!(out, "    address    {address}")?;
        match (&record.source, &record.device) {
            (_, Some(device)) => writeln!(out, " on {device}")?,
            (Some(source), None) => writeln!(out, " from {source}")?,
            (None, None) => writeln!(out)?,
        }
    }
    if let Some(last) = &record.last {
        let since = span(now.saturating_sub(last.at));
        writeln!(
            out,
            "    last       {} for {} {since} ago: {}",
            last.code.token(),
            last.address,
            last.text
        )?;
    }
    if !record.reason.is_empty() {
        writeln!(out, "    reason     {}", record.reason)?;
    }
    writeln!(out, "    next       {}", next(record, now))
}

/// What ends the waiting, for a person.
#[must_use]
pub fn next(record: &Record, now: Time) -> String {
    let at = record.next_at.map(|at| span(at.saturating_sub(now)));
    match (record.state, at) {
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

/// Metrics in Prometheus' text exposition format 0.0.4.
#[must_use]
pub fn prometheus(state: &State) -> String {
    let mut out = String::new();
    let gauges: [(&str, &str, fn(&Record) -> Option<u64>); 6] = [
        ("current", "Whether the published address is the WAN address.", |record| {
            Some(u64::from(record.state == Phase::Current))
        }),
        ("held", "Whether the user must act.", |record| {
            Some(u64::from(record.state == Phase::Held))
        }),
        ("failures", "Updates in a row that failed.", |record| Some(record.failures.into())),
        ("published_timestamp_seconds", "When an address was last acknowledged.", |record| {
            record.published.as_ref().map(|published| published.at)
        }),
        ("last_update_timestamp_seconds", "When the last update ended.", |record| {
            record.last.as_ref().map(|last| last.at)
        }),
        ("next_update_timestamp_seconds", "When the next look is due.", |record| record.next_at),
    ];
    for (name, help, value) in gauges {
        let _ = write_gauge(&mut out, state, (name, help), value);
    }
    let _ = write_states(&mut out, state);
    out
}

fn write_gauge(
    out: &mut String,
    state: &State,
    (name, help): (&str, &str),
    value: fn(&Record) -> Option<u64>,
) -> fmt::Result {
    writeln!(out, "# HELP dynhost_{name} {help}\n# TYPE dynhost_{name} gauge")?;
    for record in &state.records {
        if let Some(value) = value(record) {
            writeln!(out, "dynhost_{name}{{{}}} {value}", labels(record))?;
        }
    }
    Ok(())
}

fn write_states(out: &mut String, state: &State) -> fmt::Result {
    writeln!(out, "# HELP dynhost_info What a record is doing, and what came of its last update.")?;
    writeln!(out, "# TYPE dynhost_info gauge")?;
    for record in &state.records {
        let code = record.last.as_ref().map_or("", |last| last.code.token());
        let (labels, state) = (labels(record), record.state.token());
        writeln!(out, "dynhost_info{{{labels},state=\"{state}\",code=\"{code}\"}} 1")?;
    }
    Ok(())
}

/// None of the values can hold a quote, a backslash or a newline: names are checked when read.
fn labels(record: &Record) -> String {
    let Record { host, hostname, family, .. } = record;
    format!("host=\"{host}\",hostname=\"{hostname}\",family=\"{family}\"")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::address::Family;
    use crate::reply::Word;
    use crate::state::{Code, Last, Published};
    use crate::text::text;

    const NOW: Time = crate::RELEASED + 10_000;

    fn held() -> Record {
        let mut record = Record::new(
            "home".try_into().expect("short"),
            "home.example.com".try_into().expect("short"),
            Family::Ipv4,
        );
        record.state = Phase::Held;
        record.address = Some("81.2.69.20".parse().expect("an address"));
        record.device = Some("pppoe-wan".try_into().expect("short"));
        record.reason = text(format_args!("badauth: login or password is wrong; compare them"));
        let address = "81.2.69.10".parse().expect("an address");
        record.published = Some(Published { address, at: NOW - 7500 });
        record.last = Some(Last {
            at: NOW - 60,
            address: "81.2.69.20".parse().expect("an address"),
            code: Code::Word(Word::Badauth),
            text: text(format_args!("login or password is wrong")),
        });
        record.next_at = Some(NOW + 86_340);
        record
    }

    fn state(records: Vec<Record>) -> State {
        let mut state = State::default();
        state.records = records;
        state
    }

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
        assert_eq!(table(&state(vec![held()]), NOW), expected);
        assert_eq!(table(&state(vec![]), NOW), "no host is configured\n");
    }

    #[test]
    fn every_state_says_what_ends_it() {
        let rows = [
            (Phase::Current, None, "when the address changes"),
            (Phase::Current, Some(NOW + 86_400), "when the address changes, or a refresh in 1 d"),
            (Phase::Backoff, Some(NOW + 2), "try in 2 s"),
            (Phase::Backoff, Some(NOW - 2), "try in 0 s"),
            (Phase::Pending, None, "at the next pass"),
            (Phase::NoAddress, None, "when an address appears"),
            (Phase::Disabled, None, "when the configuration is changed"),
            (Phase::Held, None, "after dynhost resume or a change of its configuration"),
        ];
        for (phase, next_at, said) in rows {
            assert_eq!(next(&Record { state: phase, next_at, ..held() }, NOW), said);
        }
    }

    #[test]
    fn metrics_have_a_line_per_record_and_absent_values_have_none() {
        let mut fresh = held();
        (fresh.published, fresh.last, fresh.next_at) = (None, None, None);
        fresh.family = Family::Ipv6;
        let metrics = prometheus(&state(vec![held(), fresh]));
        let labels = "host=\"home\",hostname=\"home.example.com\",family=\"ipv4\"";
        for line in [
            format!("dynhost_held{{{labels}}} 1"),
            format!("dynhost_current{{{labels}}} 0"),
            format!("dynhost_published_timestamp_seconds{{{labels}}} {}", NOW - 7500),
            format!("dynhost_info{{{labels},state=\"held\",code=\"badauth\"}} 1"),
            "# TYPE dynhost_failures gauge".into(),
        ] {
            assert!(metrics.lines().any(|have| have == line), "{line} is not in\n{metrics}");
        }
        let timestamps = metrics.lines().filter(|line| line.starts_with("dynhost_last_update"));
        assert_eq!(timestamps.count(), 1);
    }
}
