//! Two hundred deaths at random instants under a storm of addresses: nothing false is left behind,
//! and nothing is sent twice but what was in doubt.

use std::fmt::Write as _;
use std::time::{Duration, Instant};

use dynhost::address::Family;
use serde_json::Value;

use super::lab_with;
use crate::support::agent::Agent;
use crate::support::background::{find, wait_for};
use crate::support::lab::fault::Fault;
use crate::support::lab::journal::Logged;
use crate::support::netns;
use crate::support::random::{Random, seed};
use crate::support::stage::{HOME, Stage, WAN};

/// Each in a network of its own.
const SERIES: u64 = 4;
/// State directories in a series: the flap limit is not what is looked at here.
const AGENTS: u64 = 17;
const KILLS: u64 = 3;
/// From the start of the process to well after its first update.
const MOMENTS_MS: u64 = 300;
const PACE_MS: u64 = 60;
/// The provider thinks for so long, so that there is something to hit.
const THINKS: Duration = Duration::from_millis(30);
/// What a dead agent has sent is with the lab by then, and no live one has sent anything.
const SETTLED: Duration = Duration::from_millis(15);

/// `wan0` and how many addresses it has had.
struct Line(u32);

impl Line {
    fn address(&self) -> String {
        format!("81.3.{}.{}", self.0 / 250, 1 + self.0 % 250)
    }

    /// The next address comes before the last one goes, as the default route goes with that.
    fn change(&mut self) {
        let before = self.address();
        self.0 += 1;
        let mut commands = format!("addr add {}/32 dev wan0\n", self.address());
        let _ = writeln!(commands, "addr del {before}/32 dev wan0");
        netns::ip_batch(&commands);
    }
}

struct Storm {
    stage: Stage,
    line: Line,
    random: Random,
    /// Deaths while an update was on its way.
    hits: u32,
}

impl Storm {
    fn new(seed: u64) -> Self {
        let stage = Stage::with(lab_with(&[]));
        stage.lab.fault(Fault::Delay(THINKS));
        let line = Line(0);
        netns::ip_batch(&format!(
            "addr add {}/32 dev wan0\naddr del {WAN}/24 dev wan0\nroute replace default dev wan0\n",
            line.address()
        ));
        Self { stage, line, random: Random::new(seed), hits: 0 }
    }

    fn told(&self, from: usize) -> Vec<String> {
        self.stage.lab.requests()[from..].iter().filter_map(Logged::myip).collect()
    }

    /// A life that is cut off; whether an update was on its way, as the state has it.
    fn live_and_die(&mut self, agent: &Agent) -> bool {
        let end = Instant::now() + Duration::from_millis(self.random.below(MOMENTS_MS));
        let runner = agent.spawn(&["run"]);
        while Instant::now() < end {
            let left = end.saturating_duration_since(Instant::now());
            let pause = Duration::from_millis(self.random.below(PACE_MS));
            std::thread::sleep(pause.min(left));
            self.line.change();
        }
        runner.kill();
        std::thread::sleep(SETTLED);
        let Some(record) = find(agent, "home", "ipv4") else { return false };
        let in_doubt = record["in_doubt"] == true || record["last"]["code"] == "interrupted";
        let published = &record["published"]["address"];
        let stored = self.stage.lab.record(HOME, Family::Ipv4).map(|address| address.to_string());
        let is_true = *published == Value::Null || published.as_str() == stored.as_deref();
        assert!(is_true || in_doubt, "{stored:?} is stored, the file has {record}");
        in_doubt
    }

    fn try_one_agent(&mut self) {
        let agent = self.stage.fresh_agent();
        let from = self.stage.lab.requests().len();
        let mut in_doubt = Vec::new();
        for _ in 0..KILLS {
            let doubt = self.live_and_die(&agent);
            self.hits += u32::from(doubt);
            in_doubt.push((self.stage.lab.requests().len() - from, doubt));
        }
        // One that is left alone comes to rest with the last address, now or when it may.
        let runner = agent.spawn(&["run"]);
        let last = self.line.address();
        wait_for(&format!("rest with {last}"), || {
            find(&agent, "home", "ipv4").filter(|record| {
                let settled = match record["state"].as_str() {
                    Some("current") => record["published"]["address"] == *last,
                    Some("pending" | "backoff") => record["next_at"].is_u64(),
                    _ => false,
                };
                settled && record["address"] == *last
            })
        });
        runner.kill();
        std::thread::sleep(SETTLED);
        assert_no_repetition(&self.told(from), &in_doubt);
    }
}

/// Within a life nothing is sent twice in a row, and after it only what was in doubt.
fn assert_no_repetition(told: &[String], in_doubt: &[(usize, bool)]) {
    for (index, pair) in told.windows(2).enumerate() {
        let doubted = in_doubt.iter().any(|(life, doubt)| *doubt && *life == index + 1);
        assert!(pair[0] != pair[1] || doubted, "{} twice: {told:?} {in_doubt:?}", pair[0]);
    }
    for address in told {
        let times = told.iter().filter(|other| *other == address).count();
        let most = 1 + in_doubt.iter().filter(|(_, doubt)| *doubt).count();
        assert!(times <= most, "{address} was sent {times} times: {told:?} {in_doubt:?}");
    }
}

#[test]
fn two_hundred_deaths_in_a_storm_leave_nothing_false_and_repeat_nothing_but_a_doubt() {
    if Agent::is_emulated("an emulator's start takes most of a life") {
        return;
    }
    let first = seed();
    let series = |seed| {
        move || {
            let mut storm = Storm::new(seed);
            (0..AGENTS).for_each(|_| storm.try_one_agent());
            (storm.hits, storm.line.0)
        }
    };
    let threads: Vec<_> = (0..SERIES).map(|n| std::thread::spawn(series(first + n))).collect();
    let (mut hits, mut changes) = (0, 0);
    for thread in threads {
        match thread.join() {
            Ok((more_hits, more_changes)) => {
                hits += more_hits;
                changes += more_changes;
            }
            Err(panic) => std::panic::resume_unwind(panic),
        }
    }
    let kills = SERIES * AGENTS * KILLS;
    println!("{kills} deaths under {changes} changes, {hits} of them while it was sending");
    assert!(hits >= 10, "only {hits} of {kills} deaths hit an update");
}
