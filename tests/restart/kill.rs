//! A pass that is killed at any point: the next ones work, and nothing false is published.

use std::net::IpAddr;
use std::time::{Duration, Instant};

use dynhost::address::Family;
use serde_json::Value;

use crate::support::agent::Agent;
use crate::support::lab::Lab;
use crate::support::lab::fault::Fault;
use crate::support::lab::options::{Identifier, LabOptions};
use crate::support::netns;
use crate::support::stage::{BEFORE, HOME, Stage, WAN, host};

const KILLS: u32 = 60;
/// A kill test that hits no update shows nothing; a third of the kills do on an idle machine.
const HITS_MIN: u32 = 5;
/// The provider thinks for so long, so that there is something to hit.
const THINKS: Duration = Duration::from_millis(30);
const LONG: Duration = Duration::from_secs(20);

/// A host and the agent that will be killed while it serves that host.
///
/// Each kill has a host of its own, so that what is still on its way to the lab when the agent
/// dies is not taken for another one's.
struct Victim<'a> {
    lab: &'a Lab,
    name: String,
    agent: Agent,
}

impl<'a> Victim<'a> {
    fn new(lab: &'a Lab, number: u32) -> Self {
        let name = format!("kill{number}");
        let section = host(&name, &[("username", "example.com-all")]);
        let agent = Agent::new(&(lab.provider_section("lab") + &section));
        Self { lab, name, agent }
    }

    fn hostname(&self) -> String {
        format!("{}.example.com", self.name)
    }

    fn stored(&self) -> String {
        self.lab.record(&self.hostname(), Family::Ipv4).unwrap().to_string()
    }

    fn requests(&self) -> usize {
        self.lab.updates_of(&self.hostname()).len()
    }

    /// Another address was published, and the line has got a new one since.
    fn give_past(&self) {
        assert_eq!(self.agent.run(&["update"]).code(), 0);
        let other = IpAddr::from([81, 2, 69, 30]);
        self.agent.edit_record(|record| record["published"]["address"] = other.to_string().into());
        self.lab.set_record(&self.hostname(), other);
    }

    /// What the file claims holds at the provider, unless it says itself that it is in doubt.
    fn assert_nothing_false(&self) {
        if !self.agent.state_file().exists() {
            return;
        }
        let record = self.agent.record(&self.name);
        let published = &record["published"]["address"];
        let is_true = *published == Value::Null || *published == self.stored();
        let in_doubt = record["in_doubt"] == true;
        assert!(is_true || in_doubt, "{} is stored, the file has {record}", self.stored());
    }

    /// A pass killed after `delay`, then as many as it takes once the ladder's time has gone by;
    /// whether the kill came between announcing the update and knowing of its end.
    fn die_and_go_on(&self, delay: Duration) -> bool {
        let past = self.requests();
        let running = self.agent.spawn(&["update"]);
        std::thread::sleep(delay);
        running.kill();
        self.assert_nothing_false();
        let next = self.agent.run(&["update"]);
        assert!(!next.stderr.contains("set aside"), "{}: {}", self.name, next.stderr);
        let was_sending = next.code() == 75;
        if was_sending {
            assert_eq!(self.agent.record(&self.name)["last"]["code"], "interrupted");
            self.assert_nothing_false();
            self.agent.age_last(10);
            assert_eq!(self.agent.run(&["update"]).code(), 0, "{}", self.name);
        } else {
            assert_eq!(next.code(), 0, "{}: {next:?}", self.name);
        }
        let record = self.agent.record(&self.name);
        assert_eq!((&record["state"], &record["in_doubt"]), (&"current".into(), &false.into()));
        assert_eq!(record["published"]["address"], self.stored());
        let sent = self.requests() - past;
        assert!((1..=2).contains(&sent), "{}: sent {sent} times", self.name);
        was_sending
    }
}

#[test]
fn a_pass_killed_at_any_point_leaves_nothing_false_behind() {
    if Agent::is_emulated("an emulator's start takes most of a pass") {
        return;
    }
    netns::enter();
    netns::add_wan(&format!("{WAN}/24"));
    let identifiers = vec![Identifier::new("example.com-all", "secret", "*")];
    let hostname = |number| format!("kill{number}.example.com");
    let records = (0..=KILLS).map(|number| (hostname(number), BEFORE.parse().unwrap()));
    let lab =
        Lab::start(LabOptions { identifiers, records: records.collect(), ..LabOptions::default() });
    lab.fault(Fault::Delay(THINKS));
    let durations = [(); 3].map(|()| {
        let started = Instant::now();
        assert_eq!(Victim::new(&lab, KILLS).agent.run(&["update"]).code(), 0);
        started.elapsed()
    });
    let whole = *durations.iter().min().unwrap();
    let mut sending = 0;
    for number in 0..KILLS {
        let victim = Victim::new(&lab, number);
        if number % 2 == 1 {
            victim.give_past();
        }
        sending += u32::from(victim.die_and_go_on(whole * number / KILLS));
    }
    println!("{KILLS} kills within {whole:?}, {sending} of them while it was sending");
    assert!(sending >= HITS_MIN, "only {sending} of {KILLS} kills hit an update");
}

#[test]
fn a_kill_before_the_answer_is_remembered_as_a_doubt() {
    for fault in [Fault::Delay(LONG), Fault::ApplySilently, Fault::Hang] {
        let Stage { lab, agent } = Stage::new();
        assert_eq!(agent.run(&["update"]).code(), 0);
        netns::move_wan(WAN, "81.2.69.20");
        lab.fault_times(fault.clone(), 1);
        let running = agent.spawn(&["update"]);
        assert!(lab.wait_for_requests(2, LONG));
        running.kill();
        let has_changed = lab.record(HOME, Family::Ipv4) != Some(WAN.parse().unwrap());
        assert_eq!(has_changed, fault != Fault::Hang);
        let record = agent.record("home");
        assert_eq!(record["published"]["address"], WAN, "what was acknowledged last");
        assert_eq!((&record["in_doubt"], &record["state"]), (&true.into(), &"pending".into()));
        let shown = agent.run(&["status"]).stdout;
        assert!(shown.contains("a later update may have changed it"), "{shown}");
        // The line goes back to the address that seems published: it must be sent all the same.
        netns::move_wan("81.2.69.20", WAN);
        agent.age_last(10);
        assert_eq!(agent.run(&["update"]).code(), 0, "{fault:?}");
        assert_eq!(lab.record(HOME, Family::Ipv4), Some(WAN.parse().unwrap()), "{fault:?}");
        assert_eq!((agent.run(&["update"]).code(), lab.requests().len()), (0, 3));
    }
}

#[test]
fn kill_after_kill_climbs_the_ladder_instead_of_hammering() {
    let Stage { lab, agent } = Stage::new();
    lab.fault(Fault::Hang);
    for count in 1..=3 {
        let running = agent.spawn(&["update"]);
        assert!(lab.wait_for_requests(count, LONG));
        running.kill();
        assert_eq!(agent.record("home")["failures"], count);
        agent.age_last(100);
    }
    agent.edit_record(|record| record["failures"] = 10.into());
    assert_eq!((agent.run(&["update"]).code(), lab.requests().len()), (75, 3));
}
