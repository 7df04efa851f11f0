//! Outages: what is tried when, read from the provider's own log.

use std::net::{Ipv4Addr, SocketAddr};
use std::time::{Duration, Instant};

use rustix::process::Signal;

use super::{lab_with, published, published_with};
use crate::address::bind::{PROVIDER, two_lines};
use crate::support::agent::Agent;
use crate::support::background::{
    LIMIT, find, pause, wait_for, wait_for_published, wait_for_state,
};
use crate::support::lab::dns::DnsMode;
use crate::support::lab::fault::{Fault, Planned};
use crate::support::lab::options::LabOptions;
use crate::support::lab::reply::Reply;
use crate::support::lab::{Lab, journal::Logged};
use crate::support::netns;
use crate::support::stage::{Stage, WAN, host};

/// What a busy machine may add to a pause: the call itself, and being scheduled.
const SLACK: f64 = 2.5;
/// Times are whole seconds, and a pause may begin late in its first one.
const ROUNDING: f64 = 1.0;

/// Seconds between the arrivals of requests.
fn gaps(requests: &[Logged]) -> Vec<f64> {
    let gap = |pair: &[Logged]| (pair[1].instant - pair[0].instant).as_secs_f64();
    requests.windows(2).map(gap).collect()
}

/// Whether the gaps are the first two of the ladder 2, 5, 10 s, a fifth more or less.
#[track_caller]
fn assert_ladder(gaps: &[f64]) {
    let shortest_and_longest = [(2.0, 3.0), (4.0, 6.0)];
    for (gap, (shortest, longest)) in gaps.iter().zip(shortest_and_longest) {
        let allowed = (shortest - ROUNDING)..=(longest + SLACK);
        assert!(allowed.contains(gap), "{gap} s is not within {allowed:?}: {gaps:?}");
    }
}

#[test]
fn a_connection_that_breaks_is_tried_again_after_two_five_and_ten_seconds() {
    let stage = Stage::new();
    stage.lab.fault(Fault::CloseBeforeReply);
    let _runner = stage.agent.spawn(&["run"]);
    assert!(stage.lab.wait_for_requests(3, LIMIT));
    assert_ladder(&gaps(&stage.lab.requests()));
    let record = wait_for("a third failure", || {
        find(&stage.agent, "home", "ipv4")
            .filter(|record| record["failures"] == 3 && record["state"] == "backoff")
    });
    assert!((8..=12).contains(&pause(&record)), "{record}");
    // Another address has not failed yet.
    stage.lab.clear_faults();
    let changed = Instant::now();
    netns::move_wan(WAN, "81.2.69.20");
    assert!(stage.lab.wait_for_requests(4, LIMIT));
    assert!(changed.elapsed().as_secs_f64() < SLACK, "{:?}", changed.elapsed());
    let record = wait_for_published(&stage.agent, "home", "81.2.69.20");
    assert_eq!(record["failures"], 0);
    assert_eq!(stage.lab.requests().len(), 4);
}

#[test]
fn a_provider_that_refuses_is_asked_again_within_seconds_of_its_return() {
    let stage = Stage::new();
    stage.lab.close();
    let _runner = stage.agent.spawn(&["run"]);
    let record = wait_for("a second failure", || {
        let record = find(&stage.agent, "home", "ipv4")?;
        (record["state"] == "backoff" && record["failures"] == 2).then_some(record)
    });
    assert_eq!(record["last"]["code"], "refused");
    assert!((4..=6).contains(&pause(&record)), "{record}");
    let opened = Instant::now();
    stage.lab.open();
    assert!(stage.lab.wait_for_requests(1, LIMIT));
    let took = opened.elapsed().as_secs_f64();
    assert!(took <= 6.0 + SLACK, "{took} s");
    wait_for_published(&stage.agent, "home", WAN);
    assert_eq!(stage.lab.connections(), 1);
}

#[test]
fn a_name_that_does_not_resolve_yet_is_tried_again_within_seconds() {
    netns::enter();
    netns::add_wan(&format!("{WAN}/24"));
    let here = |port| SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    let lab = Lab::start(LabOptions { https: here(443), dns: here(53), ..LabOptions::default() });
    netns::resolve_by(Ipv4Addr::LOCALHOST);
    lab.set_dns(DnsMode::Refused);
    let agent = Agent::new(&(lab.provider_section_at("lab", "provider.lab") + &host("home", &[])));
    let _runner = agent.spawn(&["run"]);
    let record = wait_for_state(&agent, "home", "backoff");
    assert_eq!(record["last"]["code"], "dns-refused");
    assert!((2..=3).contains(&pause(&record)), "{record}");
    let answering = Instant::now();
    lab.set_dns(DnsMode::Answering);
    assert!(lab.wait_for_requests(1, LIMIT));
    let took = answering.elapsed().as_secs_f64();
    assert!(took <= 6.0 + SLACK, "{took} s");
    wait_for_published(&agent, "home", WAN);
}

