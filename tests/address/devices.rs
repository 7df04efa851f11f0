//! Devices: point-to-point ones, several lines, and lines that are not there.

use dynhost::address::Family;

use crate::support::agent::Agent;
use crate::support::lab::Lab;
use crate::support::lab::options::LabOptions;
use crate::support::netns;
use crate::support::stage::{HOME, Stage, one_host};

/// Another line, `wan1`, of this address, without a route.
fn add_second_line(address: &str) {
    netns::ip(&["link", "add", "wan1", "type", "veth", "peer", "name", "isp1"]);
    for device in ["isp1", "wan1"] {
        netns::ip(&["link", "set", device, "addrgenmode", "none"]);
        netns::ip(&["link", "set", device, "up"]);
    }
    netns::ip(&["addr", "add", address, "dev", "wan1"]);
}

#[test]
fn a_point_to_point_device_has_its_own_address_published_and_not_its_peers() {
    netns::enter();
    netns::ip(&["tuntap", "add", "pppoe-wan", "mode", "tun"]);
    netns::ip(&["addr", "add", "81.2.69.10", "peer", "81.2.68.1", "dev", "pppoe-wan"]);
    netns::ip(&["link", "set", "pppoe-wan", "up"]);
    netns::ip(&["route", "add", "default", "dev", "pppoe-wan"]);
    let lab = Lab::start(LabOptions::default());
    let agent = Agent::new(&one_host(&lab, &[]));
    assert_eq!(agent.run(&["update"]).verdict(), (0, "updated"));
    assert_eq!(lab.record(HOME, Family::Ipv4), Some("81.2.69.10".parse().unwrap()));
    assert_eq!(agent.record("home")["device"], "pppoe-wan");
}

#[test]
fn the_default_route_of_the_lowest_metric_has_the_line() {
    let stage = Stage::new();
    add_second_line("81.2.70.10/24");
    let published = |results: i32| {
        assert_eq!(stage.update().code(), results);
        let record = stage.agent.record("home");
        (record["device"].clone(), record["published"]["address"].clone())
    };
    netns::ip(&["route", "replace", "default", "dev", "wan0", "metric", "20"]);
    netns::ip(&["route", "del", "default", "metric", "0"]);
    netns::ip(&["route", "add", "default", "dev", "wan1", "metric", "10"]);
    assert_eq!(published(0), ("wan1".into(), "81.2.70.10".into()));
    netns::ip(&["route", "del", "default", "metric", "10"]);
    netns::ip(&["route", "add", "default", "dev", "wan1", "metric", "30"]);
    assert_eq!(published(0), ("wan0".into(), "81.2.69.10".into()));
    // A host of one line stays with it, whatever the routes say.
    stage.configure(&[("device", "wan1")]);
    assert_eq!(published(0), ("wan1".into(), "81.2.70.10".into()));
}

#[test]
fn the_primary_address_goes_before_secondary_ones() {
    let stage = Stage::new();
    netns::add_address("81.2.69.5/24");
    netns::add_address("81.2.69.200/24");
    assert_eq!(stage.update().code(), 0);
    assert_eq!(stage.lab.requests()[0].myip().as_deref(), Some("81.2.69.10"));
}

#[test]
fn a_line_that_is_not_there_is_told_from_one_that_is_down_or_empty() {
    let stage = Stage::new();
    add_second_line("81.2.70.10/24");
    let says = |device: &str| {
        stage.configure(&[("device", device)]);
        let output = stage.update();
        assert_eq!(output.verdict(), (69, "no-address"), "{device}");
        output.lines().remove(0).text
    };
    assert!(says("wan9").starts_with("there is no device wan9"));
    netns::ip(&["link", "set", "wan1", "down"]);
    assert!(says("wan1").starts_with("device wan1 is down"));
    assert!(says("isp0").starts_with("device isp0 has no ipv4 address"));
    netns::ip(&["link", "set", "isp0", "down"]);
    netns::remove_address("81.2.69.10/24");
    assert!(says("wan0").starts_with("device wan0 has no carrier"));
    netns::ip(&["route", "flush", "table", "main"]);
    stage.configure(&[]);
    let output = stage.update();
    assert!(output.stdout.contains("there is no ipv4 default route"), "{}", output.stdout);
    assert_eq!((output.code(), stage.lab.connections()), (69, 0));
}

#[test]
fn the_address_that_the_kernel_sends_from_goes_before_the_first_one() {
    let stage = Stage::new();
    netns::add_address("81.2.69.20/32");
    netns::ip(&["route", "replace", "default", "dev", "wan0", "src", "81.2.69.20"]);
    let published = || {
        assert_eq!(stage.update().code(), 0);
        stage.agent.record("home")["published"]["address"].clone()
    };
    assert_eq!(published(), "81.2.69.20");
    stage.configure(&[("device", "wan0")]);
    assert_eq!(published(), "81.2.69.20");
    netns::ip(&["route", "replace", "default", "dev", "wan0"]);
    assert_eq!(published(), "81.2.69.10");
    // A lease that is over, with another one beside it.
    netns::ip(&["addr", "change", "81.2.69.10/24", "dev", "wan0", "preferred_lft", "0"]);
    assert_eq!(published(), "81.2.69.20");
}

#[test]
fn a_route_without_a_carrier_that_the_kernel_ignores_is_ignored() {
    let stage = Stage::new();
    add_second_line("81.2.70.10/24");
    netns::ip(&["route", "add", "default", "dev", "wan1", "metric", "10"]);
    let published = || {
        assert_eq!(stage.update().code(), 0);
        stage.agent.record("home")["published"]["address"].clone()
    };
    netns::ip(&["link", "set", "isp0", "down"]);
    assert_eq!(published(), "81.2.69.10");
    std::fs::write("/proc/sys/net/ipv4/conf/wan0/ignore_routes_with_linkdown", "1").unwrap();
    assert_eq!(published(), "81.2.70.10");
}

#[test]
fn a_default_route_by_a_next_hop_object_is_one() {
    let stage = Stage::new();
    netns::ip_batch(
        "nexthop add id 7 via 81.2.69.1 dev wan0\n\
         route replace default nhid 7\n",
    );
    for mode in ["1", "0"] {
        std::fs::write("/proc/sys/net/ipv4/nexthop_compat_mode", mode).unwrap();
        assert_eq!(stage.fresh_agent().run(&["update"]).code(), 0, "{mode}");
    }
}

#[test]
fn a_default_route_into_a_vpn_is_said_to_be_one() {
    let stage = Stage::new();
    netns::ip(&["tuntap", "add", "vpn0", "mode", "tun"]);
    netns::ip(&["addr", "add", "10.8.0.2/24", "dev", "vpn0"]);
    netns::ip(&["link", "set", "vpn0", "up"]);
    netns::ip(&["route", "replace", "default", "dev", "vpn0"]);
    let output = stage.update();
    assert_eq!(output.verdict(), (69, "no-address"), "{output:?}");
    let text = output.lines().remove(0).text;
    assert!(text.starts_with("10.8.0.2 is a private address"), "{text}");
    assert!(text.contains("into the tunnel vpn0: name the line's own device with `option device`"));
    stage.configure(&[("device", "wan0")]);
    assert_eq!(stage.update().code(), 0);
}
