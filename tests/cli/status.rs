//! `status` in its three forms, before, after, and with a configuration that has faults.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::support::lab::fault::Fault;
use crate::support::stage::{Stage, WAN, host};

/// The fields of a record that scripts may rely on.
const FIELDS: [&str; 13] = [
    "host",
    "hostname",
    "family",
    "state",
    "source",
    "device",
    "address",
    "reason",
    "published",
    "last",
    "failures",
    "next_at",
    "fingerprint",
];

fn json(stage: &Stage) -> Value {
    let output = stage.agent.run(&["status", "--json"]);
    assert_eq!(output.code(), 0, "{}", output.stderr);
    serde_json::from_str(&output.stdout).unwrap_or_else(|e| panic!("{e}: {}", output.stdout))
}

#[test]
fn json_has_the_documented_fields_and_is_what_the_file_has() {
    let stage = Stage::new();
    assert_eq!(stage.update().code(), 0);
    let (shown, file) = (json(&stage), stage.agent.state_json());
    assert_eq!(shown, file);
    assert_eq!(shown["version"], 1);
    assert_eq!(shown["agent"], env!("CARGO_PKG_VERSION"));
    assert!(shown["written_at"].as_u64().is_some());
    let record = &shown["records"][0];
    let missing: Vec<_> = FIELDS.iter().filter(|field| record.get(*field).is_none()).collect();
    assert!(missing.is_empty(), "{missing:?} missing in {record}");
    let expected = [
        ("host", "home"),
        ("hostname", "home.example.com"),
        ("family", "ipv4"),
        ("state", "current"),
        ("source", "interface"),
        ("device", "wan0"),
        ("address", WAN),
        ("reason", ""),
    ];
    for (field, value) in expected {
        assert_eq!(record[field], value, "{field}");
    }
    assert_eq!(record["published"]["address"], WAN);
    assert_eq!(record["last"]["code"], "good");
    assert_eq!((&record["failures"], &record["next_at"]), (&0.into(), &Value::Null));
    assert_eq!(record["fingerprint"].as_str().map(str::len), Some(8));
}

#[test]
fn before_the_first_pass_every_host_is_listed_and_nothing_is_claimed() {
    let stage = Stage::new();
    let record = &json(&stage)["records"][0];
    assert_eq!(record["host"], "home");
    for field in ["published", "last", "address", "device"] {
        assert_eq!(record[field], Value::Null, "{field}");
    }
    let table = stage.agent.run(&["status"]);
    assert!(table.stdout.contains("published  nothing yet"), "{}", table.stdout);
    assert!(!stage.agent.state_dir().exists());
}

#[test]
fn the_table_tells_what_is_published_why_not_more_and_what_comes_next() {
    let stage = Stage::new();
    assert_eq!(stage.update().code(), 0);
    let current = stage.agent.run(&["status"]).stdout;
    for part in ["home  home.example.com  ipv4  current", WAN, "on wan0", "address changes"] {
        assert!(current.contains(part), "{part} is not in\n{current}");
    }
    stage.lab.fault(Fault::Word("911".into()));
    assert_eq!(stage.agent.run(&["update", "--force"]).code(), 75);
    let late = stage.agent.run(&["status"]).stdout;
    for part in ["backoff", "911", "asks for patience", "try in "] {
        assert!(late.contains(part), "{part} is not in\n{late}");
    }
}

#[test]
fn hosts_named_are_the_only_ones_shown() {
    let stage = Stage::new();
    stage.configure_hosts(&[host("home", &[]), host("cabin", &[])]);
    for form in [&["status"][..], &["status", "--json"], &["status", "--prometheus"]] {
        let output = stage.agent.run(&[form, &["cabin"]].concat());
        assert_eq!(output.code(), 0);
        assert!(output.stdout.contains("cabin") && !output.stdout.contains("home"), "{form:?}");
    }
    let unknown = stage.agent.run(&["status", "house"]);
    assert_eq!((unknown.code(), unknown.stdout.as_str()), (64, ""));
    assert!(unknown.stderr.contains("'house'"), "{}", unknown.stderr);
}

