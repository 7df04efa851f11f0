//! Runs the programs that want to be told of an event, in a thread of its own: no update waits for
//! them.

use std::io;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use super::background::{self, Reports, locked};
use super::poll::{input, poll};
use super::signals::Signals;
use super::{clock, program};
use crate::LOG;

/// All programs that one pass gives cause to run end within this: a single pass waits for them.
const TIME_LIMIT: Duration = Duration::from_secs(10);
/// A program that has less is not run.
const TIME_MIN: Duration = Duration::from_millis(100);
/// On OpenWrt, runs all of `/etc/hotplug.d/dynhost`.
const HOTPLUG_CALL: &str = "/sbin/hotplug-call";
/// More tellings than this wait for a program that hangs; older ones are dropped.
const WAITING_MAX: usize = 256;

/// The programs to be run, one after the other.
#[derive(Debug)]
pub struct Hooks {
    shared: Arc<Mutex<Shared>>,
    ended: Reports<()>,
}

#[derive(Debug, Default)]
struct Shared {
    waiting: Vec<Run>,
    is_running: bool,
    /// What was said of programs that failed, until they do not.
    told: Vec<String>,
    /// When the budget of those that wait is used up, in time since boot.
    deadline: Duration,
}

/// A program, and the variables it is told by.
#[derive(Debug)]
struct Run {
    argv: Vec<String>,
    env: Vec<(&'static str, String)>,
}

impl Hooks {
    /// Nothing is to be told yet.
    ///
    /// # Errors
    /// What the system says.
    pub fn new() -> io::Result<Self> {
        Ok(Self { shared: Arc::default(), ended: Reports::new()? })
    }

    /// Tells `on_change`, and on OpenWrt the scripts in `/etc/hotplug.d/dynhost`, by these
    /// variables.
    pub fn tell(
        &self,
        event: &'static str,
        mut env: Vec<(&'static str, String)>,
        on_change: Option<&str>,
    ) {
        if let Some(program) = on_change {
            self.queue(Run { argv: vec![program.into()], env: env.clone() });
        }
        if Path::new(HOTPLUG_CALL).exists() {
            // What scripts of that system look at first.
            env.push(("ACTION", event.into()));
            self.queue(Run { argv: vec![HOTPLUG_CALL.into(), "dynhost".into()], env });
        }
    }

    /// Waits until all of them have come to their end, or one of `signals` asks for something.
    /// Those for which there was no thread are run here, where nothing else waits.
    pub fn finish(&self, signals: Option<&Signals>) {
        if signals.is_none() && !locked(&self.shared).is_running {
            run_all(&self.shared);
        }
        let is_asked = || signals.is_some_and(Signals::are_asking);
        while locked(&self.shared).is_running && !is_asked() {
            let mut fds = vec![input(&self.ended)];
            fds.extend(signals.map(input));
            // What a poll that fails could tell is told by the next look.
            let _ = poll(&mut fds, Some(TIME_LIMIT));
            self.ended.take();
        }
    }

    fn queue(&self, run: Run) {
        let mut shared = locked(&self.shared);
        if shared.waiting.len() >= WAITING_MAX {
            shared.waiting.remove(0);
        }
        shared.waiting.push(run);
        if !shared.is_running {
            shared.deadline = clock::since_boot() + TIME_LIMIT;
            let (theirs, ended) = (Arc::clone(&self.shared), self.ended.reporter());
            let work = move || {
                run_all(&theirs);
                ended.send(());
            };
            let started = background::start(Box::new(work));
            shared.is_running = started.is_ok();
            if let Err(error) = started {
                // They are run with the next ones, or at the end of a single pass.
                shared.note("on_change", Some(format!("no program can be run now: {error}")));
            }
        }
    }
}

fn run_all(shared: &Mutex<Shared>) {
    loop {
        let mut ours = locked(shared);
        if ours.waiting.is_empty() {
            ours.is_running = false;
            return;
        }
        let run = ours.waiting.remove(0);
        let left = ours.deadline.saturating_sub(clock::since_boot());
        // One that hangs leaves time for those behind it.
        let parts = if ours.waiting.is_empty() { 1 } else { 2 };
        drop(ours);
        let failed = run.run(rounded(left / parts));
        locked(shared).tell(&run, failed);
    }
}

impl Shared {
    /// Says what went wrong with a program, once until it goes well again or something else does.
    fn tell(&mut self, run: &Run, failed: Option<String>) {
        self.note(&format!("on_change {}", run.argv.join(" ")), failed);
    }

    fn note(&mut self, what: &str, failed: Option<String>) {
        let name = format!("{what}: ");
        let line = failed.map(|why| format!("{name}{why}"));
        let is_known = line.as_ref().is_some_and(|line| self.told.contains(line));
        if !is_known {
            self.told.retain(|told| !told.starts_with(&name));
            if let Some(line) = line {
                log::warn!(target: LOG, "{line}");
                self.told.push(line);
            }
        }
    }
}

/// To tenths of a second, as that is said to the user.
fn rounded(time: Duration) -> Duration {
    // Not as_millis, which is of 128 bits: their division alone is 2 KB on MIPS.
    let tenths = (time.subsec_millis() + 50) / 100;
    Duration::from_secs(time.as_secs()) + Duration::from_millis(100) * tenths
}

impl Run {
    /// Why it did not do what it was to do.
    fn run(&self, time: Duration) -> Option<String> {
        let env: Vec<_> = self.env.iter().map(|(name, value)| (*name, value.as_str())).collect();
        if time < TIME_MIN {
            return Some("not run, as others took too long".into());
        }
        program::run(&self.argv, &env, time).err().map(|error| error.to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn programs_for_which_there_was_no_thread_are_run_at_the_end_of_a_pass() {
        let file = std::env::temp_dir().join(format!("dynhost-hooks-{}", std::process::id()));
        let script = format!("echo > {}", file.display());
        let argv = ["/bin/sh", "-c", &script].map(str::to_owned).to_vec();
        let hooks = Hooks::new().unwrap();
        let mut shared = locked(&hooks.shared);
        shared.waiting.push(Run { argv, env: Vec::new() });
        shared.deadline = clock::since_boot() + TIME_LIMIT;
        drop(shared);
        hooks.finish(None);
        std::fs::remove_file(file).unwrap();
    }
}
