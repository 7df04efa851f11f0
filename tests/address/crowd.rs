//! A kernel with thousands of links, addresses and routes, as a host of containers or a router with
//! full tables has them: the names on it stay current.

use std::fmt::Write as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use crate::support::agent::Agent;
use crate::support::lab::Lab;
use crate::support::lab::options::LabOptions;
use crate::support::netns;
use crate::support::stage::{Stage, one_host};

/// More than the agent keeps of any kind.
const MANY: usize = 5000;
/// A pass takes a second at most on a machine that has other things to do.
const QUICK: Duration = Duration::from_secs(5);

fn batch(commands: impl Iterator<Item = String>) {
    netns::ip_batch(&commands.collect::<Vec<_>>().join("\n"));
}

/// What came of a pass: its exit code and the address that was sent last, if one was.
fn published(lab: &Lab, agent: &Agent) -> (i32, Option<String>) {
    let before = lab.requests().len();
    let began = Instant::now();
    let output = agent.run(&["update"]);
    assert!(began.elapsed() < QUICK, "{:?}", began.elapsed());
    let sent = lab.requests();
    (output.code(), sent.get(before..).and_then(|new| new.last()?.myip()))
}

#[test]
fn thousands_of_addresses_before_the_one_that_counts() {
    let stage = Stage::new();
    let (high, low) = (|n: usize| n / 250, |n: usize| 1 + n % 250);
    // On devices that come first, and on the very one.
    let others = (0..MANY).map(|n| format!("addr add 81.3.{}.{}/32 dev isp0", high(n), low(n)));
    batch(others);
    let own = (0..MANY).map(|n| format!("addr add 10.9.{}.{}/32 dev wan0", high(n), low(n)));
    batch(own);
    netns::ip(&["link", "add", "late0", "type", "veth", "peer", "name", "late1"]);
    netns::ip(&["link", "set", "late0", "up"]);
    netns::ip(&["addr", "add", "81.2.70.10/32", "dev", "late0"]);
    assert_eq!(published(&stage.lab, &stage.agent), (0, Some("81.2.69.10".into())));
    stage.configure(&[("device", "late0")]);
    assert_eq!(published(&stage.lab, &stage.agent), (0, Some("81.2.70.10".into())));
}

#[test]
fn thousands_of_links_before_the_one_that_counts() {
    netns::enter();
    netns::ip(&["link", "add", "base0", "type", "bridge"]);
    batch((1..=MANY / 2).map(|n| format!("link add b{n} type veth peer name c{n}")));
    batch((0..10).map(|n| format!("link add last{n} type bridge")));
    netns::add_wan("81.2.69.10/24");
    netns::ip(&["link", "set", "last9", "up"]);
    netns::ip(&["addr", "add", "81.2.70.10/32", "dev", "last9"]);
    let lab = Lab::start(LabOptions::default());
    let agent = Agent::new(&one_host(&lab, &[]));
    assert_eq!(published(&lab, &agent), (0, Some("81.2.69.10".into())));
    agent.configure(&one_host(&lab, &[("device", "last9")]));
    let output = agent.run(&["update"]);
    assert_eq!(output.verdict(), (0, "updated"), "{output:?}");
    // Once, with what was left out.
    let warnings = output.stderr.lines().filter(|line| line.contains("lists more than is read"));
    assert_eq!(warnings.count(), 1, "{}", output.stderr);
}

#[test]
fn a_default_route_of_more_next_hops_than_are_read() {
    let stage = Stage::new();
    let mut route = "route replace default".to_owned();
    for n in 1..=100 {
        let _ = write!(route, " nexthop via 81.2.69.{} dev wan0", 100 + n);
    }
    netns::ip_batch(&route);
    assert_eq!(published(&stage.lab, &stage.agent), (0, Some("81.2.69.10".into())));
}

#[test]
fn full_tables_are_passed_over() {
    let stage = Stage::new();
    let net = |n: usize| format!("{}.{}.{}.0/24", 11 + n / 65536, n / 256 % 256, n % 256);
    batch((0..20_000).map(|n| format!("route add {} dev wan0", net(n))));
    assert_eq!(published(&stage.lab, &stage.agent), (0, Some("81.2.69.10".into())));
}

#[test]
fn tables_that_never_hold_still_are_read_all_the_same() {
    let stage = Stage::new();
    batch((1..=500).map(|n| format!("link add b{n} type veth peer name c{n}")));
    let own = (0..MANY).map(|n| format!("addr add 10.9.{}.{}/32 dev isp0", n / 250, 1 + n % 250));
    batch(own);
    let change = "addr add 10.8.0.1/32 dev b1\naddr del 10.8.0.1/32 dev b1\n";
    let (storm, is_over) = (change.repeat(2_000), Arc::new(AtomicBool::new(false)));
    let until = Arc::clone(&is_over);
    // A thread has the namespace of the one that started it.
    let storm = std::thread::spawn(move || {
        while !until.load(Ordering::SeqCst) {
            netns::ip_batch(&storm);
        }
    });
    for _ in 0..3 {
        assert_eq!(stage.update().code(), 0);
        assert!(!storm.is_finished(), "the storm was over too early");
    }
    is_over.store(true, Ordering::SeqCst);
    storm.join().unwrap();
}
