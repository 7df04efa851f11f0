//! A state directory without room: said once for each change, not once for each look.

use std::time::Duration;

use rustix::process::Signal;

use crate::support::background::LIMIT;
use crate::support::netns;
use crate::support::stage::{Stage, WAN};

/// More than the wait for further news.
const APART: Duration = Duration::from_millis(300);
const EVENTS: usize = 10;
/// One before the request and one after the reply.
const SAVES: usize = 2;

/// What has nothing to do with the line, and has the agent look all the same.
fn unrelated_events() {
    netns::ip(&["link", "add", "lan0", "type", "veth", "peer", "name", "lan1"]);
    for number in 0..EVENTS {
        let state = if number % 2 == 0 { "up" } else { "down" };
        netns::ip(&["link", "set", "lan0", state]);
        std::thread::sleep(APART);
    }
    netns::ip(&["link", "del", "lan0"]);
    std::thread::sleep(APART);
}

#[test]
fn a_full_state_directory_is_warned_of_once_a_change_and_not_once_a_look() {
    let stage = Stage::new();
    // Room for one page: the key takes it.
    netns::mount_tmpfs(&stage.agent.state_dir(), "size=4k");
    let runner = stage.agent.spawn(&["run"]);
    let mut wan = WAN.to_owned();
    for change in 1..=2 {
        assert!(stage.lab.wait_for_requests(change, LIMIT));
        std::thread::sleep(APART);
        unrelated_events();
        let next = format!("81.2.69.{}", 20 + change);
        netns::move_wan(&wan, &next);
        wan = next;
    }
    assert!(stage.lab.wait_for_requests(3, LIMIT));
    std::thread::sleep(APART);
    runner.signal(Signal::TERM);
    let output = runner.wait(LIMIT);
    let is_about = |line: &&str| line.starts_with("WARN") && line.contains("state.json");
    let warnings = output.stderr.lines().filter(is_about).count();
    // Losing the address between two of them is a change as well.
    let most = SAVES * 3 + 2;
    assert!((1..=most).contains(&warnings), "{warnings} warnings:\n{}", output.stderr);
    assert_eq!(stage.lab.requests().len(), 3);
}
