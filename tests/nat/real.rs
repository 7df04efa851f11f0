//! The real miniupnpd, on a box of its own.

use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crate::support::background::{LIMIT, voluntary_switches, wait_for, wait_for_published};
use crate::support::gateway::{GATEWAY, Home, LINE};
use crate::support::netns;
use crate::support::temp::TempDir;

/// miniupnpd with its tables of nftables; dropping it ends it.
struct Miniupnpd {
    child: Child,
    _directory: TempDir,
}

impl Drop for Miniupnpd {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

const RULES: &str = "table inet filter {\n chain miniupnpd {}\n chain prerouting_miniupnpd {}\n \
                     chain postrouting_miniupnpd {}\n}\n";

fn start(options: &'static str) -> Miniupnpd {
    let directory = TempDir::new();
    let file = |name: &str| directory.path().join(name);
    std::fs::write(file("rules"), RULES).unwrap();
    let chains = "upnp_table_name=filter\nupnp_nat_table_name=filter\n\
                  upnp_forward_chain=miniupnpd\nupnp_nat_chain=prerouting_miniupnpd\n\
                  upnp_nat_postrouting_chain=postrouting_miniupnpd\n";
    let configuration = format!(
        "ext_ifname=wan0\nlistening_ip=lan0\n{options}\n{chains}\
         uuid=00000000-0000-0000-0000-000000000001\n\
         allow 1024-65535 0.0.0.0/0 1024-65535\nallow 9 0.0.0.0/0 9\n"
    );
    std::fs::write(file("conf"), configuration).unwrap();
    let loaded = Command::new("nft").arg("-f").arg(file("rules")).status();
    assert!(loaded.is_ok_and(|status| status.success()), "this test needs nft, of nftables");
    let child = Command::new("/usr/sbin/miniupnpd")
        .args(["-d", "-f"])
        .arg(file("conf"))
        .arg("-P")
        .arg(file("pid"))
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap_or_else(|error| panic!("this test needs miniupnpd (miniupnpd-nftables): {error}"));
    Miniupnpd { child, _directory: directory }
}

const BOTH: &str = "enable_natpmp=yes\nenable_upnp=yes";
const NATPMP: &str = "enable_natpmp=yes\nenable_upnp=no";
const UPNP: &str = "enable_natpmp=no\nenable_upnp=yes";

/// A home with a line and the program, which is up.
fn home(source: &str, options: &'static str) -> (Home, Miniupnpd) {
    let home = Home::new(&[("source", source)]);
    let program = home.at_gateway(move || {
        netns::mount_tmpfs(std::path::Path::new("/run"), "size=1m");
        // The rogue of other tests.
        netns::ip(&["addr", "flush", "dev", "lan0"]);
        netns::ip(&["addr", "add", &format!("{GATEWAY}/24"), "dev", "lan0"]);
        netns::add_wan(&format!("{LINE}/24"));
        let program = start(options);
        wait_for("miniupnpd", is_up);
        program
    });
    (home, program)
}

/// Its ports are bound: NAT-PMP's, or that of the search.
fn is_up() -> Option<()> {
    let table = std::fs::read_to_string("/proc/thread-self/net/udp").ok()?;
    let is_bound = |port: &str| table.lines().any(|line| line.contains(port));
    (is_bound(":14E7 ") || is_bound(":076C ")).then_some(())
}

fn move_line(home: &Home, from: String, to: String) {
    home.at_gateway(move || netns::move_wan(&from, &to));
}

#[test]
fn the_address_comes_by_natpmp_and_by_upnp() {
    for (source, options, token) in [
        ("natpmp", NATPMP, "natpmp"),
        ("upnp", UPNP, "upnp"),
        ("auto", BOTH, "natpmp"),
        ("auto", UPNP, "upnp"),
    ] {
        let (home, _program) = home(source, options);
        let output = home.agent.run(&["update"]);
        assert_eq!(output.code(), 0, "{source}: {}", output.said());
        assert_eq!(home.sent(), [LINE.to_string()], "{source}");
        assert_eq!(home.agent.record("home")["source"], token);
    }
}

/// miniupnpd answers NAT-PMP as well, so that PCP is spoken to it here by the codec itself.
#[test]
fn the_address_comes_by_pcp() {
    use dynhost::address::natpmp::pcp;
    let (_home, _program) = home("natpmp", NATPMP);
    let socket = std::net::UdpSocket::bind("0.0.0.0:0").unwrap();
    socket.connect((GATEWAY, 5351)).unwrap();
    socket.set_read_timeout(Some(LIMIT)).unwrap();
    let here = crate::support::gateway::HERE;
    let mut answer = [0; 128];
    let nonce = [7; 12];
    socket.send(&pcp::map(here, nonce, pcp::LIFETIME)).unwrap();
    let length = socket.recv(&mut answer).unwrap();
    assert_eq!(pcp::read(&answer[..length], nonce), Some(Ok(LINE)));
    assert_eq!(pcp::read(&answer[..length], [8; 12]), None);
    // Given back, it is gone.
    socket.send(&pcp::map(here, nonce, 0)).unwrap();
    let length = socket.recv(&mut answer).unwrap();
    assert_eq!(answer[..4], [2, 129, 0, 0], "{:?}", &answer[..length]);
    assert_eq!(answer[4..8], [0; 4], "the lifetime is over");
}

#[test]
fn a_line_without_a_public_address_is_a_diagnosis() {
    for (source, options, part) in [("natpmp", NATPMP, "has no public address"), ("upnp", UPNP, "")]
    {
        let (home, _program) = home(source, options);
        move_line(&home, LINE.to_string(), "100.64.3.4".into());
        let output = home.agent.run(&["update"]);
        assert!(home.sent().is_empty());
        assert_ne!(output.code(), 0, "{}", output.said());
        assert!(output.stdout.contains(part), "{}", output.said());
    }
}

/// What an idle machine keeps in the middle, where the announcement arrives.
const AIM: Duration = Duration::from_secs(1);
const CHANGES: u8 = 10;

#[test]
fn a_change_is_sent_when_the_box_announces_it() {
    // With UPnP off, version 2.3.1 does not watch its own line, and announces nothing.
    let (home, _program) = home("natpmp", BOTH);
    let runner = home.agent.spawn(&["run"]);
    wait_for_published(&home.agent, "home", &LINE.to_string());
    let mut times = Vec::new();
    let mut before = LINE.to_string();
    for n in 0..CHANGES {
        // The flap limit gives one back in five minutes: half of the changes go to a fresh agent.
        if n == CHANGES / 2 {
            return second_half(home, runner, times, before);
        }
        let next = format!("81.2.69.{}", 20 + n);
        times.push(change(&home, &before, &next));
        before = next;
    }
}

fn second_half(
    home: Home,
    runner: crate::support::agent::Running,
    mut times: Vec<Duration>,
    mut before: String,
) {
    runner.kill();
    std::fs::remove_dir_all(home.agent.state_dir()).unwrap();
    let _runner = home.agent.spawn(&["run"]);
    wait_for_published(&home.agent, "home", &before);
    for n in CHANGES / 2..CHANGES {
        let next = format!("81.2.69.{}", 20 + n);
        times.push(change(&home, &before, &next));
        before = next;
    }
    times.sort_unstable();
    let (median, worst) = (times[times.len() / 2], times[times.len() - 1]);
    println!("from the change to the request, {CHANGES} times: median {median:?}, worst {worst:?}");
    println!("(aim: median {AIM:?}; all: {times:?})");
    assert!(median < AIM * 3, "{times:?}");
}

/// From a change of the line to the request at the provider.
fn change(home: &Home, before: &str, next: &str) -> Duration {
    // Not within the second in which it does not look twice.
    std::thread::sleep(Duration::from_millis(2500));
    let (from, to) = (before.to_owned(), next.to_owned());
    let count = home.lab.requests().len();
    let changed = Instant::now();
    move_line(home, from, to);
    let a_poll = Duration::from_secs(70);
    assert!(home.lab.wait_for_requests(count + 1, a_poll), "{next} was not sent");
    let took = home.lab.requests()[count].instant - changed;
    assert_eq!(home.lab.requests()[count].myip().as_deref(), Some(next));
    wait_for_published(&home.agent, "home", next);
    took
}

/// Nothing but the poll of each minute wakes it: its timer, and the answer.
#[test]
fn an_idle_agent_behind_a_box_wakes_up_once_a_minute() {
    let (home, _program) = home("natpmp", NATPMP);
    let runner = home.agent.spawn(&["run"]);
    wait_for_published(&home.agent, "home", &LINE.to_string());
    std::thread::sleep(Duration::from_secs(1));
    let before = voluntary_switches(&runner);
    std::thread::sleep(Duration::from_secs(20));
    assert_eq!(voluntary_switches(&runner) - before, 0, "between two polls");
    std::thread::sleep(Duration::from_secs(45));
    let woken = voluntary_switches(&runner) - before;
    println!("one poll of the gateway wakes the agent {woken} times: {} an hour", woken * 60);
    assert!((1..=8).contains(&woken), "{woken}");
    assert_eq!(home.lab.requests().len(), 1);
}
