//! From the news of an address to the request of a healthy account, whatever the others do.

use std::time::{Duration, Instant};

use crate::support::agent::Agent;
use crate::support::background::{LIMIT, wait_for};
use crate::support::crowd::{Hung, Phase, everybody, hosts, names};
use crate::support::lab::Lab;
use crate::support::lab::fault::Fault;
use crate::support::lab::journal::Logged;
use crate::support::lab::options::Identifier;
use crate::support::netns;
use crate::support::random::{Random, seed};
use crate::support::stage::{WAN, host};
use crate::support::ubusd::Ubusd;

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
    /// How many are well.
    well: usize,
    _hung: Vec<Hung>,
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
        Self { lab, config, well: EACH, _hung: hung.into() }
    }

    /// One account of 32 at one provider is well, and the others get no reply.
    fn of_one_provider() -> Self {
        netns::enter();
        netns::add_wan(&format!("{WAN}/24"));
        let mut options = everybody(&[names("hung", 31), vec!["well0".into()]].concat());
        options.identifiers.push(Identifier::new("example.com-well", "secret", "well0"));
        let lab = Lab::start(options);
        lab.fault_for("example.com-all", Fault::Hang);
        let section = lab.provider_section("hung");
        let well = [("provider", "hung"), ("username", "example.com-well")];
        let config = section + &hosts("hung", "hung", 31) + &host("well0", &well);
        Self { lab, config, well: 1, _hung: Vec::new() }
    }

    /// When each healthy host's request for this address was there, since `news`; or not.
    fn arrivals(&self, address: &str, news: Instant) -> Option<Vec<Duration>> {
        let deadline = news + SLACK * 4;
        loop {
            let mut requests = self.lab.requests();
            let is_well = |name: String| name.starts_with("well");
            requests.retain(|request| {
                request.myip().as_deref() == Some(address)
                    && request.hostname().is_some_and(is_well)
            });
            if requests.len() >= self.well {
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
        let mut wan = address(first);
        let arrivals = self.arrivals(&wan, before).expect("the first address is sent");
        let mut times: Vec<_> = arrivals.into_iter().max().into_iter().collect();
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

fn measure(room: &Room, what: &str) {
    let mut random = Random::new(seed());
    let lives = (0..AGENTS).flat_map(|n| room.live(n * (CHANGES + 1), &mut random));
    let times: Vec<_> = lives.collect();
    let count = times.len();
    let (median, worst) = figures(times);
    println!(
        "32 hosts, {what}: from the news to the last of {} healthy requests, {count} times: \
         median {median:?}, worst {worst:?} (aim: {AIM:?})",
        room.well
    );
    assert!(median <= AIM && worst <= SLACK, "worst {worst:?}, median {median:?}");
}

#[test]
fn news_of_a_healthy_account_leave_at_once_while_others_hang_in_connect_tls_and_reply() {
    measure(&Room::new(ROOMS[0]), &format!("24 of them hung in {:?}", ROOMS[0]));
}

#[test]
fn news_of_a_healthy_account_leave_at_once_while_others_hang_in_dns_reply_and_tls() {
    measure(&Room::new(ROOMS[1]), &format!("24 of them hung in {:?}", ROOMS[1]));
}

/// An agent's start is among the changes: then nobody is known to be out of order.
#[test]
fn news_of_a_healthy_account_leave_at_once_while_31_at_its_provider_get_no_reply() {
    measure(&Room::of_one_provider(), "31 of them without a reply at one provider");
}

/// The best of a few lives, so that a busy machine does not count.
fn best_of(lives: usize, live: impl Fn() -> Duration) -> Duration {
    (0..lives).map(|_| live()).min().expect("some lives")
}

/// What netifd is needed for goes its own way beside everything else.
const BESIDE: Duration = Duration::from_millis(700);
const LIVES: usize = 4;

#[test]
fn a_host_with_an_interface_does_not_wait_for_a_provider_that_hangs() {
    let room = Room::new(ROOMS[0]);
    let _ubusd = Ubusd::start(true);
    netns::ip(&["link", "set", "wan0", "down"]);
    netns::ip(&["link", "set", "wan0", "name", "eth0"]);
    netns::ip(&["link", "set", "eth0", "up"]);
    netns::ip(&["route", "add", "default", "dev", "eth0"]);
    let config = room.config.replace("'well0'\n", "'well0'\n\toption interface 'wan'\n");
    assert_ne!(config, room.config);
    let best = best_of(LIVES, || {
        let (agent, before) = (Agent::new(&config), Instant::now());
        let heard = room.lab.requests().len();
        let runner = agent.spawn(&["run"]);
        let is_well0 =
            |request: &Logged| request.hostname().as_deref() == Some("well0.example.com");
        let own = wait_for("the request of well0", || {
            room.lab.requests().into_iter().skip(heard).find(is_well0)
        });
        runner.kill();
        own.instant - before
    });
    println!("a host with `interface` beside three hung providers, best of {LIVES}: {best:?}");
    assert!(best <= BESIDE, "{best:?}");
}

#[test]
fn a_silent_ubusd_keeps_no_news_of_another_host_waiting() {
    let best = best_of(LIVES, || {
        netns::enter();
        netns::add_wan(&format!("{WAN}/24"));
        let lab = Lab::start(everybody(&["well".to_owned(), "asks".to_owned()]));
        let _ubusd = Ubusd::silent();
        let all = ("username", "example.com-all");
        let sections = host("well", &[all]) + &host("asks", &[all, ("interface", "wan")]);
        let agent = Agent::new(&(lab.provider_section("lab") + &sections));
        let runner = agent.spawn(&["run"]);
        assert!(lab.wait_for_requests(1, LIMIT), "the first address");
        // ubusd is being asked, or is about to be.
        std::thread::sleep(Duration::from_millis(100));
        let news = Instant::now();
        netns::move_wan(WAN, "81.2.69.20");
        assert!(lab.wait_for_requests(2, LIMIT), "the second address");
        runner.kill();
        lab.requests()[1].instant - news
    });
    println!("news beside a silent ubusd, best of {LIVES}: {best:?}");
    assert!(best <= BESIDE, "{best:?}");
}
