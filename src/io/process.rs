//! What the kernel is told about this process.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::{fs, io};

use nix::sys::signal::SigSet;
use rustix::process::{DumpableBehavior, Resource, Rlimit, set_dumpable_behavior, setrlimit};
use signal_hook::consts::{
    SIGALRM, SIGCHLD, SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGUSR1, SIGUSR2, SIGXFSZ,
};
use signal_hook::flag;

/// Whether standard output is a terminal whose user has not forbidden colours.
///
/// See <https://no-color.org>.
#[cfg(feature = "doctor")]
#[must_use]
pub fn may_colour() -> bool {
    let is_forbidden = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    !is_forbidden && io::IsTerminal::is_terminal(&io::stdout())
}

/// Keeps passwords out of core dumps and out of the reach of other users' debuggers.
///
/// A kernel that refuses is no reason to leave a name stale.
pub fn protect_secrets() {
    let none = Rlimit { current: Some(0), maximum: Some(0) };
    let _ = setrlimit(Resource::Core, none);
    let _ = set_dumpable_behavior(DumpableBehavior::NotDumpable);
}

/// Makes a file size limit an error of the write, as a full disk is, and not the end.
pub fn outlive_file_limits() {
    let _ = flag::register(SIGXFSZ, Arc::new(AtomicBool::new(false)));
}

/// No file that this process or what it starts writes becomes longer than so many bytes.
#[cfg(feature = "rpcd")]
pub(super) fn limit_files(bytes: u64) {
    // A kernel that refuses leaves what the programs hold to by themselves.
    let _ = setrlimit(Resource::Fsize, Rlimit { current: Some(bytes), maximum: Some(bytes) });
}

/// Whether an inherited contempt of SIGTERM is made up for; not once something better is done.
pub(super) static TERM_ENDS: AtomicBool = AtomicBool::new(true);

/// Undoes what the parent had this process do about signals; before any thread is started.
///
/// None stays blocked, as SIGTERM could be. What is ignored stays without effect (`nohup`, a job
/// in the background), but for SIGTERM: by handlers, which programs that are run do not inherit,
/// and with which the end of such a program can be waited for (SIGCHLD).
pub fn undo_inherited_signals() {
    let _ = SigSet::empty().thread_set_mask();
    let ignored = ignored_signals().unwrap_or(0);
    for signal in [SIGHUP, SIGINT, SIGQUIT, SIGUSR1, SIGUSR2, SIGALRM, SIGCHLD, SIGTERM] {
        if ignored & (1 << (signal - 1)) == 0 {
            continue;
        }
        let _ = match signal {
            SIGTERM => flag::register_conditional_default(signal, &TERM_ENDS),
            _ => flag::register(signal, Arc::new(AtomicBool::new(false))),
        };
    }
}

/// One bit for each of the first 64 signals, from the lowest; MIPS has 128.
fn ignored_signals() -> io::Result<u64> {
    let status = fs::read_to_string("/proc/self/status")?;
    let set = status.lines().find_map(|line| line.strip_prefix("SigIgn:")).unwrap_or_default();
    let set = set.trim();
    let low = set.get(set.len().saturating_sub(16)..).unwrap_or_default();
    u64::from_str_radix(low, 16).map_err(io::Error::other)
}
