//! What a parent had its children do about signals: neither the agent nor its programs heed it.

use std::path::Path;
use std::time::Duration;

use rustix::process::Signal;

use crate::support::agent::{Agent, Running};
use crate::support::background::{LIMIT, wait_for, wait_for_published};
use crate::support::lab::fault::Fault;
use crate::support::stage::{Stage, WAN};
use crate::support::temp::TempDir;

const BLOCKED: &str = "exec env --block-signal \"$@\"";
const IGNORED: &str = "exec env --ignore-signal \"$@\"";

fn is_emulated() -> bool {
    Agent::is_emulated("the emulator has signals of its own")
}

#[test]
fn signals_that_the_parent_blocked_or_ignored_are_heard() {
    if is_emulated() {
        return;
    }
    for script in [BLOCKED, IGNORED] {
        let stage = Stage::new();
        let mut runner = Running::start(stage.agent.process_in_shell(script, &["run"]));
        wait_for_published(&stage.agent, "home", WAN);
        runner.signal(Signal::HUP);
        runner.wait_for_log("read again", LIMIT);
        runner.signal(Signal::TERM);
        assert_eq!(runner.wait(LIMIT).code(), 0, "{script}");
    }
}

#[test]
fn a_pass_is_ended_by_sigterm_whatever_the_parent_did() {
    if is_emulated() {
        return;
    }
    for script in [BLOCKED, IGNORED] {
        let stage = Stage::new();
        stage.lab.fault(Fault::Hang);
        let runner = Running::start(stage.agent.process_in_shell(script, &["update"]));
        assert!(stage.lab.wait_for_requests(1, LIMIT));
        // What nohup and a job in the background ignore stays without effect.
        if script == IGNORED {
            for signal in [Signal::HUP, Signal::INT, Signal::QUIT].into_iter().cycle().take(60) {
                runner.signal(signal);
                std::thread::sleep(Duration::from_millis(10));
            }
        }
        let stat = format!("/proc/{}/stat", runner.id());
        let now = std::fs::read_to_string(&stat);
        let is_alive = now.as_ref().is_ok_and(|stat| !stat.contains(") Z "));
        assert!(is_alive, "{script}: {now:?}, {}", runner.wait(LIMIT).said());
        runner.signal(Signal::TERM);
        wait_for(&format!("{script}: the end"), || {
            let gone = std::fs::read_to_string(&stat).map_or(true, |stat| stat.contains(") Z "));
            gone.then_some(())
        });
    }
}

#[test]
fn programs_begin_with_no_signal_blocked_or_ignored() {
    if is_emulated() {
        return;
    }
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/resident/signals.sh");
    for (shell, command) in [(BLOCKED, "run"), (IGNORED, "run"), (IGNORED, "update")] {
        let directory = TempDir::new();
        let program = directory.path().join("signals.sh");
        std::os::unix::fs::symlink(&script, &program).unwrap();
        let stage = Stage::new();
        stage.configure(&[("source", "command"), ("command", program.to_str().unwrap())]);
        let _runner = Running::start(stage.agent.process_in_shell(shell, &[command]));
        // The end of a program cannot be waited for while SIGCHLD is ignored.
        wait_for_published(&stage.agent, "home", WAN);
        let signals = std::fs::read_to_string(directory.path().join("signals")).unwrap();
        let sets: Vec<u128> = signals
            .lines()
            .map(|line| u128::from_str_radix(line.split_whitespace().nth(1).unwrap(), 16).unwrap())
            .collect();
        // Of those that nobody means to hand on: job control is the terminal's, and a signal of
        // real time means what its sender and its receiver agreed on.
        let usual = [1, 2, 3, 10, 12, 13, 14, 15, 17].map(|signal| 1_u128 << (signal - 1));
        let usual = usual.into_iter().fold(0, |all, one| all | one);
        assert_eq!(sets.iter().map(|set| set & usual).collect::<Vec<_>>(), [0, 0], "{signals}");
    }
}
