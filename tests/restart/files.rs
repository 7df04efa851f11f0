//! A state file that is torn, not ours, or from another time; and one that has nothing new to say.

use std::os::unix::fs::MetadataExt as _;
use std::path::Path;

use crate::support::agent::Agent;
use crate::support::lab::fault::Fault;
use crate::support::netns;
use crate::support::stage::{Stage, WAN};

/// A stage whose address is published and known to be.
fn published() -> Stage {
    let stage = Stage::new();
    assert_eq!(stage.update().code(), 0);
    stage
}

/// Inode and time of the last change, to the nanosecond.
fn mark(path: &Path) -> (u64, i64, i64) {
    let file = std::fs::metadata(path).unwrap();
    (file.ino(), file.mtime(), file.mtime_nsec())
}

#[test]
fn a_file_that_cannot_be_used_costs_one_repetition_and_is_named() {
    let stage = published();
    let good = std::fs::read_to_string(stage.agent.state_file()).unwrap();
    let written_at = stage.agent.state_json()["written_at"].to_string();
    let in_the_future =
        good.replace(&format!("\"written_at\":{written_at}"), "\"written_at\":9999999999");
    assert_ne!(in_the_future, good);
    let rows: [(&str, Vec<u8>); 10] = [
        ("empty", Vec::new()),
        ("torn", good.as_bytes()[..good.len() / 2].to_vec()),
        ("zeroed", vec![0; good.len()]),
        ("foreign", b"<html>good 81.2.69.10</html>".to_vec()),
        ("another's json", b"{\"version\":1}".to_vec()),
        ("newer", good.replace("\"version\":1", "\"version\":2").into_bytes()),
        ("future", in_the_future.into_bytes()),
        ("twice", [good.as_bytes(), good.as_bytes()].concat()),
        ("huge", vec![b'x'; 4 << 20]),
        ("not utf-8", [&good.as_bytes()[..60], b"\xff", &good.as_bytes()[61..]].concat()),
    ];
    for (what, content) in rows {
        let before = stage.lab.requests().len();
        stage.agent.write_state(&content);
        let output = stage.update();
        assert_eq!(output.verdict(), (0, "unchanged"), "{what}: {output:?}");
        let warning = output.stderr.lines().find(|line| line.contains("state.json"));
        let warning = warning.unwrap_or_else(|| panic!("no warning that it is {what}"));
        let path = stage.agent.state_file().display().to_string();
        assert!(warning.starts_with("WARN") && warning.contains(&path), "{what}: {warning}");
        assert!(warning.contains("set aside as state.json.bad"), "{what}: {warning}");
        let aside = std::fs::read(stage.agent.state_dir().join("state.json.bad")).unwrap();
        assert_eq!(aside, content, "{what}");
        assert_eq!(stage.lab.requests().len(), before + 1, "{what}");
        let output = stage.update();
        assert_eq!((output.code(), output.stderr.as_str()), (0, ""), "{what}");
        assert_eq!(stage.lab.requests().len(), before + 1, "{what}");
    }
}

#[test]
fn times_of_a_clock_that_was_set_back_count_as_now() {
    let stage = published();
    stage.lab.fault_times(Fault::CloseBeforeReply, 1);
    assert_eq!(stage.agent.run(&["update", "--force"]).code(), 75);
    let year = 365 * 86_400;
    stage.agent.edit_record(|record| {
        for (what, when) in [("published", "at"), ("last", "at")] {
            record[what][when] = (record[what][when].as_u64().unwrap() + year).into();
        }
        record["bucket_full_at"] = (record["bucket_full_at"].as_u64().unwrap() + year).into();
        record["failures"] = 10.into();
    });
    let output = stage.update();
    assert_eq!((output.code(), stage.lab.requests().len()), (75, 2), "{output:?}");
    let record = stage.agent.record("home");
    let wait = record["next_at"].as_u64().unwrap() - record["last"]["at"].as_u64().unwrap();
    assert!(wait <= 1080, "the last rung and a fifth, not a year: {wait} s");
    let shown = stage.agent.run(&["status"]).stdout;
    assert!(shown.contains("0 s ago") || shown.contains("1 s ago"), "{shown}");
}

#[test]
fn a_file_that_may_not_be_read_stops_the_pass_before_it_repeats_anything() {
    let stage = published();
    std::fs::remove_file(stage.agent.state_file()).unwrap();
    std::fs::create_dir(stage.agent.state_file()).unwrap();
    for _ in 0..3 {
        let output = stage.update();
        assert_eq!((output.code(), output.stdout.as_str()), (74, ""));
        let path = stage.agent.state_file().display().to_string();
        assert!(output.stderr.contains(&path), "{}", output.stderr);
    }
    assert_eq!(stage.lab.requests().len(), 1);
    std::fs::remove_dir(stage.agent.state_file()).unwrap();
    assert_eq!(stage.update().verdict(), (0, "unchanged"));
}