#[test]
fn a_line_that_comes_in_three_steps_costs_no_failed_update() {
    const STEP: Duration = Duration::from_millis(100);
    netns::enter();
    netns::add_wan(&format!("{WAN}/24"));
    let here = |port| SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    let lab = Lab::start(LabOptions { https: here(443), dns: here(53), ..LabOptions::default() });
    netns::resolve_by(Ipv4Addr::LOCALHOST);
    let options = [("device", "wan0")];
    let section = lab.provider_section_at("lab", "provider.lab");
    let agent = Agent::new(&(section + &host("home", &options)));
    let runner = agent.spawn(&["run"]);
    wait_for_published(&agent, "home", WAN);
    for number in 0..3_u8 {
        let (old, new) = (format!("81.2.69.{}", 10 + number), format!("81.2.69.{}", 11 + number));
        // Nobody listens there.
        netns::resolve_by(Ipv4Addr::new(127, 0, 0, 99));
        netns::remove_address(&format!("{old}/24"));
        std::thread::sleep(STEP * 3);
        let began = Instant::now();
        netns::add_address(&format!("{new}/24"));
        std::thread::sleep(STEP);
        netns::ip(&["route", "replace", "default", "dev", "wan0"]);
        std::thread::sleep(STEP);
        netns::resolve_by(Ipv4Addr::LOCALHOST);
        let resolves = Instant::now();
        assert!(lab.wait_for_requests(2 + usize::from(number), LIMIT));
        let took = resolves.elapsed();
        assert!(took < Duration::from_millis(1300), "the ladder's first step is 2 s: {took:?}");
        wait_for_published(&agent, "home", &new);
        assert!(began.elapsed() < LIMIT);
    }
    runner.signal(Signal::TERM);
    let log = runner.wait(LIMIT).stderr;
    assert!(!log.contains("resolve"), "an update failed: {log}");
    assert_eq!(lab.requests().len(), 4);
}

#[test]
fn a_busy_provider_is_left_alone_for_as_long_as_it_asked_and_half_an_hour_at_least() {
    let asked_for = |seconds| Reply::html(429, "<html>").with_header("Retry-After", seconds);
    let rows = [
        (Fault::Reply(asked_for("7200")), 7200),
        (Fault::Reply(asked_for("10")), 1800),
        (Fault::Word("911".into()), 1800),
    ];
    for (fault, seconds) in rows {
        let stage = Stage::new();
        stage.lab.fault(fault.clone());
        let _runner = stage.agent.spawn(&["run"]);
        let record = wait_for_state(&stage.agent, "home", "backoff");
        let asked_for = seconds..=seconds + seconds / 5;
        assert!(asked_for.contains(&pause(&record)), "{fault:?}: {record}");
        // Neither a poke nor another address is a reason to ask sooner.
        assert_eq!(stage.agent.run(&["update"]).verdict(), (75, "failed"));
        netns::move_wan(WAN, "81.2.69.20");
        wait_for("the new address, seen", || {
            (stage.agent.record("home")["address"] == "81.2.69.20").then_some(())
        });
        assert_eq!(stage.agent.run(&["update"]).code(), 75);
        assert_eq!(stage.lab.requests().len(), 1, "{fault:?}");
    }
}

#[test]
fn a_route_that_comes_after_the_address_is_enough() {
    let stage = Stage::new();
    netns::ip(&["route", "del", "default"]);
    netns::remove_address(&format!("{WAN}/24"));
    let _runner = stage.agent.spawn(&["run"]);
    wait_for_state(&stage.agent, "home", "no-address");
    netns::add_address("81.2.69.20/24");
    std::thread::sleep(Duration::from_secs(1));
    let record = stage.agent.record("home");
    assert_eq!((record["state"].as_str(), stage.lab.connections()), (Some("no-address"), 0));
    let routed = Instant::now();
    netns::ip(&["route", "add", "default", "dev", "wan0"]);
    assert!(stage.lab.wait_for_requests(1, LIMIT));
    assert!(routed.elapsed().as_secs_f64() < SLACK, "{:?}", routed.elapsed());
    wait_for_published(&stage.agent, "home", "81.2.69.20");
}

#[test]
fn sigterm_ends_it_within_a_second_though_the_provider_hangs() {
    let stage = Stage::new();
    stage.lab.fault_times(Fault::Hang, 1);
    let runner = stage.agent.spawn(&["run"]);
    assert!(stage.lab.wait_for_requests(1, LIMIT));
    let asked = Instant::now();
    runner.signal(Signal::TERM);
    assert_eq!(runner.wait(LIMIT).code(), 0);
    assert!(asked.elapsed() < Duration::from_secs(1), "{:?}", asked.elapsed());
    // What came of that update nobody knows, so it is not counted as published.
    let record = stage.agent.record("home");
    assert_eq!(record["last"]["code"], "interrupted");
    assert_eq!(record["published"], serde_json::Value::Null);
    let _runner = stage.agent.spawn(&["run"]);
    wait_for_published(&stage.agent, "home", WAN);
    assert_eq!(stage.lab.requests().len(), 2);
}

