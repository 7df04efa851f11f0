//! SIGTERM is heard wherever the agent waits.

use std::fs::{self, File, Permissions};
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::net::UnixDatagram;
use std::path::Path;
use std::time::{Duration, Instant};

use rustix::fs::{CWD, FlockOperation, RenameFlags, flock, renameat_with};
use rustix::process::Signal;

use super::published;
use crate::support::agent::Running;
use crate::support::background::{LIMIT, wait_for_published};
use crate::support::lab::fault::Fault;
use crate::support::netns;
use crate::support::stage::{Stage, WAN};
use crate::support::ubusd::Ubusd;

/// From a start to the wait that is meant.
const A_WHILE: Duration = Duration::from_millis(700);
const PROMPT: Duration = Duration::from_secs(1);

/// It ends by this signal, with code 0 if it has a handler for it.
#[track_caller]
fn assert_ends(runner: Running, signal: Signal, code: Option<i32>) {
    runner.signal(signal);
    let asked = Instant::now();
    let output = runner.wait(LIMIT);
    let took = asked.elapsed();
    assert!(took < PROMPT, "{took:?}: {output:?}");
    assert_eq!(output.status().code(), code, "{output:?}");
}

#[track_caller]
fn assert_stops(runner: Running) {
    assert_ends(runner, Signal::TERM, Some(0));
}

/// Makes a state directory whose lock is held, by nobody who can be asked.
fn held(directory: &Path) -> File {
    let private = directory.join("private");
    fs::create_dir_all(&private).unwrap();
    fs::set_permissions(&private, Permissions::from_mode(0o700)).unwrap();
    let lock = File::create(private.join("lock")).unwrap();
    flock(&lock, FlockOperation::NonBlockingLockExclusive).unwrap();
    lock
}

/// Puts one like that in the place of the one that is there, at one stroke.
fn held_instead(directory: &Path) -> File {
    let other = directory.with_extension("other");
    let lock = held(&other);
    renameat_with(CWD, &other, CWD, directory, RenameFlags::EXCHANGE).unwrap();
    fs::remove_dir_all(other).unwrap();
    lock
}

#[test]
fn one_that_waits_for_the_lock_ends_at_once() {
    let stage = Stage::new();
    let _lock = held(&stage.agent.state_dir());
    let runner = stage.agent.spawn(&["run"]);
    std::thread::sleep(A_WHILE);
    assert_stops(runner);
    for arguments in [&["update"][..], &["resume", "home"]] {
        for signal in [Signal::TERM, Signal::INT] {
            let command = stage.agent.spawn(arguments);
            std::thread::sleep(A_WHILE);
            assert_ends(command, signal, None);
        }
    }
}

#[test]
fn one_that_waits_for_another_in_a_directory_made_anew_ends_at_once() {
    let (stage, mut runner) = published();
    let directory = stage.agent.state_dir();
    let lock = held_instead(&directory);
    std::thread::sleep(A_WHILE);
    netns::move_wan(WAN, "81.2.69.20");
    std::thread::sleep(A_WHILE);
    assert_eq!(stage.lab.requests().len(), 1, "without the lock nothing is sent");
    assert!(!runner.has_ended());
    drop(lock);
    wait_for_published(&stage.agent, "home", "81.2.69.20");
    let _lock = held_instead(&directory);
    std::thread::sleep(A_WHILE);
    assert_stops(runner);
}

#[test]
fn one_that_waits_for_programs_that_are_told_ends_at_once() {
    let stage = Stage::new();
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/resident/hang.sh");
    stage.configure(&[("on_change", script.to_str().unwrap())]);
    let runner = stage.agent.spawn(&["run", "--until-settled"]);
    wait_for_published(&stage.agent, "home", WAN);
    std::thread::sleep(A_WHILE);
    assert_stops(runner);
}

#[test]
fn one_that_waits_for_a_silent_ubus_ends_at_once() {
    let stage = Stage::new();
    let _ubusd = Ubusd::silent();
    stage.configure(&[("interface", "wan")]);
    let runner = stage.agent.spawn(&["run"]);
    std::thread::sleep(A_WHILE);
    assert_stops(runner);
}

#[test]
fn one_that_waits_for_a_silent_procd_ends_at_once() {
    let mut stage = Stage::new();
    let _ubusd = Ubusd::silent();
    stage.agent.set_env("WATCHDOG_USEC", "1000000");
    stage.agent.set_env("PROCD_INSTANCE", "instance1");
    let runner = stage.agent.spawn(&["run"]);
    wait_for_published(&stage.agent, "home", WAN);
    std::thread::sleep(A_WHILE);
    assert_stops(runner);
}

#[test]
fn one_that_waits_for_a_systemd_that_reads_nothing_ends_at_once() {
    let mut stage = Stage::new();
    let path = stage.agent.config_file().with_file_name("notify");
    let socket = UnixDatagram::bind(&path).unwrap();
    let filling = UnixDatagram::unbound().unwrap();
    filling.set_nonblocking(true).unwrap();
    stage.agent.set_env("NOTIFY_SOCKET", path.to_str().unwrap());
    stage.agent.set_env("WATCHDOG_USEC", "200000");
    let runner = stage.agent.spawn(&["run"]);
    wait_for_published(&stage.agent, "home", WAN);
    while filling.send_to(b"x", &path).is_ok() {}
    std::thread::sleep(A_WHILE);
    assert_stops(runner);
    drop(socket);
}

#[test]
fn one_that_waits_for_a_provider_or_a_program_ends_at_once() {
    let (stage, runner) = published();
    stage.lab.fault_times(Fault::Delay(LIMIT), 1);
    netns::move_wan(WAN, "81.2.69.20");
    assert!(stage.lab.wait_for_requests(2, LIMIT));
    assert_stops(runner);
    stage.configure(&[("source", "command"), ("command", "/bin/sleep 600")]);
    let runner = stage.agent.spawn(&["run"]);
    std::thread::sleep(A_WHILE);
    assert_stops(runner);
}

#[test]
fn a_command_that_waits_for_the_one_that_stays_ends_at_once() {
    let (stage, runner) = published();
    runner.signal(Signal::STOP);
    for arguments in [&["update"][..], &["resume", "home"]] {
        let command = stage.agent.spawn(arguments);
        std::thread::sleep(A_WHILE);
        assert_ends(command, Signal::INT, None);
    }
    runner.signal(Signal::CONT);
    assert_stops(runner);
}
