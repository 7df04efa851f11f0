//! `bind` over time: while its own line leads nowhere a host waits, whatever another line could do.

use rustix::process::Signal;

use crate::address::bind::{PROVIDER, two_lines};
use crate::support::agent::Agent;
use crate::support::background::{LIMIT, find, wait_for, wait_for_published};
use crate::support::lab::Lab;
use crate::support::netns;
use crate::support::stage::host;

fn bound(lab: &Lab, device: &str) -> String {
    let options = [("device", device), ("bind", "1")];
    lab.provider_section_at("lab", PROVIDER) + &host("home", &options)
}

#[test]
fn a_bound_host_waits_for_its_own_line_and_never_takes_another() {
    let lab = two_lines();
    netns::ip(&["route", "add", "default", "dev", "wan0"]);
    let agent = Agent::new(&bound(&lab, "wan1"));
    let runner = agent.spawn(&["run"]);
    wait_for("a second failure", || {
        find(&agent, "home", "ipv4")
            .filter(|record| record["last"]["code"] == "unreachable" && record["failures"] == 2)
    });
    assert_eq!(lab.connections(), 0);
    agent.configure(&bound(&lab, "wan0"));
    runner.signal(Signal::HUP);
    assert!(lab.wait_for_requests(1, LIMIT));
    wait_for_published(&agent, "home", "81.2.69.10");
    assert_eq!(lab.requests()[0].myip().as_deref(), Some("81.2.69.10"));
}
