//! One pass over four providers of which three hang: the healthy first, and an end in sight.

use std::time::{Duration, Instant};

use crate::support::agent::{Agent, Verdict};
use crate::support::background::LIMIT;
use crate::support::crowd::{Hung, Phase, everybody, hosts, names};
use crate::support::lab::Lab;
use crate::support::lab::fault::Fault;
use crate::support::netns;
use crate::support::stage::WAN;

const EACH: usize = 8;
/// One call may take 30 s; all hang at the same time, not one after the other.
const WHOLE: Duration = Duration::from_secs(40);
const SOON: Duration = Duration::from_millis(2500);

fn pass(phases: [Phase; 3]) {
    netns::enter();
    netns::add_wan(&format!("{WAN}/24"));
    let hung = phases.map(Hung::new);
    let lab = Lab::start(everybody(&names("well", EACH)));
    let slow: String = hung.iter().map(|hung| hung.hosts(EACH)).collect();
    let section = lab.provider_section_at("well", "127.0.0.1");
    let agent = Agent::new(&(slow + &section + &hosts("well", "well", EACH)));
    let began = Instant::now();
    let running = agent.spawn(&["update"]);
    assert!(lab.wait_for_requests(EACH, SOON), "{} requests", lab.requests().len());
    let output = running.wait(WHOLE.saturating_sub(began.elapsed()));
    println!("one pass with {phases:?} hung took {:?}", began.elapsed());
    let Verdict(code, results) = output.verdict();
    let updated = results.iter().filter(|result| *result == "updated").count();
    let failed = results.iter().filter(|result| *result == "failed").count();
    assert_eq!((code, updated, failed), (75, EACH, 3 * EACH), "{output:?}");
}

#[test]
fn one_pass_ends_within_one_calls_limit_whatever_others_hang_in() {
    let rooms = [
        [Phase::Connecting, Phase::Securing, Phase::Waiting],
        [Phase::Resolving, Phase::Waiting, Phase::Securing],
    ];
    // Each has a network of its own, and waits for most of its time.
    let threads = rooms.map(|phases| std::thread::spawn(move || pass(phases)));
    let failed = threads.map(|thread| thread.join().is_err());
    assert_eq!(failed, [false, false], "which rooms failed, see above");
}

/// Runs one pass on a line whose address changes all the time.
fn pass_without_rest(config: &str) -> String {
    let agent = Agent::new(config);
    let began = Instant::now();
    let mut running = agent.spawn(&["update"]);
    let mut wan = WAN.to_owned();
    for number in 0.. {
        if running.has_ended() {
            break;
        }
        assert!(began.elapsed() < WHOLE, "it looks again and again");
        std::thread::sleep(Duration::from_millis(500));
        let next = format!("81.2.69.{}", 20 + number % 100);
        netns::move_wan(&wan, &next);
        wan = next;
    }
    println!("one pass on a line without rest took {:?}", began.elapsed());
    let output = running.wait(LIMIT);
    let Verdict(code, results) = output.verdict();
    assert_eq!((code, results), (75, vec!["failed".to_owned()]), "{output:?}");
    output.said()
}

/// Each change begins the call anew.
#[test]
fn one_pass_ends_although_the_line_finds_no_rest_and_the_provider_hangs() {
    netns::enter();
    netns::add_wan(&format!("{WAN}/24"));
    let hung = Hung::new(Phase::Securing);
    pass_without_rest(&hung.hosts(1));
}

/// Whenever the connection is open, the address is another one.
#[test]
fn one_pass_ends_although_the_line_finds_no_rest_and_tells_nobody_an_old_address() {
    netns::enter();
    netns::add_wan(&format!("{WAN}/24"));
    let lab = Lab::start(everybody(&names("home", 1)));
    lab.fault(Fault::LateAccept(Duration::from_millis(800)));
    let said = pass_without_rest(&(lab.provider_section("lab") + &hosts("home", "lab", 1)));
    assert!(said.contains("changes all the time"), "{said}");
    assert_eq!(lab.requests().len(), 0);
}
