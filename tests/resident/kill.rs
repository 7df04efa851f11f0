//! The one that stays, killed at random moments while the line changes: the next one puts it right.

use std::collections::HashMap;

use dynhost::address::Family;

use crate::support::agent::Agent;
use crate::support::background::wait_for_published;
use crate::support::netns;
use crate::support::random::{Random, seed};
use crate::support::stage::{HOME, Stage, WAN};

const SERIES: u64 = 4;
const KILLS: u64 = 4;
/// From the start of the process to well after its update.
const MOMENTS_MS: u64 = 500;

/// Kills an agent at a random moment around one or two changes, and lets another one go on.
fn kill_once(stage: &Stage, agent: &Agent, random: &mut Random, line: &mut Line) {
    let sent_before = stage.lab.requests().len();
    let seen_before = line.seen.len();
    let runner = agent.spawn(&["run"]);
    for _ in 0..=random.below(2) {
        random.pause(MOMENTS_MS);
        line.change();
    }
    random.pause(MOMENTS_MS);
    runner.kill();
    if random.below(2) == 0 {
        line.change();
    }
    let runner = agent.spawn(&["run"]);
    wait_for_published(agent, "home", &line.address);
    let stored = stage.lab.record(HOME, Family::Ipv4).map(|address| address.to_string());
    assert_eq!(stored.as_deref(), Some(&*line.address));
    runner.kill();
    let mut times: HashMap<String, u32> = HashMap::new();
    for request in &stage.lab.requests()[sent_before..] {
        *times.entry(request.myip().unwrap_or_default()).or_default() += 1;
    }
    for (address, times) in times {
        assert!(line.seen[seen_before - 1..].contains(&address), "{address} was never the line's");
        assert!(times <= 2, "{address} was sent {times} times for one kill");
    }
}

/// `wan0` and every address it has had.
struct Line {
    address: String,
    seen: Vec<String>,
}

impl Line {
    fn new() -> Self {
        Self { address: WAN.into(), seen: vec![WAN.into()] }
    }

    fn change(&mut self) {
        let next = format!("81.2.69.{}", 20 + self.seen.len());
        netns::move_wan(&self.address, &next);
        self.seen.push(next.clone());
        self.address = next;
    }
}

fn series(seed: u64) {
    let mut random = Random::new(seed);
    let stage = Stage::new();
    let mut line = Line::new();
    for _ in 0..KILLS {
        // An agent of its own for each kill: the flap limit is not what is looked at here.
        kill_once(&stage, &stage.fresh_agent(), &mut random, &mut line);
    }
}

#[test]
fn after_a_kill_at_any_moment_the_last_address_is_published_and_nothing_false() {
    let first = seed();
    let threads: Vec<_> =
        (0..SERIES).map(|n| std::thread::spawn(move || series(first + n))).collect();
    for thread in threads {
        if let Err(panic) = thread.join() {
            std::panic::resume_unwind(panic);
        }
    }
}
