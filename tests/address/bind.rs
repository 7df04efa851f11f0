//! `bind`: the traffic of a host leaves by its own line, or not at all.
//!
//! The provider is in a namespace of its own, so that packets really leave by a device: what is
//! for an address of the same namespace goes over `lo`, whatever the socket is bound to.

use std::sync::mpsc::channel;

use crate::support::agent::Agent;
use crate::support::lab::Lab;
use crate::support::lab::options::LabOptions;
use crate::support::netifd::Interface;
use crate::support::netns;
use crate::support::stage::host;
use crate::support::ubusd::Imagined;

/// Where the provider and its name server are, reached by `wan0` alone.
pub const PROVIDER: &str = "81.2.70.1";

/// Two lines, `wan0` with the provider at its far end and `wan1` with nobody; no default route.
pub fn two_lines() -> Lab {
    netns::enter();
    netns::add_wan("81.2.69.10/24");
    netns::ip(&["route", "del", "default"]);
    netns::ip(&["link", "add", "wan1", "type", "veth", "peer", "name", "isp1"]);
    for device in ["isp1", "wan1"] {
        netns::ip(&["link", "set", device, "up"]);
    }
    netns::ip(&["addr", "add", "81.2.71.10/24", "dev", "wan1"]);
    // Nobody answers there; a router's patience (3 s) is more than a test needs.
    for (name, value) in [("retrans_time_ms", "50"), ("mcast_solicit", "1")] {
        std::fs::write(format!("/proc/sys/net/ipv4/neigh/wan1/{name}"), value).unwrap();
    }
    let ((say, hear), (allow, wait)) = (channel(), channel());
    let far = std::thread::spawn(move || {
        netns::enter();
        say.send(netns::id()).unwrap();
        wait.recv().unwrap();
        netns::ip(&["addr", "add", &format!("{PROVIDER}/32"), "dev", "isp0"]);
        netns::ip(&["link", "set", "isp0", "up"]);
        netns::ip(&["route", "add", "81.2.69.0/24", "dev", "isp0"]);
        let at = |port: u16| format!("{PROVIDER}:{port}").parse().unwrap();
        let certificate_names = vec![PROVIDER.into()];
        let options = LabOptions { https: at(0), dns: at(53), ..LabOptions::default() };
        Lab::start(LabOptions { certificate_names, ..options })
    });
    netns::ip(&["link", "set", "isp0", "netns", &hear.recv().unwrap()]);
    allow.send(()).unwrap();
    far.join().unwrap()
}

fn agent(lab: &Lab, options: &[(&str, &str)]) -> Agent {
    Agent::new(&(lab.provider_section_at("lab", PROVIDER) + &host("home", options)))
}

#[test]
fn a_bound_host_uses_its_line_though_another_has_the_default_route() {
    let lab = two_lines();
    netns::ip(&["route", "add", "default", "dev", "wan1"]);
    let agent = agent(&lab, &[("device", "wan0"), ("bind", "1")]);
    let output = agent.run(&["update"]);
    assert_eq!(output.verdict(), (0, "updated"), "{output:?}");
    assert_eq!(lab.requests()[0].myip().as_deref(), Some("81.2.69.10"));
}

#[test]
fn a_bound_host_whose_line_leads_nowhere_does_not_use_another() {
    let lab = two_lines();
    netns::ip(&["route", "add", "default", "dev", "wan0"]);
    let bound = agent(&lab, &[("device", "wan1"), ("bind", "1")]);
    assert_eq!(bound.run(&["update"]).verdict(), (75, "failed"));
    assert_eq!(bound.record("home")["last"]["code"], "unreachable");
    assert_eq!(lab.connections(), 0);
    // The same host unbound gets through, so there was another way.
    let unbound = agent(&lab, &[("device", "wan1")]);
    assert_eq!(unbound.run(&["update"]).verdict(), (0, "updated"));
    assert_eq!(lab.requests()[0].myip().as_deref(), Some("81.2.71.10"));
}

#[test]
fn a_bound_host_whose_device_is_gone_sends_nothing() {
    let lab = two_lines();
    netns::ip(&["route", "add", "default", "dev", "wan0"]);
    let script = [("source", "command"), ("command", "/bin/echo 81.2.72.10")];
    let gone = agent(&lab, &[&[("device", "wan9"), ("bind", "1")], &script[..]].concat());
    assert_eq!(gone.run(&["update"]).verdict(), (75, "failed"));
    assert_eq!(gone.record("home")["last"]["code"], "bind");
    assert_eq!(lab.connections(), 0);
}

#[test]
fn bound_without_a_device_means_that_of_the_default_route() {
    let lab = two_lines();
    netns::ip(&["route", "add", "default", "dev", "wan0", "metric", "10"]);
    netns::ip(&["route", "add", "default", "dev", "wan1", "metric", "20"]);
    let agent = agent(&lab, &[("bind", "1")]);
    assert_eq!(agent.run(&["update"]).verdict(), (0, "updated"));
    assert_eq!(lab.requests()[0].myip().as_deref(), Some("81.2.69.10"));
}

/// The provider has no AAAA, so that also an AAAA record is updated over IPv4.
#[test]
fn a_host_bound_to_an_ipv6_interface_calls_by_its_ipv4_sibling() {
    let lab = two_lines();
    netns::ip_batch(
        "route add default dev wan1\n\
         link add 6in4-wan6 type veth peer name far6\n\
         link set far6 addrgenmode none up\n\
         link set 6in4-wan6 addrgenmode none up\n\
         addr add 2a01:cb00:1::10/64 dev 6in4-wan6 nodad\n",
    );
    let wan6 = || Interface::up("wan6", "6in4-wan6", &["2a01:cb00:1::10"]);
    let wan = Interface::up("wan", "wan0", &["81.2.69.10"]);
    let options = [("interface", "wan6"), ("family", "ipv6"), ("bind", "1")];

    let alone = agent(&lab, &options);
    let ubusd = Imagined::start(vec![wan6()]);
    assert_eq!(alone.run(&["update"]).verdict(), (75, vec!["failed".into()]));
    assert_eq!(alone.record("home")["last"]["code"], "no-ipv4");
    assert_eq!(lab.connections(), 0);
    let check = alone.run(&["check"]);
    assert!(check.stdout.contains("name an interface that has IPv4"), "{check:?}");

    ubusd.become_of(vec![wan6(), wan]);
    let agent = agent(&lab, &options);
    let output = agent.run(&["update"]);
    assert!(lab.connections() > 0, "{output:?}");
    let check = agent.run(&["check"]);
    assert!(!check.stdout.contains("IPv4"), "{check:?}");
}

#[test]
fn a_host_bound_to_several_interfaces_calls_by_the_one_whose_address_it_publishes() {
    let lab = two_lines();
    netns::ip(&["route", "add", "default", "dev", "wan1"]);
    let wanb = Interface::up("wanb", "wan0", &["81.2.69.10"]);
    let _ubusd = Imagined::start(vec![Interface::down("wan"), wanb]);
    let agent = agent(&lab, &[("interface", "wan"), ("interface", "wanb"), ("bind", "1")]);
    assert_eq!(agent.run(&["update"]).verdict(), (0, vec!["updated".into()]));
    assert_eq!(lab.requests()[0].myip().as_deref(), Some("81.2.69.10"));
}
