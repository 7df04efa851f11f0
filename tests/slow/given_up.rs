//! Calls that nobody wants any more: their threads and connections go with them.

use std::time::{Duration, Instant};

use rustix::process::Signal;

use crate::support::agent::{Agent, Running};
use crate::support::background::LIMIT;
use crate::support::crowd::{Hung, Phase, everybody, hosts, names};
use crate::support::lab::Lab;
use crate::support::netns;
use crate::support::stage::WAN;

/// Hosts at the provider that is well.
const WELL: usize = 2;
/// Reloads, or addresses, one after the other.
const TIMES: usize = 60;
const APART: Duration = Duration::from_millis(50);
/// Each hung provider has a call, and those given up within the last quarter of a second; the
/// rest is for a busy machine.
const THREADS: usize = 40;
const SOON: Duration = Duration::from_millis(2500);

struct Room {
    lab: Lab,
    agent: Agent,
    runner: Running,
    _hung: Vec<Hung>,
}

impl Room {
    fn new(phases: &[Phase]) -> Self {
        netns::enter();
        netns::add_wan(&format!("{WAN}/24"));
        let hung: Vec<_> = phases.iter().copied().map(Hung::new).collect();
        let lab = Lab::start(everybody(&names("well", WELL)));
        let slow: String = hung.iter().map(|hung| hung.hosts(1)).collect();
        let section = lab.provider_section_at("well", "127.0.0.1");
        let agent = Agent::new(&(slow + &section + &hosts("well", "well", WELL)));
        let runner = agent.spawn(&["run"]);
        assert!(lab.wait_for_requests(WELL, LIMIT), "{} requests", lab.requests().len());
        Self { lab, agent, runner, _hung: hung }
    }

    fn entries(&self, what: &str) -> usize {
        let directory = format!("/proc/{}/{what}", self.runner.id());
        std::fs::read_dir(directory).map_or(0, Iterator::count)
    }

    /// Most threads and descriptors while `cause` is given again and again.
    fn storm(&self, mut cause: impl FnMut(usize)) -> (usize, usize) {
        let (mut threads, mut descriptors) = (0, 0);
        for number in 0..TIMES {
            cause(number);
            std::thread::sleep(APART);
            threads = threads.max(self.entries("task"));
            descriptors = descriptors.max(self.entries("fd"));
        }
        (threads, descriptors)
    }

    /// The next address of the line reaches the provider that is well.
    fn assert_well(&self, from: &str, to: &str) {
        let heard = self.lab.requests().len();
        let news = Instant::now();
        netns::move_wan(from, to);
        let is_there = self.lab.wait_for_requests(heard + WELL, SOON);
        assert!(
            is_there,
            "not within {:?}: {}",
            news.elapsed(),
            self.agent.run(&["status"]).said()
        );
    }
}

const PHASES: [Phase; 3] = [Phase::Resolving, Phase::Securing, Phase::Connecting];

#[test]
fn reloads_in_a_row_leave_no_thread_of_a_call_behind() {
    let room = Room::new(&PHASES);
    let (threads, descriptors) = room.storm(|_| room.runner.signal(Signal::HUP));
    println!("{TIMES} reloads beside {PHASES:?}: {threads} threads, {descriptors} descriptors");
    room.assert_well(WAN, "81.2.69.20");
    assert!(threads <= THREADS && descriptors <= 3 * THREADS, "{threads}, {descriptors}");
}

#[test]
fn addresses_in_a_row_leave_no_thread_of_a_call_behind() {
    let room = Room::new(&PHASES);
    let address = |number: usize| {
        if number == 0 { WAN.to_owned() } else { format!("81.2.69.{}", 20 + number) }
    };
    let (threads, descriptors) =
        room.storm(|number| netns::move_wan(&address(number), &address(number + 1)));
    println!("{TIMES} addresses beside {PHASES:?}: {threads} threads, {descriptors} descriptors");
    assert!(threads <= THREADS && descriptors <= 3 * THREADS, "{threads}, {descriptors}");
}
