//! The end of a program, also of one that does not want to end.

use std::io;
use std::sync::Mutex;
use std::time::Duration;

use rustix::io::retry_on_intr;
use rustix::process::{Pid, Signal, WaitOptions, WaitStatus};
use rustix::process::{kill_process, kill_process_group, waitpid};

use super::ProgramError;
use crate::io::background::locked;
use crate::io::clock;

/// How long one that was killed may take to be gone: the kernel may have it wait for a disk.
const GRACE: Duration = Duration::from_secs(1);
const PIECE: Duration = Duration::from_millis(10);

/// Those that were not gone in time: the next program that ends looks after them.
static LEFT: Mutex<Vec<Pid>> = Mutex::new(Vec::new());

/// With what it started; it is not reaped yet, so its number cannot have become another's.
pub(super) fn kill(pid: Pid) {
    // It may have ended by itself just now, or may have gone into another group.
    let _ = kill_process_group(pid, Signal::KILL);
    let _ = kill_process(pid, Signal::KILL);
}

/// How a program ended that has ended, or was killed.
///
/// # Errors
/// [`ProgramError::Stuck`] if it is not gone after a second.
pub(super) fn reap(pid: Pid) -> Result<Option<WaitStatus>, ProgramError> {
    locked(&LEFT).retain(|left| matches!(status(*left), Ok(None)));
    within(pid, GRACE)
}

fn within(pid: Pid, grace: Duration) -> Result<Option<WaitStatus>, ProgramError> {
    let end = clock::since_boot().saturating_add(grace);
    loop {
        let ended = status(pid)?;
        if ended.is_some() {
            return Ok(ended);
        }
        if clock::since_boot() >= end {
            locked(&LEFT).push(pid);
            return Err(ProgramError::Stuck);
        }
        clock::sleep(PIECE);
    }
}

fn status(pid: Pid) -> io::Result<Option<WaitStatus>> {
    let ended = retry_on_intr(|| waitpid(Some(pid), WaitOptions::NOHANG))?;
    Ok(ended.map(|(_, status)| status))
}

#[cfg(test)]
mod tests {
    use super::super::spawn::spawn;
    use super::*;

    #[test]
    fn one_that_is_not_gone_in_time_is_looked_after_later() {
        let argv = ["/bin/sleep", "60"].map(str::to_owned);
        let (pid, _pipe) = spawn(&argv, &[]).unwrap();
        let stuck = within(pid, Duration::ZERO);
        assert!(matches!(stuck, Err(ProgramError::Stuck)), "{stuck:?}");
        assert!(locked(&LEFT).contains(&pid));
        kill(pid);
        while locked(&LEFT).contains(&pid) {
            let (other, _pipe) = spawn(&["/bin/true".to_owned()], &[]).unwrap();
            reap(other).unwrap();
        }
        assert!(status(pid).is_err(), "it is not a child any more");
    }
}
