//! A line that changes faster than anybody should be told.

use std::fmt::Write as _;
use std::time::Duration;

use rustix::process::Signal;

use super::published;
use crate::support::agent::Agent;
use crate::support::background::{
    LIMIT, find, lost_news, resident_kib, wait_for, wait_for_published,
};
use crate::support::netns;

const CHANGES: u32 = 150;
const PACE: Duration = Duration::from_millis(20);
/// Updates that the flap limit allows at once, the first one included.
const BURST: usize = 6;

/// The nth address of a storm; a line has one of them at a time, or two for an instant.
fn address(n: u32) -> String {
    format!("81.3.{}.{}", n / 250, 1 + n % 250)
}

/// The commands that give `wan0` the nth address in place of the one before, without a moment in
/// which it has none: the default route would go with the last one.
fn change(n: u32) -> String {
    let mut commands = format!("addr add {}/32 dev wan0\n", address(n));
    if n > 0 {
        let _ = writeln!(commands, "addr del {}/32 dev wan0", address(n - 1));
    }
    commands
}

#[test]
fn a_storm_costs_what_the_bucket_allows_and_ends_with_its_last_address() {
    let (stage, runner) = published();
    let memory =
        (!Agent::is_emulated("its memory is the emulator's")).then(|| resident_kib(&runner));
    netns::ip_batch(
        &(change(0) + "addr del 81.2.69.10/24 dev wan0\nroute replace default dev wan0\n"),
    );
    for n in 1..CHANGES {
        netns::ip_batch(&change(n));
        std::thread::sleep(PACE);
    }
    let last = address(CHANGES - 1);
    let record = wait_for("the last address", || {
        find(&stage.agent, "home", "ipv4").filter(|record| {
            let settled = match record["state"].as_str() {
                Some("current") => record["published"]["address"] == *last,
                Some("pending") => record["next_at"].is_u64(),
                _ => false,
            };
            settled && record["address"] == *last
        })
    });
    let sent = stage.lab.requests().len();
    assert!(sent <= BURST, "{sent} updates");
    if record["state"] == "pending" {
        assert_eq!(sent, BURST, "it waits although the bucket allows more: {record}");
        assert!(record["reason"].as_str().unwrap().contains("too often"), "{record}");
        let wait = record["next_at"].as_u64().unwrap() - record["last"]["at"].as_u64().unwrap();
        assert!(wait <= 300, "{wait} s");
    }
    if let Some(before) = memory {
        let after = resident_kib(&runner);
        assert!(after <= before + 512, "{before} KiB before, {after} KiB after");
    }
    runner.signal(Signal::TERM);
    assert_eq!(runner.wait(LIMIT).code(), 0);
}

#[test]
fn news_that_were_lost_are_made_up_for() {
    let (stage, runner) = published();
    runner.signal(Signal::STOP);
    let changes: String = (0..400).map(change).collect();
    let end = "addr del 81.2.69.10/24 dev wan0\nroute replace default dev wan0\n";
    netns::ip_batch(&(changes + end));
    let is_emulated = Agent::is_emulated("the socket is the emulator's");
    assert!(is_emulated || lost_news(&runner) > 0, "nothing was lost, so nothing is shown");
    runner.signal(Signal::CONT);
    wait_for_published(&stage.agent, "home", &address(399));
    assert_eq!(stage.lab.requests().len(), 2);
}
