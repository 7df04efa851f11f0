//! Both families, and IPv6 with all that happens to its addresses.

use std::time::{Duration, Instant};

use dynhost::address::Family;

use crate::support::agent::{Agent, Running};
use crate::support::background::{LIMIT, find, wait_for, wait_for_published};
use crate::support::lab::Lab;
use crate::support::lab::journal::Logged;
use crate::support::lab::options::LabOptions;
use crate::support::netns;
use crate::support::stage::{HOME, WAN, one_host};

const FIRST: &str = "2a01:cb00:1:2::10";
const SECOND: &str = "2a01:cb00:1:9::10";

/// A line of both families whose IPv6 address is still to come, and a lab that knows both records.
fn line() -> Lab {
    netns::enter();
    netns::add_wan(&format!("{WAN}/24"));
    netns::ip(&["-6", "route", "add", "default", "dev", "wan0"]);
    let before = |address: &str| (HOME.to_owned(), address.parse().unwrap());
    let records = vec![before("81.2.69.1"), before("2a01:cb00:1:2::1")];
    Lab::start(LabOptions { records, ..LabOptions::default() })
}

fn run(lab: &Lab, options: &[(&str, &str)]) -> (Agent, Running) {
    let agent = Agent::new(&one_host(lab, options));
    let runner = agent.spawn(&["run"]);
    (agent, runner)
}

fn sent(lab: &Lab) -> Vec<String> {
    lab.requests().iter().filter_map(Logged::myip).collect()
}

fn add(address: &str, more: &[&str]) {
    netns::ip(&[&["addr", "replace", &format!("{address}/64"), "dev", "wan0"], more].concat());
}

#[test]
fn two_records_are_two_calls_over_ipv4() {
    let lab = line();
    netns::add_address(&format!("{FIRST}/64"));
    let (agent, _runner) = run(&lab, &[("family", "ipv4"), ("family", "ipv6")]);
    wait_for_published(&agent, "home", WAN);
    wait_for_published(&agent, "home", FIRST);
    assert_eq!(sent(&lab), [WAN, FIRST]);
    assert_eq!(lab.record(HOME, Family::Ipv4), Some(WAN.parse().unwrap()));
    assert_eq!(lab.record(HOME, Family::Ipv6), Some(FIRST.parse().unwrap()));
    // The lab listens at 127.0.0.1 alone, and both calls of a pass share one connection.
    assert!(lab.https_address().is_ipv4());
    assert_eq!(lab.connections(), 1);
    // Each goes on for itself.
    netns::move_wan(WAN, "81.2.69.20");
    wait_for_published(&agent, "home", "81.2.69.20");
    assert_eq!(sent(&lab)[2..], ["81.2.69.20"]);
}

#[test]
fn a_line_with_ipv6_alone_is_told_in_one_sentence() {
    netns::enter();
    netns::add_wan(&format!("{FIRST}/64"));
    let lab = Lab::start(LabOptions::default());
    let config = one_host(&lab, &[("family", "ipv6")]).replace("localhost:", "81.2.70.1:");
    let agent = Agent::new(&config);
    let _runner = agent.spawn(&["run"]);
    let record = wait_for("a failure", || {
        find(&agent, "home", "ipv6").filter(|record| record["state"] == "backoff")
    });
    assert_eq!(record["last"]["code"], "no-ipv4");
    let reason = record["reason"].as_str().unwrap();
    assert!(reason.contains("over IPv4 only and this line has no IPv4"), "{reason}");
    assert!(!reason.contains(". "), "{reason}");
}

#[test]
fn a_tentative_address_is_waited_for_and_sent_once() {
    let lab = line();
    let (agent, _runner) = run(&lab, &[("family", "ipv6")]);
    wait_for("no address", || {
        find(&agent, "home", "ipv6").filter(|record| record["state"] == "no-address")
    });
    // Two probes, a second apart (RFC 4862, section 5.1).
    std::fs::write("/proc/sys/net/ipv6/conf/wan0/dad_transmits", "2").unwrap();
    let added = Instant::now();
    add(FIRST, &[]);
    assert!(netns::ip(&["-6", "addr", "show", "dev", "wan0"]).contains("tentative"));
    assert!(lab.wait_for_requests(1, LIMIT));
    assert!(added.elapsed() >= Duration::from_secs(1), "{:?}", added.elapsed());
    assert!(!netns::ip(&["-6", "addr", "show", "dev", "wan0"]).contains("tentative"));
    wait_for_published(&agent, "home", FIRST);
    assert_eq!(sent(&lab), [FIRST]);
}

#[test]
fn another_prefix_is_followed_and_a_second_one_is_not() {
    let lab = line();
    add(FIRST, &["nodad", "valid_lft", "9000", "preferred_lft", "5000"]);
    let (agent, _runner) = run(&lab, &[("family", "ipv6")]);
    wait_for_published(&agent, "home", FIRST);
    // Better by every rule but one: the published one is still there.
    add("2a01:cb00:1:2::1", &["nodad"]);
    add(SECOND, &["nodad"]);
    std::thread::sleep(Duration::from_millis(1500));
    assert_eq!(sent(&lab), [FIRST]);
    // The provider renumbers: the old prefix is deprecated first.
    add(FIRST, &["nodad", "valid_lft", "9000", "preferred_lft", "0"]);
    netns::ip(&["addr", "del", "2a01:cb00:1:2::1/64", "dev", "wan0"]);
    wait_for_published(&agent, "home", SECOND);
    assert_eq!(sent(&lab).last().map(String::as_str), Some(SECOND));
    let times = lab.requests().len();
    netns::ip(&["addr", "del", &format!("{FIRST}/64"), "dev", "wan0"]);
    std::thread::sleep(Duration::from_millis(1500));
    assert_eq!(lab.requests().len(), times);
}

#[test]
fn the_address_of_a_machine_in_the_lan_follows_the_prefix() {
    let lab = line();
    netns::add_address(&format!("{FIRST}/64"));
    let (agent, _runner) = run(&lab, &[("family", "ipv6"), ("suffix", "::1:2:3:4")]);
    wait_for_published(&agent, "home", "2a01:cb00:1:2:1:2:3:4");
    netns::ip_batch(&format!(
        "addr add {SECOND}/64 dev wan0 nodad\naddr del {FIRST}/64 dev wan0\n"
    ));
    wait_for_published(&agent, "home", "2a01:cb00:1:9:1:2:3:4");
    assert_eq!(sent(&lab), ["2a01:cb00:1:2:1:2:3:4", "2a01:cb00:1:9:1:2:3:4"]);
}
