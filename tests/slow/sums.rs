//! What takes its time, and less than a stall, for each of 32 accounts at one provider: it is not
//! waited for 32 times.

use std::net::{Ipv4Addr, SocketAddr};
use std::time::{Duration, Instant};

use crate::support::agent::Agent;
use crate::support::background::LIMIT;
use crate::support::crowd::{everybody, hosts, names};
use crate::support::lab::Lab;
use crate::support::lab::dns::DnsMode;
use crate::support::lab::fault::Fault;
use crate::support::lab::options::LabOptions;
use crate::support::netns;
use crate::support::stage::WAN;

const HOSTS: usize = 32;
/// From the news to the last request.
const AIM: Duration = Duration::from_secs(1);
/// The best of so many changes counts, as the machine may be busy.
const CHANGES: usize = 4;
const SLOW: Duration = Duration::from_millis(400);

fn lab() -> Lab {
    netns::enter();
    netns::add_wan(&format!("{WAN}/24"));
    let dns = SocketAddr::from((Ipv4Addr::LOCALHOST, 53));
    let lab = Lab::start(LabOptions { dns, ..everybody(&names("home", HOSTS)) });
    netns::resolve_by(Ipv4Addr::LOCALHOST);
    lab
}

/// From the news of an address to the last of 32 requests with it, the best of a few times.
fn time_to_last(lab: &Lab, what: &str) -> Duration {
    let section = lab.provider_section_at("lab", "provider.lab");
    let agent = Agent::new(&(section + &hosts("home", "lab", HOSTS)));
    let mut since = Instant::now();
    let runner = agent.spawn(&["run"]);
    let mut times = Vec::new();
    let mut wan = WAN.to_owned();
    for number in 1..=CHANGES {
        let count = HOSTS * number;
        assert!(lab.wait_for_requests(count, LIMIT), "{} requests", lab.requests().len());
        let requests = lab.requests();
        let last = requests.iter().map(|request| request.instant).max().expect("some");
        times.push(last - since);
        // Until the last reply is there.
        std::thread::sleep(SLOW * 3);
        assert_eq!(lab.requests().len(), count, "one request for each host and address");
        let next = format!("81.2.69.{}", 20 + number);
        since = Instant::now();
        netns::move_wan(&wan, &next);
        wan = next;
    }
    runner.kill();
    println!("32 hosts at one provider, {what}: news to the last request {times:?}");
    times.into_iter().min().expect("some changes")
}

#[test]
fn replies_that_take_their_time_do_not_add_up() {
    let lab = lab();
    lab.fault(Fault::Delay(SLOW));
    let best = time_to_last(&lab, "each reply after 0.4 s");
    assert!(best <= AIM, "{best:?}");
}

#[test]
fn handshakes_that_take_their_time_do_not_add_up() {
    let lab = lab();
    // A connection for each request.
    lab.fault(Fault::LateAccept(SLOW));
    lab.fault(Fault::EndedByClose);
    let best = time_to_last(&lab, "each handshake after 0.4 s");
    assert!(best <= AIM + SLOW, "{best:?}");
}

#[test]
fn look_ups_that_take_their_time_do_not_add_up() {
    let lab = lab();
    lab.fault(Fault::EndedByClose);
    lab.set_dns(DnsMode::Late(SLOW));
    let best = time_to_last(&lab, "each look-up after 0.4 s");
    assert!(best <= AIM, "{best:?}");
}

/// A provider that is well needs no more connections than one.
#[test]
fn quick_replies_share_one_connection() {
    let lab = lab();
    let best = time_to_last(&lab, "well");
    assert!(best <= AIM, "{best:?}");
    let requests = lab.requests();
    let first: Vec<_> = requests.iter().take(HOSTS).map(|request| request.connection).collect();
    assert!(first.iter().all(|connection| *connection == first[0]), "{first:?}");
}