#[test]
fn an_account_that_hangs_has_its_turn_after_those_that_work() {
    let stage = Stage::with(lab_with(&["stuck"]));
    stage.configure_hosts(&[host("stuck", &[]), host("home", &[])]);
    let login = Some("example.com-stuck".into());
    stage.lab.plan(Planned {
        fault: Fault::CloseBeforeReply,
        login: login.clone(),
        times: Some(1),
    });
    assert_eq!(stage.update().code(), 75);
    // A rung that does not end while the test looks.
    stage.agent.edit_record(|record| record["failures"] = 10.into());
    stage.lab.plan(Planned { fault: Fault::Hang, login, times: None });
    let runner = stage.agent.spawn(&["run"]);
    wait_for_published(&stage.agent, "home", WAN);
    netns::move_wan(WAN, "81.2.69.20");
    let name = "home.example.com";
    wait_for("home's update", || (stage.lab.updates_of(name).len() == 2).then_some(()));
    // A call is given up after 30 s; `stuck` is listed first.
    wait_for_published(&stage.agent, "home", "81.2.69.20");
    runner.signal(Signal::TERM);
    assert_eq!(runner.wait(LIMIT).code(), 0);
}

#[test]
fn a_rejected_account_neither_ends_it_nor_keeps_another_from_updating() {
    let (stage, runner) = published_with(lab_with(&["other"]));
    stage.lab.fault_for("example.com-other", Fault::Unauthorized);
    stage.configure_hosts(&[host("other", &[]), host("home", &[])]);
    runner.signal(Signal::HUP);
    wait_for_state(&stage.agent, "other", "held");
    netns::move_wan(WAN, "81.2.69.20");
    wait_for_published(&stage.agent, "home", "81.2.69.20");
    assert_eq!(stage.lab.updates_of("other.example.com").len(), 1);
}

#[test]
fn an_answer_that_comes_late_is_an_answer() {
    let (stage, _runner) = published();
    stage.lab.fault_times(Fault::Delay(Duration::from_secs(2)), 1);
    netns::move_wan(WAN, "81.2.69.20");
    wait_for_published(&stage.agent, "home", "81.2.69.20");
    assert_eq!(stage.lab.requests().len(), 2);
}

/// Where a call hangs, how the provider's side does that, and the requests that it got till then.
const HANGS: [(&str, Option<Fault>, usize); 3] = [
    ("connecting", None, 0),
    ("securing", Some(Fault::HangAccept), 0),
    ("waiting for the answer", Some(Fault::Hang), 1),
];

#[test]
fn a_call_that_hangs_on_an_address_that_is_gone_is_replaced_by_one_from_the_new_address() {
    for (place, fault, asked) in HANGS {
        let lab = two_lines();
        netns::ip(&["route", "add", "default", "dev", "wan0"]);
        let is_deaf = fault.is_none();
        match fault {
            Some(fault) => lab.fault_times(fault, 1),
            // Packets go to nobody until the kernel forgets this, with the address.
            None => netns::ip_batch(&format!(
                "neigh add {PROVIDER} dev wan0 lladdr 02:00:00:00:00:99 nud permanent\n"
            )),
        }
        let agent = Agent::new(&(lab.provider_section_at("lab", PROVIDER) + &host("home", &[])));
        let mut runner = agent.spawn(&["run"]);
        wait_for_state(&agent, "home", "pending");
        if !is_deaf {
            wait_for("a connection", || (lab.connections() == 1).then_some(()));
        }
        // More than the connection and the request need, less than the agent's first look.
        std::thread::sleep(Duration::from_millis(500));
        assert_eq!(lab.requests().len(), asked, "{place}");
        let changed = Instant::now();
        netns::move_wan(WAN, "81.2.69.20");
        assert!(lab.wait_for_requests(asked + 1, LIMIT), "{place}");
        assert!(changed.elapsed() < Duration::from_secs(3), "{place}: {:?}", changed.elapsed());
        // One of which nothing was sent may be given up before its connection notices.
        if asked == 1 {
            runner.wait_for_log("is gone from this machine: the answer cannot arrive", LIMIT);
        }
        wait_for_published(&agent, "home", "81.2.69.20");
        assert_eq!(lab.requests()[asked].myip().as_deref(), Some("81.2.69.20"), "{place}");
        assert_eq!(lab.requests().len(), asked + 1, "{place}");
    }
}
