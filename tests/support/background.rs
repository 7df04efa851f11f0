//! What an agent in the background does, seen by what it leaves behind.

use std::time::{Duration, Instant};

use serde_json::Value;

use super::agent::{Agent, Running};

/// What a slow and busy machine may take for what takes an idle one milliseconds.
pub const LIMIT: Duration = Duration::from_secs(20);
const INTERVAL: Duration = Duration::from_millis(10);

/// Waits until `look` finds something; panics with `what` after [`LIMIT`].
#[track_caller]
pub fn wait_for<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    let deadline = Instant::now() + LIMIT;
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(Instant::now() < deadline, "not within {LIMIT:?}: {what}");
        std::thread::sleep(INTERVAL);
    }
}

/// A record of the state file, if there is one.
pub fn find(agent: &Agent, host: &str, family: &str) -> Option<Value> {
    let text = std::fs::read_to_string(agent.state_file()).ok()?;
    let state: Value = serde_json::from_str(&text).ok()?;
    let mut records = state["records"].as_array()?.iter();
    records.find(|record| record["host"] == host && record["family"] == family).cloned()
}

/// Waits until a host's IPv4 record is in this state.
#[track_caller]
pub fn wait_for_state(agent: &Agent, host: &str, state: &str) -> Value {
    wait_for(&format!("{host} {state}"), || {
        find(agent, host, "ipv4").filter(|record| record["state"] == state)
    })
}

/// Waits until the state says that this address, of either family, is published and current.
#[track_caller]
pub fn wait_for_published(agent: &Agent, host: &str, address: &str) -> Value {
    let family = if address.contains(':') { "ipv6" } else { "ipv4" };
    wait_for(&format!("{host} {address} published"), || {
        find(agent, host, family).filter(|record| {
            record["published"]["address"] == address && record["state"] == "current"
        })
    })
}

/// Seconds from a record's last update to the next look.
pub fn pause(record: &Value) -> u64 {
    let at = |value: &Value| value.as_u64().unwrap_or_else(|| panic!("no time in {record}"));
    at(&record["next_at"]) - at(&record["last"]["at"])
}

/// How often a process went to sleep by itself: each is a time it was woken.
pub fn voluntary_switches(runner: &Running) -> u64 {
    number_in(&format!("/proc/{}/status", runner.id()), "voluntary_ctxt_switches:")
}

/// Processor time that a process has used, with all its threads.
pub fn cpu_time(runner: &Running) -> Duration {
    let path = format!("/proc/{}/stat", runner.id());
    let text = std::fs::read_to_string(&path).expect("the process is there");
    // Behind the name, which may hold anything, field 3 is the first (proc(5)).
    let behind = text.rsplit_once(") ").map_or("", |(_, behind)| behind);
    let fields: Vec<&str> = behind.split(' ').collect();
    let ticks: u64 = fields[11..=12].iter().map(|field| field.parse::<u64>().unwrap()).sum();
    // Linux has told all of user space 100 a second since 2.6.
    Duration::from_millis(ticks * 10)
}

/// Resident memory of a process, in KiB.
pub fn resident_kib(runner: &Running) -> u64 {
    number_in(&format!("/proc/{}/smaps_rollup", runner.id()), "Rss:")
}

/// Proportional share of memory of a process, in KiB.
pub fn proportional_kib(runner: &Running) -> u64 {
    number_in(&format!("/proc/{}/smaps_rollup", runner.id()), "Pss:")
}

/// News that the kernel could not give a process, because its queue had run over.
pub fn lost_news(runner: &Running) -> u64 {
    let table = std::fs::read_to_string("/proc/thread-self/net/netlink").expect("/proc is there");
    let of_runner = table.lines().filter_map(|line| {
        // sk Eth Pid Groups Rmem Wmem Dump Locks Drops Inode
        let fields: Vec<_> = line.split_whitespace().collect();
        let [_, _, id, _, _, _, _, _, drops, ..] = fields[..] else { return None };
        (id == runner.id().to_string()).then(|| drops.parse::<u64>().ok())?
    });
    of_runner.sum()
}

fn number_in(path: &str, name: &str) -> u64 {
    let text =
        std::fs::read_to_string(path).unwrap_or_else(|error| panic!("cannot read {path}: {error}"));
    let value = text.lines().find_map(|line| line.strip_prefix(name));
    let number = value.and_then(|value| value.split_whitespace().next()?.parse().ok());
    number.unwrap_or_else(|| panic!("no {name} in {path}"))
}
