//! How often: never for an unchanged address, at once for a new one, and within the flap limit.

use std::net::IpAddr;

use dynhost::address::Family;

use crate::support::lab::fault::Fault;
use crate::support::lab::options::{Identifier, LabOptions};
use crate::support::netns;
use crate::support::stage::{HOME, Stage, WAN, host};

const DAY: u64 = 86_400;

#[test]
fn an_address_is_sent_once_and_a_new_one_at_once() {
    let stage = Stage::new();
    assert_eq!(stage.update().verdict(), (0, "updated"));
    for _ in 0..5 {
        assert_eq!(stage.update().verdict(), (0, "unchanged"));
    }
    // A record that somebody else changed, or a resolver that lags, is no reason either.
    stage.lab.set_record(HOME, IpAddr::from([81, 2, 69, 77]));
    assert_eq!(stage.update().verdict(), (0, "unchanged"));
    assert_eq!(stage.lab.requests().len(), 1);
    netns::move_wan(WAN, "81.2.69.20");
    assert_eq!(stage.update().verdict(), (0, "updated"));
    assert_eq!(stage.lab.record(HOME, Family::Ipv4), Some(IpAddr::from([81, 2, 69, 20])));
}

#[test]
fn a_line_that_went_and_came_back_with_its_address_sends_nothing() {
    let stage = Stage::new();
    assert_eq!(stage.update().code(), 0);
    netns::remove_address(&format!("{WAN}/24"));
    assert_eq!(stage.update().verdict(), (69, "no-address"));
    netns::add_address(&format!("{WAN}/24"));
    netns::ip(&["route", "replace", "default", "dev", "wan0"]);
    assert_eq!(stage.update().verdict(), (0, "unchanged"));
    assert_eq!(stage.lab.requests().len(), 1);
}

#[test]
fn force_sends_an_unchanged_address_and_shortens_a_ladder() {
    let stage = Stage::new();
    let force = || stage.agent.run(&["update", "--force"]).verdict();
    assert_eq!(stage.update().code(), 0);
    assert_eq!(force(), (0, "unchanged"));
    assert_eq!(stage.lab.requests().len(), 2);
    stage.lab.fault_times(Fault::CloseBeforeReply, 1);
    assert_eq!(force(), (75, "failed"));
    stage.agent.edit_record(|record| record["failures"] = 10.into());
    assert_eq!(stage.update().code(), 75);
    assert_eq!(force(), (0, "unchanged"));
    // What the provider asked for is not the user's to shorten.
    stage.lab.fault(Fault::Word("911".into()));
    assert_eq!((force().0, force().0), (75, 75));
    assert_eq!(stage.lab.requests().len(), 5);
}

#[test]
fn a_new_address_does_not_wait_for_the_ladder_of_the_old_one() {
    let stage = Stage::new();
    stage.lab.fault(Fault::CloseBeforeReply);
    assert_eq!(stage.update().code(), 75);
    stage.agent.edit_record(|record| record["failures"] = 10.into());
    stage.lab.clear_faults();
    assert_eq!((stage.update().code(), stage.lab.requests().len()), (75, 1));
    netns::move_wan(WAN, "81.2.69.20");
    assert_eq!(stage.update().verdict(), (0, "updated"));
}

#[test]
fn the_first_retry_is_due_within_seconds() {
    let stage = Stage::new();
    stage.lab.fault_times(Fault::CloseBeforeReply, 1);
    assert_eq!(stage.update().code(), 75);
    let record = stage.agent.record("home");
    let wait = record["next_at"].as_u64().unwrap() - record["last"]["at"].as_u64().unwrap();
    assert!((2..=3).contains(&wait), "{wait} s");
    stage.agent.age_last(wait);
    assert_eq!(stage.update().verdict(), (0, "updated"));
}

#[test]
fn a_flapping_line_is_sent_six_times_and_then_its_last_address() {
    let stage = Stage::new();
    let address = |n: u8| format!("81.2.69.{}", 10 + n);
    for n in 0..6 {
        assert_eq!(stage.update().verdict(), (0, "updated"), "update {n}");
        netns::move_wan(&address(n), &address(n + 1));
    }
    for n in 6..9 {
        let output = stage.update();
        assert_eq!(output.verdict(), (75, "failed"));
        assert!(output.stdout.contains("abuse"), "{}", output.stdout);
        netns::move_wan(&address(n), &address(n + 1));
    }
    assert_eq!(stage.lab.requests().len(), 6);
    stage.agent.edit_record(|record| {
        let full_at = record["bucket_full_at"].as_u64().unwrap();
        record["bucket_full_at"] = (full_at - 300).into();
    });
    assert_eq!(stage.update().verdict(), (0, "updated"));
    assert_eq!(stage.lab.record(HOME, Family::Ipv4), Some(address(9).parse().unwrap()));
}

#[test]
fn a_refresh_is_sent_if_it_was_asked_for_and_is_due() {
    for (days, requests) in [("0", 1), ("30", 2)] {
        let stage = Stage::new();
        stage.configure(&[("refresh_days", days)]);
        assert_eq!(stage.update().code(), 0);
        stage.agent.edit_record(|record| {
            let at = record["published"]["at"].as_u64().unwrap();
            for what in ["published", "last"] {
                record[what]["at"] = (at - 30 * DAY).into();
            }
        });
        assert_eq!(stage.update().code(), 0);
        assert_eq!(stage.lab.requests().len(), requests, "after {days} days");
    }
}

#[test]
fn the_gravest_exit_code_wins_whatever_the_order() {
    let names = ["fine", "off", "nowhere", "late", "rejected", "faulty"];
    let mut options = LabOptions::default();
    options.identifiers.clear();
    for name in names {
        let login = format!("example.com-{name}");
        options.identifiers.push(Identifier::new(&login, "secret", name));
        options.records.push((format!("{name}.example.com"), [81, 2, 69, 1].into()));
    }
    let stage = Stage::with(options);
    stage.lab.fault_for("example.com-late", Fault::Word("911".into()));
    stage.lab.fault_for("example.com-rejected", Fault::Unauthorized);
    let section = |name: &str| match name {
        "off" => host(name, &[("enabled", "0")]),
        "nowhere" => host(name, &[("device", "wan9")]),
        "faulty" => host(name, &[("family", "ipx")]),
        _ => host(name, &[]),
    };
    let gravest = [("fine", 0), ("off", 0), ("nowhere", 69), ("late", 75), ("rejected", 77)];
    let gravest: Vec<_> = gravest.into_iter().chain([("faulty", 78)]).collect();
    for (count, (_, code)) in (1..).zip(&gravest) {
        let mut sections: Vec<_> = names[..count].iter().map(|name| section(name)).collect();
        stage.configure_hosts(&sections);
        assert_eq!(stage.update().code(), *code, "{:?}", &names[..count]);
        sections.reverse();
        stage.configure_hosts(&sections);
        assert_eq!(stage.update().code(), *code, "{:?} reversed", &names[..count]);
    }
    let output = stage.update();
    let results: Vec<_> = output.lines().into_iter().map(|line| line.result).collect();
    assert_eq!(results, ["failed", "held", "failed", "no-address", "disabled", "unchanged"]);
}
