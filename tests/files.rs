//! Is a file taken for what its path promises? Links, FIFOs, modes, owners, and directories that
//! go away.

mod callers;
mod removed;
mod state_dir;
mod user;

use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use crate::support::agent::{Agent, Output, Running};

/// What a busy machine may take for what takes no time.
const AT_ONCE: Duration = Duration::from_secs(10);

fn make_fifo(path: &Path) {
    let status = Command::new("mkfifo").arg(path).status().expect("coreutils are there");
    assert!(status.success(), "no FIFO {}", path.display());
}

/// Runs a command that is to be refused with one sentence that says these things.
#[track_caller]
fn assert_refused(agent: &Agent, arguments: &[&str], parts: &[&str]) {
    let asked = Instant::now();
    let output: Output = Running::start(agent.process(arguments)).wait(AT_ONCE);
    assert!(asked.elapsed() < AT_ONCE);
    assert_eq!((output.code(), output.stdout.as_str()), (74, ""), "{output:?}");
    for part in parts {
        assert!(output.stderr.contains(part), "no {part:?} in {}", output.stderr);
    }
    assert_eq!(output.stderr.lines().count(), 1, "{}", output.stderr);
}
