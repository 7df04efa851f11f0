//! An agent that gets no descriptor more: it says so once, spins nowhere and loses nothing.

use std::io::Write as _;
use std::os::unix::net::UnixStream;
use std::time::Duration;

use rustix::process::{Pid, Resource, Rlimit, Signal, getrlimit, prlimit};

use super::published;
use crate::support::agent::{Agent, Running};
use crate::support::background::{LIMIT, cpu_time, wait_for_published};
use crate::support::lab::fault::Fault;
use crate::support::netns;
use crate::support::stage::WAN;

const EVENTS: usize = 20;
/// More than the wait for further news.
const APART: Duration = Duration::from_millis(150);

/// Leaves the process no descriptor that it has not opened yet; gives back what it may open
/// otherwise.
fn exhaust(runner: &Running) -> Rlimit {
    let is_open = |number: &u64| {
        std::fs::symlink_metadata(format!("/proc/{}/fd/{number}", runner.id())).is_ok()
    };
    let first = (0..4096).find(|number| !is_open(number));
    limit(runner, Rlimit { current: first, ..getrlimit(Resource::Nofile) })
}

fn limit(runner: &Running, new: Rlimit) -> Rlimit {
    let id = Pid::from_raw(i32::try_from(runner.id()).unwrap());
    prlimit(id, Resource::Nofile, new).unwrap()
}

fn is_emulated() -> bool {
    Agent::is_emulated("its descriptors are the emulator's")
}

#[test]
fn that_the_kernel_cannot_be_asked_is_said_once_until_it_can() {
    if is_emulated() {
        return;
    }
    let (stage, runner) = published();
    for _ in 0..2 {
        let before = exhaust(&runner);
        netns::ip(&["link", "add", "lan0", "type", "veth", "peer", "name", "lan1"]);
        for number in 0..EVENTS {
            netns::ip(&["link", "set", "lan0", if number % 2 == 0 { "up" } else { "down" }]);
            std::thread::sleep(APART);
        }
        limit(&runner, before);
        netns::ip(&["link", "del", "lan0"]);
        assert_eq!(stage.update().code(), 0);
    }
    netns::move_wan(WAN, "81.2.69.20");
    wait_for_published(&stage.agent, "home", "81.2.69.20");
    runner.signal(Signal::TERM);
    let output = runner.wait(LIMIT);
    let count = |text: &str| output.stderr.lines().filter(|line| line.contains(text)).count();
    assert_eq!(count("over netlink"), 2, "{}", output.stderr);
    assert_eq!(count("tells its addresses again"), 2, "{}", output.stderr);
    assert!(output.stderr.lines().count() < 15, "{}", output.stderr);
}

#[test]
fn who_cannot_be_let_in_is_no_reason_to_spin_and_is_let_in_later() {
    if is_emulated() {
        return;
    }
    let (stage, runner) = published();
    let before = exhaust(&runner);
    let used = cpu_time(&runner);
    let mut caller = UnixStream::connect(stage.agent.state_dir().join("private/poke")).unwrap();
    caller.write_all(b"dynhost 1\nend\n").unwrap();
    std::thread::sleep(Duration::from_secs(3));
    let used = cpu_time(&runner).saturating_sub(used);
    assert!(used < Duration::from_millis(300), "{used:?} in 3 s");
    limit(&runner, before);
    caller.set_read_timeout(Some(LIMIT)).unwrap();
    let answer = std::io::read_to_string(caller).unwrap();
    assert!(answer.ends_with("exit 0\n"), "{answer}");
}

#[test]
fn what_could_not_be_saved_is_saved_as_soon_as_it_can_be() {
    if is_emulated() {
        return;
    }
    let (stage, runner) = published();
    // As many as it has open while it sleeps.
    let before = exhaust(&runner);
    let none = limit(&runner, before);
    stage.lab.fault_times(Fault::Delay(Duration::from_secs(1)), 1);
    netns::move_wan(WAN, "81.2.69.20");
    assert!(stage.lab.wait_for_requests(2, LIMIT));
    limit(&runner, none);
    std::thread::sleep(Duration::from_secs(2));
    assert_eq!(stage.agent.record("home")["published"]["address"], WAN);
    limit(&runner, before);
    wait_for_published(&stage.agent, "home", "81.2.69.20");
    assert_eq!(stage.lab.requests().len(), 2);
}
