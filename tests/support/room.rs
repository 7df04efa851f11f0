//! A room of one's own: a test in a process tree that nobody outside is part of.
//!
//! What a program under test signals there, be it everybody (`kill(-1, ...)`), stays there.

use std::any::type_name;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use signal_hook::consts::SIGUSR1;

use super::temp::TempDir;

/// Set for the process inside.
const INSIDE: &str = "DYNHOST_TEST_ROOM";

/// Runs `body`, a closure of the test that calls this, in process and mount namespaces of its own.
///
/// The test binary starts itself again for this one test, behind a shell that is process 1 there.
pub fn alone<F: FnOnce()>(body: F) {
    if std::env::var_os(INSIDE).is_some() {
        return body();
    }
    let test = name_of::<F>();
    let directory = TempDir::new();
    let myself = std::env::current_exe().expect("the test binary has a path");
    let mut command = Command::new("unshare");
    command.args(["--pid", "--fork", "--kill-child", "--mount-proc", "/bin/sh", "-c"]);
    // With an `exit` behind it the shell does not make room for what it starts.
    command.args(["\"$@\"; exit $?", "sh"]).arg(myself).args([test, "--exact", "--nocapture"]);
    // Process numbers are few in there, and directories are named after them.
    command.env(INSIDE, "1").env("TMPDIR", directory.path());
    let output = command.output().unwrap_or_else(|error| {
        panic!("this test needs the program `unshare`, of the package util-linux: {error}")
    });
    let [stdout, stderr] =
        [&output.stdout, &output.stderr].map(|text| String::from_utf8_lossy(text).into_owned());
    print!("{stdout}");
    eprint!("{stderr}");
    assert!(output.status.success(), "in a room of its own {test} ended with {}", output.status);
    assert!(stdout.contains("1 passed"), "there is no test {test}");
}

/// The test's name, as the test binary takes it, from that of a closure in it.
fn name_of<F>() -> &'static str {
    let closure = type_name::<F>();
    let test = closure.split_once("::").map_or(closure, |(_, inside)| inside);
    test.split("::{{closure}}").next().unwrap_or(test)
}

/// Hears every SIGUSR1 that this process gets, which would otherwise end it.
pub struct Bell(Arc<AtomicBool>);

impl Bell {
    /// Listens from now on.
    pub fn hang() -> Self {
        let rung = Arc::new(AtomicBool::new(false));
        signal_hook::flag::register(SIGUSR1, Arc::clone(&rung)).expect("SIGUSR1 can be caught");
        Self(rung)
    }

    /// Whether there was one.
    pub fn was_rung(&self) -> bool {
        self.0.load(Ordering::SeqCst)
    }
}