#[test]
fn a_pass_without_news_leaves_the_file_untouched() {
    let rejected = |stage: &Stage| stage.lab.fault(Fault::Unauthorized);
    let busy = |stage: &Stage| stage.lab.fault(Fault::Word("911".into()));
    let without_address = |_: &Stage| netns::remove_address(&format!("{WAN}/24"));
    let switched_off = |stage: &Stage| stage.configure(&[("enabled", "0")]);
    let rows: [(&str, &dyn Fn(&Stage), i32); 5] = [
        ("current", &|_| {}, 0),
        ("held", &rejected, 77),
        ("backoff", &busy, 75),
        ("no-address", &without_address, 69),
        ("disabled", &switched_off, 0),
    ];
    for (state, prepare, code) in rows {
        let stage = Stage::new();
        prepare(&stage);
        assert_eq!(stage.update().code(), code, "{state}");
        assert_eq!(stage.agent.record("home")["state"], state);
        let before = mark(&stage.agent.state_file());
        for _ in 0..3 {
            let output = stage.update();
            assert_eq!(output.code(), code, "{state}");
            let again = output.stderr.lines().find(|line| line.contains("home: "));
            assert_eq!(again, None, "{state}: said once, not once a pass");
        }
        assert_eq!(mark(&stage.agent.state_file()), before, "{state}");
    }
}

#[test]
fn what_a_killed_write_left_is_overwritten() {
    let stage = published();
    let left = stage.agent.state_dir().join("state.json.tmp");
    std::fs::write(&left, "{\"version\":1,\"agent").unwrap();
    netns::move_wan(WAN, "81.2.69.20");
    assert_eq!(stage.update().verdict(), (0, "updated"));
    assert!(!left.exists());
    assert_eq!(stage.agent.record("home")["published"]["address"], "81.2.69.20");
}

#[test]
fn what_a_cut_write_left_goes_without_a_write_that_follows() {
    let stage = published();
    for name in ["state.json.tmp", "private/key.tmp"] {
        let left = stage.agent.state_dir().join(name);
        std::fs::write(&left, "{\"version\":1,\"agent").unwrap();
        assert_eq!(stage.agent.run(&["update", "--dry-run"]).verdict(), (0, "unchanged"));
        assert!(left.exists(), "a dry run removes nothing");
        assert_eq!(stage.update().verdict(), (0, "unchanged"));
        assert!(!left.exists(), "{name} stays");
    }
}

#[test]
fn a_lost_or_torn_key_costs_one_repetition() {
    let stage = published();
    for content in [None, Some(&b""[..]), Some(b"short"), Some(&[b'x'; 100])] {
        let before = stage.lab.requests().len();
        let key = stage.agent.state_dir().join("private/key");
        match content {
            None => std::fs::remove_file(&key).unwrap(),
            Some(content) => std::fs::write(&key, content).unwrap(),
        }
        for _ in 0..3 {
            assert_eq!(stage.update().verdict(), (0, "unchanged"));
        }
        assert!(stage.lab.requests().len() <= before + 1, "{content:?}");
    }
}

#[test]
fn the_past_belongs_to_the_account_and_not_to_its_place_in_the_file() {
    let stage = published();
    let other_order = |names: [&str; 2]| {
        let sections = names.map(|name| {
            let enabled = if name == "home" { "1" } else { "0" };
            crate::support::stage::host(name, &[("enabled", enabled)])
        });
        stage.configure_hosts(&sections);
        assert_eq!(stage.update().code(), 0);
    };
    other_order(["cabin", "home"]);
    other_order(["home", "cabin"]);
    assert_eq!(stage.lab.requests().len(), 1);
    // Another directory knows nothing.
    let fresh: Agent = stage.fresh_agent();
    assert_eq!(fresh.run(&["update"]).verdict(), (0, "unchanged"));
    assert_eq!(stage.lab.requests().len(), 2);
}

#[test]
fn a_state_file_of_nothing_but_brackets_is_set_aside() {
    let stage = Stage::new();
    assert_eq!(stage.update().code(), 0);
    let deep = format!(r#"{{"version":1,"x":{}{}}}"#, "[".repeat(60_000), "]".repeat(60_000));
    stage.agent.write_state(deep.as_bytes());
    let output = stage.update();
    assert_eq!(output.code(), 0, "{output:?}");
    assert!(output.stderr.contains("state.json.bad"), "{output:?}");
}
