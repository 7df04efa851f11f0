//! IPv6: the kernel's flags decide what may be published.

use std::time::Duration;

use dynhost::address::Family;

use crate::support::agent::{Agent, Output};
use crate::support::lab::Lab;
use crate::support::lab::options::LabOptions;
use crate::support::netns;
use crate::support::stage::{HOME, one_host};

const STABLE: &str = "2a01:cb00:1:2::10";
const LONG: Duration = Duration::from_secs(30);

/// A line of both families, a lab, and an agent for the `AAAA` record alone.
fn line_with(options: &[(&str, &str)]) -> (Lab, Agent) {
    netns::enter();
    netns::add_wan("81.2.69.10/24");
    netns::ip(&["-6", "route", "add", "default", "dev", "wan0"]);
    let records = vec![(HOME.into(), [0x2a01, 0xcb00, 0, 0, 0, 0, 0, 1].into())];
    let lab = Lab::start(LabOptions { records, ..LabOptions::default() });
    let agent = Agent::new(&one_host(&lab, &[&[("family", "ipv6")], options].concat()));
    (lab, agent)
}

fn sysctl(name: &str, value: &str) {
    let path = format!("/proc/sys/net/ipv6/{name}");
    std::fs::write(&path, value).unwrap_or_else(|error| panic!("cannot write {path}: {error}"));
}

fn add(arguments: &[&str]) {
    netns::ip(&[&["addr", "add", arguments[0], "dev", "wan0"], &arguments[1..]].concat());
}

fn addresses() -> String {
    netns::ip(&["-6", "-o", "addr", "show", "dev", "wan0"])
}

#[track_caller]
fn assert_refused(output: &Output, lab: &Lab, why: &str) {
    assert_eq!(output.verdict(), (69, "no-address"), "{output:?}");
    assert!(output.stdout.contains(why), "{}", output.stdout);
    assert_eq!(lab.connections(), 0);
}

#[test]
fn a_good_address_goes_over_ipv4_and_leaves_the_a_record_alone() {
    let (lab, agent) = line_with(&[]);
    netns::add_address(&format!("{STABLE}/64"));
    assert_eq!(agent.run(&["update"]).verdict(), (0, "updated"));
    assert_eq!(lab.record(HOME, Family::Ipv6), Some(STABLE.parse().unwrap()));
    assert_eq!(lab.record(HOME, Family::Ipv4), None);
    assert_eq!(lab.requests().len(), 1);
}

#[test]
fn a_deprecated_address_is_never_sent() {
    let (lab, agent) = line_with(&[]);
    add(&["2a01:cb00:1:2::66/64", "nodad", "valid_lft", "9000", "preferred_lft", "0"]);
    assert!(addresses().contains("deprecated"));
    assert_refused(&agent.run(&["update"]), &lab, "2a01:cb00:1:2::66 on wan0 is deprecated");
    netns::add_address(&format!("{STABLE}/64"));
    assert_eq!(agent.run(&["update"]).code(), 0);
    assert_eq!(lab.record(HOME, Family::Ipv6), Some(STABLE.parse().unwrap()));
}

#[test]
fn a_temporary_address_is_never_sent() {
    let (lab, agent) = line_with(&[]);
    sysctl("conf/wan0/accept_dad", "0");
    sysctl("conf/wan0/use_tempaddr", "2");
    // As long preferred as the temporary one and higher: every other rule favours that.
    let stable = "2a01:cb00:1:2:ffff:ffff:ffff:fff0";
    let lifetimes = ["valid_lft", "9000", "preferred_lft", "1000"];
    add(&[&[&*format!("{stable}/64"), "mngtmpaddr", "nodad"], &lifetimes[..]].concat());
    let temporary = || {
        let shown = addresses();
        let line = shown.lines().find(|line| line.contains("temporary"))?.to_owned();
        Some(line.split_whitespace().nth(3)?.split('/').next()?.to_owned())
    };
    let temporary = (0..100).find_map(|_| {
        std::thread::sleep(Duration::from_millis(20));
        temporary()
    });
    let temporary = temporary.expect("the kernel makes a temporary address");
    assert_eq!(agent.run(&["update"]).code(), 0);
    assert_eq!(lab.requests()[0].myip().as_deref(), Some(stable));
    // Not even one that is published already, say by another client, is kept.
    agent.edit_record(|record| record["published"]["address"] = temporary.clone().into());
    assert_eq!(agent.run(&["update"]).code(), 0);
    assert_eq!(agent.record("home")["published"]["address"], stable);
    assert!(lab.requests().iter().all(|sent| sent.myip().as_deref() == Some(stable)));
}

