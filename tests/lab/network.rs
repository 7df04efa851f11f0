//! The lab and a client in a network namespace of their own.

use std::net::{Ipv4Addr, SocketAddr, ToSocketAddrs as _};
use std::process::Command;
use std::time::Duration;

use crate::support::client::Client;
use crate::support::lab::Lab;
use crate::support::lab::dns::DnsMode;
use crate::support::lab::fault::Fault;
use crate::support::lab::options::LabOptions;
use crate::support::netns;

const HTTPS: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(Ipv4Addr::LOCALHOST), 443);
const DNS: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(Ipv4Addr::LOCALHOST), 53);

#[test]
fn two_labs_can_have_one_port_in_two_namespaces() {
    let started = std::sync::Barrier::new(2);
    let in_own_network = || {
        netns::enter();
        let lab = Lab::start(LabOptions { https: HTTPS, dns: DNS, ..LabOptions::default() });
        started.wait();
        let client = Client::new(&lab, "example.com-home", "secret");
        client.update("home.example.com", "81.2.69.10").unwrap().body
    };
    std::thread::scope(|scope| {
        let labs = [(); 2].map(|()| scope.spawn(in_own_network));
        for lab in labs {
            assert_eq!(lab.join().unwrap(), "good 81.2.69.10");
        }
    });
}

#[test]
fn a_lab_ends_with_its_namespace_down_and_its_client_hanging() {
    netns::enter();
    let lab = Lab::start(LabOptions::default());
    lab.fault(Fault::Hang);
    let client = Client::new(&lab, "example.com-home", "secret");
    let hanging = std::thread::spawn(move || client.update("home.example.com", "81.2.69.10"));
    assert!(lab.wait_for_requests(1, Duration::from_secs(10)));
    assert!(!lab.wait_for_requests(2, Duration::from_millis(1)));
    netns::ip(&["link", "set", "lo", "down"]);
    drop(lab);
    // The client sees the cut once `lo` carries it, long before its own patience runs out.
    netns::ip(&["link", "set", "lo", "up"]);
    assert!(!matches!(hanging.join().unwrap(), Err(ureq::Error::Timeout(_)) | Ok(_)));
}

#[test]
fn the_line_has_its_address_and_the_default_route() {
    netns::enter();
    netns::add_wan("81.2.69.10/24");
    netns::add_address("2a01:cb00:1:2::10/64");
    let line = netns::ip(&["-o", "addr", "show", "dev", "wan0"]);
    assert!(line.contains("inet 81.2.69.10/24"), "{line}");
    assert!(line.contains("inet6 2a01:cb00:1:2::10/64") && !line.contains("tentative"), "{line}");
    assert!(netns::ip(&["route", "show", "default"]).contains("dev wan0"));
    netns::remove_address("81.2.69.10/24");
    assert!(!netns::ip(&["-o", "addr", "show", "dev", "wan0"]).contains("81.2.69.10"));
}

#[test]
fn names_resolve_by_the_labs_dns_alone() {
    netns::enter();
    let lab = Lab::start(LabOptions { dns: DNS, ..LabOptions::default() });
    netns::resolve_by(Ipv4Addr::LOCALHOST);
    let resolved: Vec<_> = ("provider.lab", 443).to_socket_addrs().unwrap().collect();
    assert_eq!(resolved, [HTTPS]);
    lab.set_dns(DnsMode::Refused);
    ("provider.lab", 443).to_socket_addrs().unwrap_err();
    // A child process sees the same.
    let child = Command::new("cat").arg("/etc/resolv.conf").output().unwrap();
    assert!(String::from_utf8_lossy(&child.stdout).starts_with("nameserver 127.0.0.1\n"));
}
