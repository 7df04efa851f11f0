//! Whatever a stranger opens and locks: the agent works on, and nobody but the agent is signalled.

use std::time::Duration;

use crate::support::netns;
use crate::support::room::{self, Bell};
use crate::support::stage::{Stage, WAN};
use crate::support::stranger::{self, Bystander, Lock};

/// Far more than a command takes that waits for nobody.
const PROMPT: Duration = Duration::from_secs(5);

/// What goes wrong while a stranger holds every lock of this kind that it can get.
struct Siege {
    stage: Stage,
    lock: Lock,
    complaints: Vec<String>,
}

impl Siege {
    fn held(&self) -> Vec<std::fs::File> {
        let mut paths = stranger::below(&self.stage.agent.state_dir());
        paths.push(self.stage.agent.config_file());
        self.lock.take(&paths)
    }

    /// A command that has to come to this exit code, soon.
    fn command(&mut self, when: &str, arguments: &[&str], code: i32) {
        let running = self.stage.agent.spawn(arguments);
        match running.wait_at_most(PROMPT) {
            Ok(output) if output.status().code() == Some(code) => {}
            Ok(output) => self.complain(when, arguments, &format!("{output:?}")),
            Err(late) => self.complain(when, arguments, &late),
        }
    }

    fn complain(&mut self, when: &str, what: &[&str], fault: &str) {
        self.complaints.push(format!("{when}, {}: {fault}", what.join(" ")));
    }

    fn commands(&mut self, when: &str) {
        for arguments in [&["status"][..], &["update"], &["update", "--force"], &["resume", "home"]]
        {
            self.command(when, arguments, 0);
        }
    }
}

fn besiege(lock: Lock) {
    if stranger::is_missing("nobody could take a lock") {
        return;
    }
    let bell = Bell::hang();
    let mut bystanders = [Bystander::start(0), Bystander::start(stranger::UID)];
    let mut siege = Siege { stage: Stage::new(), lock, complaints: Vec::new() };
    assert_eq!(siege.stage.update().code(), 0);
    let before = siege.held();
    siege.commands("with nobody that stays");
    let sent = siege.stage.lab.requests().len();
    let mut runner = siege.stage.agent.spawn(&["run"]);
    netns::move_wan(WAN, "81.2.69.20");
    if !siege.stage.lab.wait_for_requests(sent + 1, PROMPT) {
        siege.complain("at the start", &["run"], "the new address was not sent");
    }
    let after = siege.held();
    siege.commands("with one that stays");
    if runner.has_ended() {
        siege.complain("at the end", &["run"], "it has ended");
    }
    drop((before, after));
    if bell.was_rung() || bystanders.iter_mut().any(|bystander| !bystander.is_alive()) {
        siege.complain("meanwhile", &["somebody else"], "was signalled");
    }
    assert!(siege.complaints.is_empty(), "{lock:?}:\n{}", siege.complaints.join("\n"));
}

#[test]
fn a_strangers_shared_flock_stops_nothing_and_has_nobody_signalled() {
    room::alone(|| besiege(Lock::SharedFlock));
}

#[test]
fn a_strangers_exclusive_flock_stops_nothing_and_has_nobody_signalled() {
    room::alone(|| besiege(Lock::ExclusiveFlock));
}

#[test]
fn a_strangers_lock_of_an_open_file_stops_nothing_and_has_nobody_signalled() {
    room::alone(|| besiege(Lock::OpenFile));
}

#[test]
fn a_strangers_lock_of_its_process_stops_nothing_and_has_nobody_signalled() {
    room::alone(|| besiege(Lock::Process));
}

#[test]
fn a_strangers_flock_and_lock_of_an_open_file_stop_nothing_and_have_nobody_signalled() {
    room::alone(|| besiege(Lock::FlockAndOpenFile));
}

#[test]
fn a_strangers_flock_and_lock_of_its_process_stop_nothing_and_have_nobody_signalled() {
    room::alone(|| besiege(Lock::FlockAndProcess));
}
