//! Addresses that nobody out there can reach: refused with their name and what it means.

use crate::support::agent::Agent;
use crate::support::lab::Lab;
use crate::support::lab::options::LabOptions;
use crate::support::netns;
use crate::support::stage::{HOME, one_host};

#[test]
fn an_address_behind_another_router_is_refused_with_its_sentence() {
    let rows = [
        ("192.168.1.20", "192.168.1.20 is a private address", "has to forward ports"),
        ("10.0.0.20", "10.0.0.20 is a private address", "has to forward ports"),
        ("172.16.0.20", "172.16.0.20 is a private address", "has to forward ports"),
        ("100.71.2.3", "100.71.2.3 is carrier-grade NAT", "port forwarding cannot work"),
        ("192.0.0.2", "192.0.0.2 is DS-Lite", "publish IPv6 instead"),
        ("169.254.7.7", "169.254.7.7 is link-local", "no DHCP server"),
        ("203.0.113.7", "203.0.113.7 is a documentation address", "examples only"),
    ];
    for (address, name, meaning) in rows {
        netns::enter();
        netns::add_wan(&format!("{address}/24"));
        let lab = Lab::start(LabOptions::default());
        let agent = Agent::new(&one_host(&lab, &[]));
        let output = agent.run(&["update"]);
        assert_eq!(output.verdict(), (69, "no-address"), "{address}");
        let [line] = output.lines().try_into().unwrap();
        assert!(line.text.starts_with(name) && line.text.contains(meaning), "{}", line.text);
        let shown = agent.run(&["status"]).stdout;
        assert!(shown.contains(name) && shown.contains(meaning), "{shown}");
        assert_eq!(agent.run(&["update", "--force"]).code(), 69);
        assert_eq!(lab.connections(), 0);
        agent.configure(&one_host(&lab, &[("allow_special", "1")]));
        assert_eq!(agent.run(&["update"]).verdict(), (0, "updated"), "{address}");
        assert_eq!(lab.updates_of(HOME)[0].myip().as_deref(), Some(address));
    }
}

#[test]
fn a_special_address_beside_a_good_one_is_passed_over() {
    netns::enter();
    netns::add_wan("192.168.1.20/24");
    netns::add_address("81.2.69.10/24");
    let lab = Lab::start(LabOptions::default());
    let agent = Agent::new(&one_host(&lab, &[]));
    assert_eq!(agent.run(&["update"]).code(), 0);
    assert_eq!(lab.requests()[0].myip().as_deref(), Some("81.2.69.10"));
}
