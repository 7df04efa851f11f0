//! Programs and services of the device that hang: the names that do not need them go first.

use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use crate::support::agent::Agent;
use crate::support::crowd::{everybody, names};
use crate::support::lab::Lab;
use crate::support::netns;
use crate::support::room;
use crate::support::stage::{WAN, host};
use crate::support::temp::TempDir;
use crate::support::ubusd::Ubusd;

const SOON: Duration = Duration::from_millis(2500);
/// A program may take this long.
const BUDGET: Duration = Duration::from_secs(10);
/// For ubus altogether.
const UBUS: Duration = Duration::from_secs(2);
const SLACK: Duration = Duration::from_secs(4);

/// Never comes to an end by itself.
fn hang() -> String {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/resident/hang.sh");
    script.display().to_string()
}

/// A line, a lab and an agent with hosts of one account, each with its options.
fn scene(sections: &[(&str, &[(&str, &str)])]) -> (Lab, Agent) {
    netns::enter();
    netns::add_wan(&format!("{WAN}/24"));
    let all: Vec<String> = sections.iter().map(|(name, _)| (*name).to_owned()).collect();
    let lab = Lab::start(everybody(&all));
    let section = |(name, options): &(&str, &[(&str, &str)])| {
        host(name, &[&[("username", "example.com-all")], *options].concat())
    };
    let hosts: String = sections.iter().map(section).collect();
    let agent = Agent::new(&(lab.provider_section("lab") + &hosts));
    (lab, agent)
}

#[test]
fn programs_that_hang_run_after_all_updates_and_within_one_budget() {
    let hang = hang();
    let options: &[(&str, &str)] = &[("on_change", &hang)];
    let (lab, agent) = scene(&["a", "b", "c", "d"].map(|name| (name, options)));
    let began = Instant::now();
    let running = agent.spawn(&["update"]);
    assert!(lab.wait_for_requests(4, SOON), "{} updates before the programs", lab.requests().len());
    let output = running.wait_at_most(BUDGET + SLACK);
    assert_eq!(output.map(|output| output.code()), Ok(0), "after {:?}", began.elapsed());
}

/// What is left hanging goes with the room.
#[test]
fn while_programs_hang_one_that_stays_sends_the_next_address_at_once() {
    room::alone(|| {
        let hang = hang();
        let options: &[(&str, &str)] = &[("on_change", &hang)];
        let (lab, agent) = scene(&["a", "b", "c", "d"].map(|name| (name, options)));
        let _runner = agent.spawn(&["run"]);
        assert!(lab.wait_for_requests(4, SOON));
        std::thread::sleep(Duration::from_millis(500));
        netns::move_wan(WAN, "81.2.69.20");
        assert!(lab.wait_for_requests(8, SOON), "{} updates", lab.requests().len());
    });
}

#[test]
fn a_silent_ubus_is_asked_once_and_not_for_each_of_eight_hosts() {
    let options: &[(&str, &str)] = &[("interface", "wan")];
    let all = names("home", 8);
    let sections: Vec<_> = all.iter().map(|name| (name.as_str(), options)).collect();
    let (lab, agent) = scene(&sections);
    let _ubusd = Ubusd::silent();
    let began = Instant::now();
    let output = agent.spawn(&["update"]).wait_at_most(UBUS + SLACK);
    let output = output.unwrap_or_else(|late| panic!("{late}"));
    println!("a pass over 8 hosts with a silent ubusd took {:?}", began.elapsed());
    assert_eq!(output.verdict(), (69, vec!["no-address".into(); 8]), "{output:?}");
    assert_eq!(lab.connections(), 0);
}

#[test]
fn a_silent_ubus_keeps_no_host_waiting_that_does_not_need_it() {
    let needs: &[(&str, &str)] = &[("interface", "wan")];
    let (lab, agent) =
        scene(&[("a", needs), ("b", needs), ("c", needs), ("d", needs), ("well", &[])]);
    let _ubusd = Ubusd::silent();
    let _runner = agent.spawn(&["run"]);
    assert!(lab.wait_for_requests(1, SOON));
}

/// Docker on the same machine, say: the kernel tells of something all the time.
#[test]
fn news_without_end_keep_no_program_from_being_believed() {
    let file = TempDir::new();
    let program = file.path().join("address");
    std::fs::write(&program, "#!/bin/sh\nsleep 1.2\necho 81.2.69.10\n").unwrap();
    std::fs::set_permissions(&program, std::fs::Permissions::from_mode(0o755)).unwrap();
    let program = program.display().to_string();
    let (lab, agent) = scene(&[("a", &[("source", "command"), ("command", &program)])]);
    let is_over = Arc::new(AtomicBool::new(false));
    let until = Arc::clone(&is_over);
    // A thread has the namespace of the one that started it.
    let storm = std::thread::spawn(move || {
        while !until.load(Ordering::SeqCst) {
            for alias in ["x", "y"] {
                netns::ip(&["link", "set", "isp0", "alias", alias]);
                std::thread::sleep(Duration::from_millis(20));
            }
        }
    });
    let _runner = agent.spawn(&["run"]);
    assert!(lab.wait_for_requests(1, SLACK * 2), "no update while the kernel told of something");
    is_over.store(true, Ordering::SeqCst);
    storm.join().unwrap();
}

/// What is left hanging goes with the room.
#[test]
fn commands_for_an_address_that_hang_keep_no_other_host_waiting() {
    room::alone(|| {
        let hang = hang();
        let needs: &[(&str, &str)] = &[("source", "command"), ("command", &hang)];
        let (lab, agent) = scene(&[("a", needs), ("b", needs), ("c", needs), ("well", &[])]);
        let _runner = agent.spawn(&["run"]);
        assert!(lab.wait_for_requests(1, SOON), "the first address");
        std::thread::sleep(Duration::from_millis(300));
        netns::move_wan(WAN, "81.2.69.20");
        assert!(lab.wait_for_requests(2, SOON), "the second address");
    });
}
