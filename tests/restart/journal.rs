//! Many hosts at once: the state is not written anew for each, and a kill finds each as it is.

use std::time::{Duration, Instant};

use dynhost::address::Family;
use nix::sys::inotify::{AddWatchFlags, InitFlags, Inotify};
use serde_json::Value;

use crate::support::agent::Agent;
use crate::support::crowd::{everybody, hosts, names};
use crate::support::lab::Lab;
use crate::support::lab::fault::Fault;
use crate::support::netns;
use crate::support::stage::WAN;

const HOSTS: usize = 32;
/// The provider thinks for so long about each, so that all of them take a while.
const THINKS: Duration = Duration::from_millis(5);
const KILLS: u32 = 24;
const LONG: Duration = Duration::from_secs(20);

struct Street {
    lab: Lab,
    config: String,
}

impl Street {
    fn new() -> Self {
        netns::enter();
        netns::add_wan(&format!("{WAN}/24"));
        let lab = Lab::start(everybody(&names("house", HOSTS)));
        lab.fault(Fault::Delay(THINKS));
        let config = lab.provider_section("lab") + &hosts("house", "lab", HOSTS);
        Self { lab, config }
    }

    /// What `status` says of every host.
    fn records(agent: &Agent) -> Vec<Value> {
        let shown = agent.run(&["status", "--json"]).stdout;
        let state: Value = serde_json::from_str(&shown).unwrap();
        state["records"].as_array().unwrap().clone()
    }

    /// What the file claims holds at the provider, unless it says itself that it is in doubt; how
    /// many it knows to be current.
    fn known(&self, agent: &Agent) -> Vec<String> {
        let records = Self::records(agent);
        let is_known = |record: &&Value| record["published"] != Value::Null;
        let known: Vec<_> = records.iter().filter(is_known).collect();
        for record in &known {
            let stored = self.lab.record(record["hostname"].as_str().unwrap(), Family::Ipv4);
            let is_true = record["published"]["address"] == stored.unwrap().to_string();
            assert!(is_true || record["in_doubt"] == true, "{record}");
        }
        let sure = known.into_iter().filter(|record| record["in_doubt"] == false);
        sure.map(|record| record["hostname"].as_str().unwrap().to_owned()).collect()
    }
}

#[test]
fn the_state_of_32_hosts_is_written_a_few_times_and_not_once_for_each() {
    if Agent::is_emulated("an emulator takes so long that the file follows more often") {
        return;
    }
    let street = Street::new();
    let agent = Agent::new(&street.config);
    // Makes the directory.
    assert_eq!(agent.run(&["update", "house0"]).code(), 0);
    let inotify = Inotify::init(InitFlags::IN_NONBLOCK).unwrap();
    // Of events that are alike in a row the kernel tells once: what opens it is between them.
    let flags = AddWatchFlags::IN_MOVED_TO | AddWatchFlags::IN_MODIFY | AddWatchFlags::IN_OPEN;
    inotify.add_watch(&agent.state_dir(), flags).unwrap();
    let begun = Instant::now();
    let output = agent.run(&["update"]);
    let seconds = begun.elapsed().as_secs();
    assert_eq!(output.code(), 0, "{output:?}");
    assert_eq!(street.lab.requests().len(), HOSTS);
    let events = inotify.read_events().unwrap();
    let count = |flag, name: &str| {
        let of_it = |event: &&nix::sys::inotify::InotifyEvent| {
            event.mask.contains(flag) && event.name.as_ref().is_some_and(|other| other == name)
        };
        events.iter().filter(of_it).count()
    };
    let whole = count(AddWatchFlags::IN_MOVED_TO, "state.json");
    let lines = count(AddWatchFlags::IN_MODIFY, "state.journal");
    println!("{HOSTS} hosts: the file {whole} times, {lines} lines, in {seconds} s");
    assert!(whole <= 3 + usize::try_from(seconds).unwrap(), "{whole} times");
    assert!(lines >= HOSTS / 2 && lines < HOSTS + whole, "{lines} lines");
    assert!(!agent.state_dir().join("state.journal").exists(), "the file has followed");
    assert_eq!(street.known(&agent).len(), HOSTS);
}

#[test]
fn while_one_update_hangs_the_file_follows_the_others() {
    let street = Street::new();
    street.lab.fault_for("house3", Fault::Hang);
    let agent = Agent::new(&street.config);
    let running = agent.spawn(&["update"]);
    let deadline = Instant::now() + LONG;
    let current = || {
        let file = agent.state_file();
        let state: Value = std::fs::read(file)
            .map_or(Value::Null, |content| serde_json::from_slice(&content).unwrap());
        let records = state["records"].as_array().cloned().unwrap_or_default();
        records.iter().filter(|record| record["state"] == "current").count()
    };
    while current() < HOSTS - 1 {
        assert!(Instant::now() < deadline, "the file is behind: {} are current", current());
        std::thread::sleep(Duration::from_millis(50));
    }
    running.kill();
}

#[test]
fn whenever_a_pass_over_32_hosts_is_killed_no_acknowledged_update_is_repeated() {
    if Agent::is_emulated("an emulator's start takes most of a pass") {
        return;
    }
    let street = Street::new();
    let begun = Instant::now();
    assert_eq!(Agent::new(&street.config).run(&["update"]).code(), 0);
    let whole = begun.elapsed();
    let mut in_between = 0;
    for number in 0..KILLS {
        let (wan, next) = (line(number), line(number + 1));
        netns::move_wan(&wan, &next);
        let before = street.lab.requests().len();
        let agent = Agent::new(&street.config);
        let running = agent.spawn(&["update"]);
        std::thread::sleep(whole * number / KILLS);
        running.kill();
        // What had left arrives.
        std::thread::sleep(THINKS * 8);
        let known = if agent.state_file().exists() { street.known(&agent) } else { Vec::new() };
        in_between += u32::from(!known.is_empty() && known.len() < HOSTS);
        agent.run(&["update"]);
        let sent = street.lab.requests().split_off(before);
        for hostname in &known {
            let of_it = sent.iter().filter(|sent| sent.hostname().as_deref() == Some(hostname));
            assert_eq!(of_it.count(), 1, "{hostname} was known to be current");
        }
    }
    println!("{KILLS} kills within {whole:?}, {in_between} of them between two outcomes");
    assert!(in_between >= 3, "only {in_between} of {KILLS} kills hit a batch");
}

fn line(number: u32) -> String {
    if number == 0 { WAN.into() } else { format!("81.2.69.{}", 20 + number) }
}
