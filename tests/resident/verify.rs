//! Whether the DNS has the address: asked by an agent that stays, on a clock that runs faster.

use std::net::Ipv4Addr;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use dynhost::address::Family;

use crate::support::agent::Agent;
use crate::support::background::{LIMIT, wait_for, wait_for_published};
use crate::support::lab::Lab;
use crate::support::lab::dns::DnsMode;
use crate::support::lab::options::LabOptions;
use crate::support::netns;
use crate::support::stage::{HOME, WAN, one_host};
use crate::support::temp::TempDir;

/// The lab's name servers, the first of which is the line's resolver, too.
const SERVERS: [Ipv4Addr; 2] = [Ipv4Addr::new(62, 4, 16, 53), Ipv4Addr::new(62, 4, 16, 54)];
/// What is a quarter of an hour for the agent.
const QUARTER: Duration = Duration::from_secs(6);

struct Home {
    lab: Lab,
    agent: Agent,
    _library: TempDir,
}

/// A home whose agent's clock runs faster; nothing where the agent does not use this libc.
fn home(options: &[(&str, &str)]) -> Option<Home> {
    if Agent::is_emulated("a library put in front of libc needs a program that is linked to it") {
        return None;
    }
    netns::enter();
    netns::add_wan(&format!("{WAN}/24"));
    for server in SERVERS {
        netns::ip(&["addr", "add", &format!("{server}/32"), "dev", "lo"]);
    }
    netns::resolve_by(SERVERS[0]);
    let [first, second] = SERVERS.map(|server| (server, 53).into());
    let lab =
        Lab::start(LabOptions { dns: first, further_dns: vec![second], ..LabOptions::default() });
    let mut agent = Agent::new(&one_host(&lab, options));
    let folder = TempDir::new();
    let library = folder.path().join("clock.so");
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/resident/clock.c");
    let built =
        Command::new("cc").args(["-shared", "-fPIC", "-o"]).arg(&library).arg(source).status();
    assert!(built.expect("this test needs a C compiler").success());
    agent.set_env("LD_PRELOAD", library.to_str().unwrap());
    Some(Home { lab, agent, _library: folder })
}

impl Home {
    fn dns(&self) -> serde_json::Value {
        self.agent.record("home")["dns"].clone()
    }

    fn wait_for_agreement(&self, agrees: bool) {
        wait_for("a look at the DNS", || (self.dns()["agrees"] == agrees).then_some(()));
    }
}

#[test]
fn a_record_that_has_drifted_is_set_right_once() {
    let Some(home) = home(&[]) else { return };
    let mut runner = home.agent.spawn(&["run"]);
    wait_for_published(&home.agent, "home", WAN);
    assert_eq!(home.lab.requests().len(), 1);
    // Somebody edits it by hand. The looks that decide are after one and two quarters.
    home.lab.set_record(HOME, [81, 2, 69, 77].into());
    let log = runner.wait_for_log("no server of the zone has 81.2.69.10, which was stored", LIMIT);
    assert!(log.contains("home: ipv4"), "{log}");
    assert!(home.lab.wait_for_requests(2, LIMIT));
    wait_for("the record", || {
        (home.lab.record(HOME, Family::Ipv4) == Some(WAN.parse().unwrap())).then_some(())
    });
    // And again: now it is left for a day.
    home.lab.set_record(HOME, [81, 2, 69, 78].into());
    runner.wait_for_log("the DNS still has not 81.2.69.10, although it was sent again", LIMIT);
    assert_eq!(home.lab.requests().len(), 2);
    home.wait_for_agreement(false);
    assert!(home.dns()["repaired_at"].is_u64(), "{}", home.dns());
    let status = home.agent.run(&["status"]);
    assert!(status.stdout.contains("    dns        has not 81.2.69.10, since "), "{status:?}");
    let metrics = home.agent.run(&["status", "--prometheus"]);
    let metric =
        "dynhost_dns_agrees{host=\"home\",hostname=\"home.example.com\",family=\"ipv4\"} 0";
    assert!(metrics.stdout.contains(metric), "{metrics:?}");
    runner.kill();
}

#[test]
fn a_server_that_lags_is_no_drift_and_nobody_is_asked_at_once() {
    let Some(home) = home(&[]) else { return };
    home.lab.set_dns_at(1, DnsMode::Lagging);
    let runner = home.agent.spawn(&["run"]);
    wait_for_published(&home.agent, "home", WAN);
    std::thread::sleep(QUARTER / 2);
    assert!(home.dns().is_null(), "{}", home.dns());
    home.wait_for_agreement(true);
    assert_eq!(home.dns()["address"], WAN);
    assert_eq!(home.lab.requests().len(), 1);
    runner.kill();
}

#[test]
fn an_agent_that_is_told_not_to_asks_nobody() {
    let Some(home) = home(&[("verify_hours", "0")]) else { return };
    let runner = home.agent.spawn(&["run"]);
    wait_for_published(&home.agent, "home", WAN);
    std::thread::sleep(QUARTER * 2);
    assert!(home.dns().is_null(), "{}", home.dns());
    runner.kill();
}
