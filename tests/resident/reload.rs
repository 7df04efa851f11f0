//! SIGHUP: the configuration is read again, and a faulty one changes nothing.

use std::time::Duration;

use rustix::process::Signal;

use super::{lab_with, published, published_with};
use crate::support::background::{LIMIT, find, wait_for, wait_for_published, wait_for_state};
use crate::support::lab::fault::Fault;
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
fn what_is_wrong_with_an_unchanged_file_is_said_once() {
    let (stage, mut runner) = published();
    let odd = [("colour", "blue"), ("comment", "x")];
    for _ in 0..3 {
        stage.configure(&odd);
        runner.signal(Signal::HUP);
        runner.wait_for_log("was read again", LIMIT);
    }
    stage.configure(&odd[..1]);
    runner.signal(Signal::HUP);
    runner.wait_for_log("was read again", LIMIT);
    stage.configure(&odd);
    runner.signal(Signal::HUP);
    runner.wait_for_log("was read again", LIMIT);
    runner.signal(Signal::TERM);
    let output = runner.wait(LIMIT);
    let count = |text: &str| output.stderr.lines().filter(|line| line.contains(text)).count();
    assert_eq!((count("colour"), count("comment")), (1, 2), "{output:?}");
}

/// The provider thinks about it while the configuration is changed, and changed back.
const THINKS: Duration = Duration::from_secs(2);

/// What a reload makes of the only host, before its name comes back.
fn taken_out_while_its_request_is_out(away: &[String], back: &str) {
    let (stage, mut runner) = published();
    let address = "81.2.69.20";
    stage.lab.fault(Fault::Delay(THINKS));
    netns::move_wan(WAN, address);
    assert!(stage.lab.wait_for_requests(2, LIMIT));
    stage.configure_hosts(away);
    runner.signal(Signal::HUP);
    runner.wait_for_log("was read again", LIMIT);
    let same = [("hostname", "home.example.com"), ("username", "example.com-home")];
    stage.configure_hosts(&[host(back, &same)]);
    runner.signal(Signal::HUP);
    runner.wait_for_log("was read again", LIMIT);
    wait_for_published(&stage.agent, back, address);
    std::thread::sleep(THINKS);
    let sent = stage.lab.requests().len();
    runner.signal(Signal::TERM);
    let output = runner.wait(LIMIT);
    assert_eq!(sent, 2, "{output:?}");
    assert!(!output.stderr.contains("stopped before"), "{output:?}");
}

#[test]
fn a_host_that_is_taken_out_and_comes_back_hears_the_answer_to_its_request() {
    taken_out_while_its_request_is_out(&[], "home");
    taken_out_while_its_request_is_out(&[host("home", &[("enabled", "0")])], "home");
    taken_out_while_its_request_is_out(&[host("home", &[("family", "ipx")])], "home");
}

#[test]
fn a_host_whose_section_is_renamed_hears_the_answer_to_its_request() {
    taken_out_while_its_request_is_out(&[], "house");
}

#[test]
fn an_answer_that_comes_while_its_host_is_taken_out_is_known_when_it_comes_back() {
    let (stage, mut runner) = published();
    stage.lab.fault(Fault::Delay(Duration::from_millis(500)));
    netns::move_wan(WAN, "81.2.69.20");
    assert!(stage.lab.wait_for_requests(2, LIMIT));
    stage.configure_hosts(&[]);
    runner.signal(Signal::HUP);
    runner.wait_for_log("was read again", LIMIT);
    std::thread::sleep(THINKS);
    stage.configure(&[]);
    runner.signal(Signal::HUP);
    wait_for_published(&stage.agent, "home", "81.2.69.20");
    runner.signal(Signal::TERM);
    let output = runner.wait(LIMIT);
    assert_eq!(stage.lab.requests().len(), 2, "{output:?}");
    assert!(!output.stderr.contains("stopped before"), "{output:?}");
}
