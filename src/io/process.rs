//! What the kernel is told about this process.

use rustix::process::{DumpableBehavior, Resource, Rlimit, set_dumpable_behavior, setrlimit};

/// Keeps passwords out of core dumps and out of the reach of other users' debuggers.
///
/// A kernel that refuses is no reason to leave a name stale.
pub fn protect_secrets() {
    let _ = setrlimit(Resource::Core, Rlimit { current: Some(0), maximum: Some(0) });
    let _ = set_dumpable_behavior(DumpableBehavior::NotDumpable);
}
