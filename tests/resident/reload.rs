//! SIGHUP: the configuration is read again, and a faulty one changes nothing.

use rustix::process::Signal;

use super::{lab_with, published, published_with};
use crate::support::background::{LIMIT, find, wait_for, wait_for_published, wait_for_state};
use crate::support::lab::fault::{Fault, Planned};
use crate::support::netns;
use crate::support::stage::{Stage, WAN, host};

#[test]
fn a_broken_configuration_is_reported_and_the_old_one_stays_in_force() {
    let (stage, mut runner) = published();
    stage.agent.configure("config host 'home'\n\toption hostname 'home.exam\n");
    runner.signal(Signal::HUP);
    let fault = runner.wait_for_log("dynhost.conf:2", LIMIT);
    assert!(fault.starts_with("ERROR"), "{fault}");
    runner.wait_for_log("the configuration read before stays in force", LIMIT);
    netns::move_wan(WAN, "81.2.69.20");
    wait_for_published(&stage.agent, "home", "81.2.69.20");
    std::fs::remove_file(stage.agent.config_file()).unwrap();
    runner.signal(Signal::HUP);
    runner.wait_for_log("the configuration read before stays in force", LIMIT);
    netns::move_wan("81.2.69.20", "81.2.69.30");
    wait_for_published(&stage.agent, "home", "81.2.69.30");
}

#[test]
fn a_new_host_is_updated_and_a_removed_one_forgotten() {
    let (stage, runner) = published_with(lab_with(&["office"]));
    stage.configure_hosts(&[host("home", &[]), host("office", &[])]);
    runner.signal(Signal::HUP);
    wait_for_published(&stage.agent, "office", WAN);
    assert_eq!(stage.lab.updates_of("home.example.com").len(), 1);
    stage.configure_hosts(&[host("office", &[])]);
    runner.signal(Signal::HUP);
    wait_for("home forgotten", || find(&stage.agent, "home", "ipv4").is_none().then_some(()));
    netns::move_wan(WAN, "81.2.69.20");
    wait_for_published(&stage.agent, "office", "81.2.69.20");
    assert_eq!(stage.lab.updates_of("home.example.com").len(), 1);
}

#[test]
fn a_host_with_a_fault_is_taken_out_alone_and_comes_back_with_its_past() {
    let (stage, mut runner) = published_with(lab_with(&["office"]));
    stage.configure_hosts(&[host("home", &[("family", "ipx")]), host("office", &[])]);
    runner.signal(Signal::HUP);
    runner.wait_for_log("ipx", LIMIT);
    wait_for_published(&stage.agent, "office", WAN);
    assert_eq!(wait_for_state(&stage.agent, "home", "disabled")["published"]["address"], WAN);
    stage.configure_hosts(&[host("home", &[]), host("office", &[])]);
    runner.signal(Signal::HUP);
    wait_for_published(&stage.agent, "home", WAN);
    assert_eq!(stage.lab.updates_of("home.example.com").len(), 1);
}

#[test]
fn another_password_ends_a_hold() {
    let stage = Stage::new();
    stage.configure(&[("password", "forgotten")]);
    let runner = stage.agent.spawn(&["run"]);
    wait_for_state(&stage.agent, "home", "held");
    runner.signal(Signal::HUP);
    // The same password is the same question.
    assert_eq!(stage.agent.run(&["update"]).verdict(), (77, "held"));
    assert_eq!(stage.lab.requests().len(), 1);
    stage.configure(&[]);
    runner.signal(Signal::HUP);
    wait_for_published(&stage.agent, "home", WAN);
    assert_eq!(stage.lab.requests().len(), 2);
}

#[test]
fn an_update_under_way_when_its_host_is_taken_out_counts_as_interrupted() {
    let (stage, mut runner) = published();
    stage.lab.plan(Planned { fault: Fault::ApplySilently, login: None, times: Some(1) });
    netns::move_wan(WAN, "81.2.69.20");
    assert!(stage.lab.wait_for_requests(2, LIMIT));
    stage.configure(&[("family", "ipx")]);
    runner.signal(Signal::HUP);
    runner.wait_for_log("ipx", LIMIT);
    wait_for_state(&stage.agent, "home", "disabled");
    stage.configure(&[]);
    runner.signal(Signal::HUP);
    wait_for_published(&stage.agent, "home", "81.2.69.20");
    assert_eq!(stage.lab.requests().len(), 3, "nobody waited for the answer");
}
