//! A router upstream that restarts with another prefix and never says that the old one is gone,
//! played by radvd.

use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::{Duration, Instant};

use dynhost::address::Family;

use crate::support::agent::Agent;
use crate::support::background::wait_for;
use crate::support::lab::Lab;
use crate::support::lab::options::LabOptions;
use crate::support::netns;
use crate::support::stage::{HOME, one_host};
use crate::support::temp::TempDir;

const A: &str = "2a01:cb00:1:2";
const B: &str = "2a01:cb00:7:8";

/// A router in a network of its own; each message is the prefixes that it announces from then on,
/// after a death without a goodbye.
fn router(say: &Sender<String>, prefixes: &Receiver<Vec<&'static str>>) {
    netns::enter();
    std::fs::write("/proc/sys/net/ipv6/conf/all/forwarding", "1").unwrap();
    say.send(netns::id()).unwrap();
    let directory = TempDir::new();
    let mut radvd: Option<Child> = None;
    while let Ok(prefixes) = prefixes.recv() {
        stop(radvd.take());
        radvd = Some(start(&directory, &prefixes));
    }
    stop(radvd);
}

fn start(directory: &TempDir, prefixes: &[&str]) -> Child {
    let file = |name: &str| directory.path().join(name);
    let prefixes: String = prefixes
        .iter()
        .map(|prefix| format!("prefix {prefix}::/64 {{ AdvPreferredLifetime 14400; }};\n"))
        .collect();
    let interface = "AdvSendAdvert on; MinRtrAdvInterval 3; MaxRtrAdvInterval 4;";
    std::fs::write(file("conf"), format!("interface isp0 {{ {interface}\n{prefixes} }};")).unwrap();
    // At once, without duplicate detection: radvd looks for a link-local address only once a minute.
    netns::ip(&["link", "set", "isp0", "addrgenmode", "none", "up"]);
    netns::ip(&["addr", "replace", "fe80::1/64", "dev", "isp0", "nodad"]);
    Command::new("radvd")
        .args(["-n", "-m", "none", "-C"])
        .arg(file("conf"))
        .arg("-p")
        .arg(file("pid"))
        .stderr(Stdio::null())
        .spawn()
        .unwrap_or_else(|error| panic!("this test needs the program radvd: {error}"))
}

fn stop(radvd: Option<Child>) {
    if let Some(mut radvd) = radvd {
        radvd.kill().unwrap();
        radvd.wait().unwrap();
    }
}

/// The host's side of the line, and its router.
fn line() -> Sender<Vec<&'static str>> {
    netns::enter();
    let (say, hear) = channel();
    let (announce, announced) = channel();
    std::thread::spawn(move || router(&say, &announced));
    let router = hear.recv().unwrap();
    netns::ip(&["link", "add", "wan0", "type", "veth", "peer", "name", "isp0", "netns", &router]);
    std::fs::write("/proc/sys/net/ipv6/conf/wan0/accept_ra", "2").unwrap();
    netns::ip(&["link", "set", "wan0", "up"]);
    announce
}

/// Waits until the device has an address of the prefix that may be used.
fn wait_for_address(prefix: &str) {
    wait_for("an address", || {
        let shown = netns::ip(&["-6", "-o", "addr", "show", "dev", "wan0", "-tentative"]);
        shown.contains(prefix).then_some(())
    });
}

#[test]
fn a_prefix_that_is_no_longer_announced_is_left_for_the_one_that_is() {
    let announce = line();
    let records = vec![(HOME.into(), [0x2a01, 0xcb00, 0, 0, 0, 0, 0, 1].into())];
    let lab = Lab::start(LabOptions { records, ..LabOptions::default() });
    let agent = Agent::new(&one_host(&lab, &[("family", "ipv6")]));
    let published = || {
        let output = agent.run(&["update"]);
        assert_eq!(output.code(), 0, "{output:?}");
        lab.record(HOME, Family::Ipv6).unwrap().to_string()
    };
    announce.send(vec![A]).unwrap();
    wait_for_address(A);
    assert!(published().starts_with(A));
    // Another prefix beside it changes nothing, over several advertisements.
    announce.send(vec![B, A]).unwrap();
    wait_for_address(B);
    let began = Instant::now();
    while began.elapsed() < Duration::from_secs(6) {
        assert!(published().starts_with(A));
        std::thread::sleep(Duration::from_millis(300));
    }
    // The old one is still preferred for four hours, and dead; then the other way round.
    let _runner = agent.spawn(&["run"]);
    for (announced, left) in [(B, A), (A, B)] {
        announce.send(vec![announced]).unwrap();
        wait_for("the prefix that is announced to be published", || {
            let published = lab.record(HOME, Family::Ipv6).unwrap().to_string();
            published.starts_with(announced).then_some(())
        });
        let shown = netns::ip(&["-6", "-o", "addr", "show", "dev", "wan0"]);
        assert!(shown.contains(left) && !shown.contains("deprecated"), "{shown}");
    }
}
