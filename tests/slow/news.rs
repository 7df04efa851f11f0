//! From the news of an address to the request of a healthy account, whatever the others do.

use std::time::{Duration, Instant};

use crate::support::agent::Agent;
use crate::support::crowd::{Hung, Phase, everybody, hosts, names};
use crate::support::lab::Lab;
use crate::support::netns;
use crate::support::random::{Random, seed};
use crate::support::stage::WAN;

/// Hosts at each of four providers.
const EACH: usize = 8;
/// What half of them keep, on a busy machine too.
const AIM: Duration = Duration::from_secs(1);
/// What all of them keep, also where something else has the processors.
const SLACK: Duration = Duration::from_millis(2500);
/// Changes for one agent, which the flap limit allows beside the first address.
const CHANGES: usize = 5;
const AGENTS: usize = 2;
/// Which three hang.
const ROOMS: [[Phase; 3]; 2] = [
    [Phase::Connecting, Phase::Securing, Phase::Waiting],
    [Phase::Resolving, Phase::Waiting, Phase::Securing],
];

struct Room {
    lab: Lab,
    config: String,
    _hung: [Hung; 3],
}

impl Room {
    fn new(phases: [Phase; 3]) -> Self {
        netns::enter();
        netns::add_wan(&format!("{WAN}/24"));
        let hung = phases.map(Hung::new);
        let lab = Lab::start(everybody(&names("well", EACH)));
        let slow: String = hung.iter().map(|hung| hung.hosts(EACH)).collect();
        let section = lab.provider_section_at("well", "127.0.0.1");
        let config = slow + &section + &hosts("well", "well", EACH);
        Self { lab, config, _hung: hung }
    }

    /// When each healthy host's request for this address was there, since `news`; or not.
    fn arrivals(&self, address: &str, news: Instant) -> Option<Vec<Duration>> {
        let deadline = news + SLACK * 4;
        loop {
            let mut requests = self.lab.requests();
            requests.retain(|request| request.myip().as_deref() == Some(address));
            if requests.len() >= EACH {
                let since = requests.iter().map(|request| request.instant - news);
                return Some(since.collect());
            }
            if Instant::now() > deadline {
                return None;
            }
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    /// One agent's life; the times from news to the last of the healthy requests.
    fn live(&self, first: usize, random: &mut Random) -> Vec<Duration> {
        let agent = Agent::new(&self.config);
        let before = Instant::now();
        let runner = agent.spawn(&["run"]);
        let (mut wan, mut times) = (address(first), Vec::new());
        assert!(self.arrivals(&wan, before).is_some(), "the first address is not sent");
        for number in first + 1..=first + CHANGES {
            // In the middle of whatever the others are waiting for.
            random.pause(400);
            let next = address(number);
            let news = Instant::now();
            netns::move_wan(&wan, &next);
            let arrivals = self.arrivals(&next, news);
            let arrivals = arrivals.unwrap_or_else(|| panic!("{next} is not sent"));
            times.extend(arrivals.into_iter().max());
            wan = next;
        }
        runner.kill();
        netns::move_wan(&wan, &address(first + CHANGES + 1));
        times
    }
}

/// The line's addresses, in order.
fn address(number: usize) -> String {
    if number == 0 { WAN.into() } else { format!("81.2.69.{}", 20 + number) }
}

/// Median and worst.
fn figures(mut times: Vec<Duration>) -> (Duration, Duration) {
    times.sort_unstable();
    (times[times.len() / 2], times[times.len() - 1])
}

fn measure(phases: [Phase; 3]) {
    let mut random = Random::new(seed());
    let room = Room::new(phases);
    let lives = (0..AGENTS).flat_map(|n| room.live(n * (CHANGES + 1), &mut random));
    let times: Vec<_> = lives.collect();
    let count = times.len();
    let (median, worst) = figures(times);
    println!(
        "32 hosts, 24 of them hung in {phases:?}: from the news to the last of {EACH} healthy \
         requests, {count} times: median {median:?}, worst {worst:?} (aim: {AIM:?})"
    );
    assert!(median <= AIM && worst <= SLACK, "worst {worst:?}, median {median:?}");
}

#[test]
fn news_of_a_healthy_account_leave_at_once_while_others_hang_in_connect_tls_and_reply() {
    measure(ROOMS[0]);
}

#[test]
fn news_of_a_healthy_account_leave_at_once_while_others_hang_in_dns_reply_and_tls() {
    measure(ROOMS[1]);
}
