//! What wakes it: a change of the line, SIGUSR1, the end; and nothing else.

use std::time::{Duration, Instant};

use rustix::process::Signal;

use super::published;
use crate::support::agent::Agent;
use crate::support::background::{
    LIMIT, resident_kib, voluntary_switches, wait_for_published, wait_for_state,
};
use crate::support::lab::journal::Logged;
use crate::support::netns;
use crate::support::stage::{Stage, WAN, one_host};

/// An idle machine takes 0.3 s, of which 0.2 s are the wait for more news; the figures are taken
/// by benches/resident.sh.
const SOON: Duration = Duration::from_secs(5);

#[test]
fn a_new_address_is_sent_as_soon_as_the_line_has_it() {
    let (stage, _runner) = published();
    let mut before = WAN.to_owned();
    for n in 1..=5 {
        let address = format!("81.2.69.{}", 20 + n);
        let changed = Instant::now();
        netns::move_wan(&before, &address);
        assert!(stage.lab.wait_for_requests(1 + n, LIMIT), "{address} was not sent");
        let took = changed.elapsed();
        assert!(took < SOON, "{address} took {took:?}");
        wait_for_published(&stage.agent, "home", &address);
        before = address;
    }
    let sent: Vec<_> = stage.lab.requests().iter().filter_map(Logged::myip).collect();
    assert_eq!(sent[1..], [21, 22, 23, 24, 25].map(|n| format!("81.2.69.{n}")), "{sent:?}");
}

#[test]
fn an_idle_agent_does_not_wake_up_at_all() {
    if Agent::is_emulated("the emulator sleeps and wakes for itself") {
        return;
    }
    let (stage, runner) = published();
    // What follows the write of the state: the look ends, the process goes to sleep.
    std::thread::sleep(Duration::from_millis(500));
    let before = voluntary_switches(&runner);
    std::thread::sleep(Duration::from_millis(2500));
    assert_eq!(voluntary_switches(&runner) - before, 0);
    assert_eq!(stage.lab.requests().len(), 1);
    // Twice what it was when this was written, in a debug build.
    let kib = resident_kib(&runner);
    assert!(kib < 24 * 1024, "{kib} KiB");
}

#[test]
fn sigusr1_has_it_look_again_where_the_kernel_does_not_tell() {
    let stage = Stage::new();
    let file = stage.agent.config_file().with_file_name("address");
    std::fs::write(&file, "81.2.69.31\n").unwrap();
    let command = format!("/bin/cat {}", file.display());
    stage.agent.configure(&one_host(&stage.lab, &[("source", "command"), ("command", &command)]));
    let runner = stage.agent.spawn(&["run"]);
    wait_for_published(&stage.agent, "home", "81.2.69.31");
    std::fs::write(&file, "81.2.69.32\n").unwrap();
    runner.signal(Signal::USR1);
    wait_for_published(&stage.agent, "home", "81.2.69.32");
    assert_eq!(stage.lab.requests().len(), 2);
}

#[test]
fn sigterm_and_sigint_end_it_within_a_second() {
    for signal in [Signal::TERM, Signal::INT] {
        let (stage, runner) = published();
        let asked = Instant::now();
        runner.signal(signal);
        assert_eq!(runner.wait(LIMIT).code(), 0);
        assert!(asked.elapsed() < Duration::from_secs(1), "{:?}", asked.elapsed());
        // The next one knows what this one did.
        assert_eq!(stage.update().verdict(), (0, "unchanged"));
        assert_eq!(stage.lab.requests().len(), 1);
    }
}

#[test]
fn a_line_that_goes_and_comes_back_with_its_address_sends_nothing() {
    let (stage, _runner) = published();
    netns::remove_address(&format!("{WAN}/24"));
    wait_for_state(&stage.agent, "home", "no-address");
    netns::add_address(&format!("{WAN}/24"));
    netns::ip(&["route", "replace", "default", "dev", "wan0"]);
    wait_for_published(&stage.agent, "home", WAN);
    assert_eq!(stage.lab.requests().len(), 1);
}