#[test]
fn a_unique_local_or_link_local_address_is_never_sent() {
    let (lab, agent) = line_with(&[]);
    add(&["fe80::10/64", "nodad"]);
    assert_refused(&agent.run(&["update"]), &lab, "wan0 has no global ipv6 address");
    add(&["fd12:3456:789a::10/64", "nodad"]);
    let name = "fd12:3456:789a::10 is a unique local address";
    assert_refused(&agent.run(&["update"]), &lab, name);
    netns::add_address(&format!("{STABLE}/64"));
    assert_eq!(agent.run(&["update"]).code(), 0);
    assert_eq!(lab.requests()[0].myip().as_deref(), Some(STABLE));
}

#[test]
fn a_tentative_address_is_waited_for_and_then_sent() {
    let (lab, agent) = line_with(&[]);
    sysctl("conf/wan0/router_solicitation_delay", "0");
    sysctl("neigh/wan0/retrans_time_ms", "700");
    add(&[&format!("{STABLE}/64")]);
    assert!(addresses().contains("tentative"), "{}", addresses());
    let running = agent.spawn(&["update"]);
    let output = running.wait(LONG);
    assert_eq!(output.verdict(), (0, "updated"), "{output:?}");
    assert!(!addresses().contains("tentative"), "it was sent before its time");
    assert_eq!(lab.record(HOME, Family::Ipv6), Some(STABLE.parse().unwrap()));
}

#[test]
fn an_address_that_stays_tentative_is_given_up_for_this_pass() {
    let (lab, agent) = line_with(&[]);
    sysctl("conf/wan0/dad_transmits", "100");
    add(&[&format!("{STABLE}/64")]);
    let output = agent.run(&["update"]);
    assert_refused(&output, &lab, &format!("{STABLE} on wan0 is tentative"));
}

#[test]
fn the_published_one_of_several_is_kept() {
    let (lab, agent) = line_with(&[]);
    netns::add_address("2a01:cb00:1:2::20/64");
    assert_eq!(agent.run(&["update"]).verdict(), (0, "updated"));
    netns::add_address("2a01:cb00:1:2::10/64");
    assert_eq!(agent.run(&["update"]).verdict(), (0, "unchanged"));
    netns::ip(&["addr", "del", "2a01:cb00:1:2::20/64", "dev", "wan0"]);
    assert_eq!(agent.run(&["update"]).verdict(), (0, "updated"));
    assert_eq!(lab.record(HOME, Family::Ipv6), Some("2a01:cb00:1:2::10".parse().unwrap()));
}

#[test]
fn a_suffix_makes_the_address_of_a_machine_on_the_link() {
    let (lab, agent) = line_with(&[("suffix", "::1:2:3:4")]);
    netns::add_address("2a01:cb00:1:2::10/64");
    assert_eq!(agent.run(&["update"]).verdict(), (0, "updated"));
    assert_eq!(lab.record(HOME, Family::Ipv6), Some("2a01:cb00:1:2:1:2:3:4".parse().unwrap()));
    // A new prefix moves the machine with it.
    netns::ip(&["addr", "del", "2a01:cb00:1:2::10/64", "dev", "wan0"]);
    netns::add_address("2a01:cb00:7:8::10/64");
    assert_eq!(agent.run(&["update"]).verdict(), (0, "updated"));
    assert_eq!(lab.record(HOME, Family::Ipv6), Some("2a01:cb00:7:8:1:2:3:4".parse().unwrap()));
}

#[test]
fn a_suffix_needs_a_prefix() {
    let (lab, agent) = line_with(&[("suffix", "::1:2:3:4")]);
    netns::add_address("2a01:cb00:1:2::10/128");
    assert_refused(&agent.run(&["update"]), &lab, "no ipv6 prefix for `option suffix`");
}
