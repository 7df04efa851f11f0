//! What the kernel is told about this process.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use rustix::process::{DumpableBehavior, Resource, Rlimit, set_dumpable_behavior, setrlimit};
use signal_hook::consts::SIGXFSZ;

/// Keeps passwords out of core dumps and out of the reach of other users' debuggers.
///
/// A kernel that refuses is no reason to leave a name stale.
pub fn protect_secrets() {
    let _ = setrlimit(Resource::Core, Rlimit { current: Some(0), maximum: Some(0) });
    let _ = set_dumpable_behavior(DumpableBehavior::NotDumpable);
}

/// Makes a file size limit an error of the write, as a full disk is, and not the end.
pub fn outlive_file_limits() {
    let _ = signal_hook::flag::register(SIGXFSZ, Arc::new(AtomicBool::new(false)));
}
