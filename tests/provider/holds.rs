//! A rejection: its record alone waits for the user, and says so.

use dynhost::address::Family;

use crate::support::lab::fault::Fault;
use crate::support::lab::options::{Identifier, LabOptions};
use crate::support::netns;
use crate::support::stage::{HOME, Stage, WAN, host};

const HOUR: u64 = 3600;
const DAY: u64 = 24 * HOUR;

fn two_accounts() -> LabOptions {
    let mut options = LabOptions::default();
    options.identifiers.push(Identifier::new("example.com-cabin", "secret", "cabin"));
    options.records.push(("cabin.example.com".into(), [81, 2, 69, 1].into()));
    options
}

/// A stage whose one host has just been rejected with this word.
fn held(word: &str) -> Stage {
    let stage = Stage::new();
    stage.lab.fault(Fault::Word(word.into()));
    assert_eq!(stage.update().verdict(), (77, "held"));
    stage
}

#[test]
fn a_wrong_password_holds_its_own_record_and_no_other() {
    let stage = Stage::with(two_accounts());
    let with_password = |password| host("home", &[("password", password)]);
    stage.configure_hosts(&[with_password("wrong"), host("cabin", &[])]);
    let output = stage.update();
    assert_eq!(output.verdict(), (77, "held updated"));
    for _ in 0..10 {
        assert_eq!(stage.update().verdict(), (77, "held unchanged"));
    }
    assert_eq!(stage.lab.updates_of(HOME).len(), 1, "the held one was sent again");
    assert_eq!(stage.lab.updates_of("cabin.example.com").len(), 1);
    let shown = stage.agent.run(&["status", "home"]);
    assert_eq!(shown.code(), 0);
    for part in ["held", "badauth", "login or password", "of your account", "dynhost resume"] {
        assert!(shown.stdout.contains(part), "{part} is not in\n{}", shown.stdout);
    }
    stage.configure_hosts(&[with_password("secret"), host("cabin", &[])]);
    assert_eq!(stage.update().verdict(), (0, "updated unchanged"));
    assert_eq!(stage.lab.record(HOME, Family::Ipv4), Some(WAN.parse().unwrap()));
}

#[test]
fn every_change_of_the_account_releases_a_hold_and_nothing_else_does() {
    let rows: [(&[(&str, &str)], bool); 4] = [
        (&[("username", "example.com-other")], true),
        (&[("hostname", "other.example.com")], true),
        (&[("refresh_days", "30")], false),
        (&[("device", "wan0")], false),
    ];
    for (options, releases) in rows {
        let stage = held("abuse");
        stage.configure(options);
        stage.update();
        assert_eq!(stage.lab.requests().len(), 1 + usize::from(releases), "{options:?}");
    }
}

#[test]
fn resume_releases_a_hold_for_one_try() {
    let stage = held("abuse");
    let resume = || stage.agent.run(&["resume", "home"]).code();
    assert_eq!((resume(), stage.update().code()), (0, 77));
    assert_eq!((stage.update().code(), stage.lab.requests().len()), (77, 2));
    stage.lab.clear_faults();
    assert_eq!(resume(), 0);
    assert_eq!(stage.update().verdict(), (0, "updated"));
}

#[test]
fn resume_names_a_host_that_there_is_none_of() {
    let stage = held("badauth");
    let output = stage.agent.run(&["resume", "house"]);
    assert_eq!((output.code(), output.stderr.lines().count()), (64, 1));
    assert!(output.stderr.contains("'house'"), "{}", output.stderr);
    assert_eq!(stage.update().code(), 77);
    assert_eq!(stage.lab.requests().len(), 1);
}

#[test]
fn a_hold_is_probed_once_a_day() {
    let stage = held("badauth");
    stage.agent.age_last(DAY - 60);
    assert_eq!((stage.update().code(), stage.lab.requests().len()), (77, 1));
    stage.agent.age_last(60);
    assert_eq!((stage.update().code(), stage.lab.requests().len()), (77, 2));
    // Rejected again, it has another day.
    stage.agent.age_last(DAY - 60);
    assert_eq!((stage.update().code(), stage.lab.requests().len()), (77, 2));
    stage.lab.clear_faults();
    stage.agent.age_last(60);
    assert_eq!(stage.update().verdict(), (0, "updated"));
}

#[test]
fn a_hold_is_probed_an_hour_after_it_if_the_address_has_changed() {
    let stage = held("badauth");
    netns::move_wan(WAN, "81.2.69.20");
    stage.agent.age_last(HOUR - 60);
    assert_eq!((stage.update().code(), stage.lab.requests().len()), (77, 1));
    stage.agent.age_last(60);
    assert_eq!((stage.update().code(), stage.lab.requests().len()), (77, 2));
    assert_eq!(stage.lab.requests()[1].myip().as_deref(), Some("81.2.69.20"));
}

#[test]
fn where_the_rules_forbid_it_there_is_no_probe() {
    for word in ["abuse", "badagent", "badsys"] {
        let stage = held(word);
        stage.agent.age_last(400 * DAY);
        assert_eq!((stage.update().code(), stage.lab.requests().len()), (77, 1), "{word}");
    }
}

#[test]
fn force_does_not_pass_a_hold() {
    let stage = held("badauth");
    assert_eq!(stage.agent.run(&["update", "--force"]).code(), 77);
    assert_eq!(stage.lab.requests().len(), 1);
}