#[test]
fn every_line_of_the_metrics_is_a_comment_or_a_sample() {
    let stage = Stage::new();
    stage.configure_hosts(&[host("home", &[]), host("cabin", &[("password", "wrong")])]);
    assert_eq!(stage.update().code(), 77);
    let metrics = stage.agent.run(&["status", "--prometheus"]).stdout;
    let mut declared = BTreeSet::new();
    let mut samples = 0;
    for line in metrics.lines() {
        if let Some(comment) = line.strip_prefix("# ") {
            let mut words = comment.split(' ');
            let kind = words.next().unwrap();
            assert!(["HELP", "TYPE"].contains(&kind), "{line}");
            declared.extend(words.next());
            continue;
        }
        let (name, rest) = line.split_once('{').unwrap_or_else(|| panic!("no labels: {line}"));
        let (labels, value) = rest.split_once("} ").unwrap_or_else(|| panic!("no value: {line}"));
        assert!(declared.contains(name), "{name} is not declared before {line}");
        assert!(value.parse::<f64>().is_ok(), "{line}");
        for label in labels.split(',') {
            let (key, value) = label.split_once('=').unwrap_or_else(|| panic!("{line}"));
            let legal = key.bytes().all(|b| b.is_ascii_lowercase() || b == b'_');
            let quoted = value.len() >= 2 && value.starts_with('"') && value.ends_with('"');
            assert!(legal && quoted, "{line}");
        }
        samples += 1;
    }
    assert!(samples > 8, "{metrics}");
    for part in ["dynhost_current{host=\"home\"", "dynhost_held{host=\"cabin\""] {
        let sample = metrics.lines().find(|line| line.starts_with(part)).unwrap();
        assert!(sample.ends_with(" 1"), "{sample}");
    }
}

#[test]
fn a_host_with_a_fault_is_shown_with_it() {
    let stage = Stage::new();
    assert_eq!(stage.update().code(), 0);
    stage.configure(&[("family", "ipx")]);
    let record = &json(&stage)["records"][0];
    assert_eq!(record["state"], "disabled");
    let reason = record["reason"].as_str().unwrap();
    assert!(reason.contains("ipx") && reason.contains("dynhost.conf:"), "{reason}");
    assert_eq!(record["published"]["address"], WAN, "its past is kept");
}

#[test]
fn a_state_that_cannot_be_used_is_not_shown_as_one() {
    let stage = Stage::new();
    assert_eq!(stage.update().code(), 0);
    stage.agent.write_state(b"<html>good</html>");
    let output = stage.agent.run(&["status"]);
    assert_eq!((output.code(), output.stdout.as_str()), (74, ""));
    assert!(output.stderr.contains("state.json"), "{}", output.stderr);
    assert!(stage.agent.state_file().exists(), "showing moves nothing");
}

#[test]
fn showing_sends_nothing_and_writes_nothing() {
    let stage = Stage::new();
    assert_eq!(stage.update().code(), 0);
    let before = std::fs::metadata(stage.agent.state_file()).unwrap().modified().unwrap();
    for form in [&["status"][..], &["status", "--json"], &["status", "--prometheus"], &["check"]] {
        assert_eq!(stage.agent.run(form).code(), 0, "{form:?}");
    }
    let after = std::fs::metadata(stage.agent.state_file()).unwrap().modified().unwrap();
    assert_eq!((before, stage.lab.connections()), (after, 1));
}

#[test]
fn a_file_that_cannot_be_used_is_named_beside_what_is_known() {
    let stage = Stage::new();
    let faulty = "config host 'home\n";
    let fault = "dynhost.conf:1: the quote opened here is never closed";
    stage.agent.configure(faulty);
    let nothing_known = stage.agent.run(&["status"]);
    assert_eq!(nothing_known.code(), 78, "{nothing_known:?}");
    assert!(nothing_known.stdout.contains(fault), "{nothing_known:?}");
    assert!(!nothing_known.stdout.contains("no host is configured"), "{nothing_known:?}");

    stage.configure(&[]);
    assert_eq!(stage.update().code(), 0);
    stage.agent.configure(faulty);
    for arguments in [&["status"][..], &["status", "home"]] {
        let known = stage.agent.run(arguments);
        assert_eq!(known.code(), 78, "{known:?}");
        assert!(known.stdout.contains(fault) && known.stdout.contains(WAN), "{known:?}");
    }
    let json = stage.agent.run(&["status", "--json"]);
    assert_eq!(json.code(), 78);
    let json: Value = serde_json::from_str(&json.stdout).unwrap();
    assert_eq!(json["records"][0]["published"]["address"], WAN);
}
