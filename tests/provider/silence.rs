//! Providers that say nothing, all at once: the agent's own limits are what ends the waiting.
//!
//! This is the one test that lasts as long as the limit of a call (30 s). The others that need a
//! request without an answer kill the agent instead.

use std::time::{Duration, Instant};

use dynhost::address::Family;
use rustix::process::Signal;

use crate::support::agent::Agent;
use crate::support::lab::Lab;
use crate::support::lab::fault::Fault;
use crate::support::lab::options::LabOptions;
use crate::support::netns;
use crate::support::stage::{HOME, WAN, one_host};

/// The limit of a call and the patience of a busy machine.
const LIMIT: Duration = Duration::from_secs(50);

#[test]
fn silence_ends_at_the_limit_of_a_call() {
    netns::enter();
    netns::add_wan(&format!("{WAN}/24"));
    let rows = [
        (Fault::Hang, "timeout", true, false),
        (Fault::HalfHeader, "timeout", true, false),
        (Fault::Drip, "timeout", true, false),
        (Fault::ApplySilently, "timeout", true, true),
        (Fault::HangAccept, "tls-silent", false, false),
    ];
    let started = Instant::now();
    let running = rows.map(|row| {
        let lab = Lab::start(LabOptions::default());
        lab.fault(row.0.clone());
        let agent = Agent::new(&one_host(&lab, &[]));
        let process = agent.spawn(&["update"]);
        (row, lab, agent, process)
    });
    for ((fault, code, in_doubt, stored), lab, agent, process) in running {
        let output = process.wait(LIMIT);
        assert_eq!(output.verdict(), (75, "failed"), "{fault:?}");
        let record = agent.record("home");
        assert_eq!(record["last"]["code"], code, "{fault:?}");
        assert_eq!(record["in_doubt"], in_doubt, "{fault:?}");
        assert_eq!(record["published"], serde_json::Value::Null, "{fault:?}");
        let has = lab.record(HOME, Family::Ipv4) == Some(WAN.parse().unwrap());
        assert_eq!(has, stored, "{fault:?}");
        let sent = lab.requests().len();
        assert_eq!(sent, usize::from(in_doubt), "{fault:?}");
        agent.edit_record(|record| record["failures"] = 10.into());
        lab.clear_faults();
        assert_eq!((agent.run(&["update"]).code(), lab.requests().len()), (75, sent), "{fault:?}");
        agent.age_last(1200);
        assert_eq!((agent.run(&["update"]).code(), lab.requests().len()), (0, sent + 1));
        assert_eq!(agent.record("home")["published"]["address"], WAN, "{fault:?}");
    }
    assert!(started.elapsed() < LIMIT, "took {:?}", started.elapsed());
}

/// The process stands still beyond the limit of a call, as on a machine that was suspended.
#[test]
fn a_reply_that_came_while_nobody_could_read_it_is_read() {
    netns::enter();
    netns::add_wan(&format!("{WAN}/24"));
    let lab = Lab::start(LabOptions::default());
    lab.fault(Fault::Delay(Duration::from_secs(1)));
    let agent = Agent::new(&one_host(&lab, &[]));
    let process = agent.spawn(&["update"]);
    assert!(lab.wait_for_requests(1, LIMIT));
    // Until it waits for the reply.
    std::thread::sleep(Duration::from_millis(300));
    process.signal(Signal::STOP);
    std::thread::sleep(Duration::from_secs(31));
    process.signal(Signal::CONT);
    let output = process.wait(LIMIT);
    assert_eq!(output.verdict(), (0, "updated"), "{output:?}");
    assert_eq!(lab.requests().len(), 1);
}
