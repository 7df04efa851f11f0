//! The state in Prometheus' text exposition format 0.0.4.

use std::fmt::{self, Write as _};

use crate::judge::Phase;
use crate::state::{Identity, Record};

/// Metrics of all records.
#[must_use]
pub fn prometheus(records: &[Record]) -> String {
    let mut out = String::new();
    let gauges: [(&str, &str, fn(&Record) -> Option<u64>); 7] = [
        ("current", "Whether the published address is the WAN address.", |record| {
            Some(u64::from(record.shown.phase == Phase::Current))
        }),
        ("held", "Whether the user must act.", |record| {
            Some(u64::from(record.shown.phase == Phase::Held))
        }),
        ("failures", "Updates in a row that failed.", |record| Some(record.past.failures().into())),
        ("published_timestamp_seconds", "When an address was last acknowledged.", |record| {
            record.past.published().map(|published| published.at)
        }),
        ("last_update_timestamp_seconds", "When the last update ended.", |record| {
            record.past.last().map(|last| last.at)
        }),
        ("dns_agrees", "Whether the zone's own servers have the published address.", |record| {
            record.verified_now().map(|dns| u64::from(dns.agrees))
        }),
        ("next_update_timestamp_seconds", "When the next look is due.", |record| {
            record.shown.next_at
        }),
    ];
    for (name, help, value) in gauges {
        let _ = write_gauge(&mut out, records, (name, help), value);
    }
    let _ = write_states(&mut out, records);
    out
}

fn write_gauge(
    out: &mut String,
    records: &[Record],
    (name, help): (&str, &str),
    value: fn(&Record) -> Option<u64>,
) -> fmt::Result {
    writeln!(out, "# HELP dynhost_{name} {help}\n# TYPE dynhost_{name} gauge")?;
    for record in records {
        if let Some(value) = value(record) {
            writeln!(out, "dynhost_{name}{{{}}} {value}", labels(record))?;
        }
    }
    Ok(())
}

fn write_states(out: &mut String, records: &[Record]) -> fmt::Result {
    writeln!(out, "# HELP dynhost_info What a record is doing, and what came of its last update.")?;
    writeln!(out, "# TYPE dynhost_info gauge")?;
    for record in records {
        let code = record.past.last().map_or("", |last| last.code.token());
        let (labels, state) = (labels(record), record.shown.phase.token());
        writeln!(out, "dynhost_info{{{labels},state=\"{state}\",code=\"{code}\"}} 1")?;
    }
    Ok(())
}

/// None of the values can hold a quote, a backslash or a newline: names are checked when read.
fn labels(record: &Record) -> String {
    let Identity { section, hostname, family, .. } = &record.identity;
    format!("host=\"{section}\",hostname=\"{hostname}\",family=\"{family}\"")
}

#[cfg(test)]
mod tests {
    use super::super::sample::{NOW, held};
    use super::*;
    use crate::address::Family;

    #[test]
    fn metrics_have_a_line_per_record_and_absent_values_have_none() {
        let mut fresh = Record::new(held().identity);
        fresh.identity.family = Family::Ipv6;
        let metrics = prometheus(&[held(), fresh]);
        let labels = "host=\"home\",hostname=\"home.example.com\",family=\"ipv4\"";
        let other = labels.replace("ipv4", "ipv6");
        for line in [
            format!("dynhost_held{{{labels}}} 1"),
            format!("dynhost_held{{{other}}} 0"),
            format!("dynhost_current{{{labels}}} 0"),
            format!("dynhost_failures{{{labels}}} 1"),
            format!("dynhost_published_timestamp_seconds{{{labels}}} {}", NOW - 7500),
            format!("dynhost_next_update_timestamp_seconds{{{labels}}} {}", NOW + 86_340),
            format!("dynhost_info{{{labels},state=\"held\",code=\"badauth\"}} 1"),
            format!("dynhost_info{{{other},state=\"pending\",code=\"\"}} 1"),
            "# TYPE dynhost_failures gauge".into(),
        ] {
            assert!(metrics.lines().any(|have| have == line), "{line} is not in\n{metrics}");
        }
        let timestamps = metrics.lines().filter(|line| line.starts_with("dynhost_last_update"));
        assert_eq!(timestamps.count(), 1);
    }
}
