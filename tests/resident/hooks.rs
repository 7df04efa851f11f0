//! `on_change`: programs hear of what happened, without secrets, and cannot hold up the next update.

use std::collections::BTreeMap;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::time::Instant;

use rustix::process::Signal;

use super::lab_with;
use crate::support::background::{LIMIT, wait_for, wait_for_published, wait_for_state};
use crate::support::lab::fault::Fault;
use crate::support::netns;
use crate::support::stage::{Stage, WAN, host};
use crate::support::temp::TempDir;

/// Makes a program of tests/resident in a directory of its own, where it leaves what it hears.
///
/// A link and not a copy: what was just written may still be open in another test's child, and
/// then cannot be run.
fn program(directory: &TempDir, name: &str) -> PathBuf {
    let path = directory.path().join(name);
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/resident").join(name);
    symlink(script, &path).unwrap();
    path
}

type Told = BTreeMap<String, String>;

/// What the program heard so far: its environment, call by call.
fn told(directory: &TempDir) -> Vec<Told> {
    let text = std::fs::read_to_string(directory.path().join("told")).unwrap_or_default();
    let calls = text.split_terminator("--\n");
    let variables = |call: &str| {
        let pairs = call.lines().filter_map(|line| line.split_once('='));
        pairs.map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
    };
    calls.map(variables).collect()
}

fn wait_for_calls(directory: &TempDir, count: usize) -> Vec<Told> {
    wait_for(&format!("{count} calls"), || {
        Some(told(directory)).filter(|calls| calls.len() >= count)
    })
}

#[test]
fn programs_hear_of_published_held_and_released_and_of_no_secret() {
    let directory = TempDir::new();
    let tell = program(&directory, "tell.sh");
    let stage = Stage::new();
    let on_change = ("on_change", tell.to_str().unwrap());
    stage.configure(&[on_change]);
    let runner = stage.agent.spawn(&["run"]);
    let first = wait_for_calls(&directory, 1).remove(0);
    let expected = [
        ("DYNHOST_EVENT", "published"),
        ("DYNHOST_HOST", "home"),
        ("DYNHOST_HOSTNAME", "home.example.com"),
        ("DYNHOST_FAMILY", "ipv4"),
        ("DYNHOST_STATE", "current"),
        ("DYNHOST_ADDRESS", WAN),
        ("DYNHOST_PUBLISHED", WAN),
        ("DYNHOST_REASON", ""),
    ];
    for (name, value) in expected {
        assert_eq!(first.get(name).map(String::as_str), Some(value), "{name}: {first:?}");
    }
    stage.lab.fault(Fault::Unauthorized);
    netns::move_wan(WAN, "81.2.69.20");
    let held = wait_for_calls(&directory, 2).remove(1);
    assert_eq!((held["DYNHOST_EVENT"].as_str(), held["DYNHOST_STATE"].as_str()), ("held", "held"));
    assert_eq!((&*held["DYNHOST_ADDRESS"], &*held["DYNHOST_PUBLISHED"]), ("81.2.69.20", WAN));
    assert!(!held["DYNHOST_REASON"].is_empty());
    stage.lab.clear_faults();
    assert_eq!(stage.agent.run(&["resume", "home"]).code(), 0);
    let calls = wait_for_calls(&directory, 4);
    let events: Vec<_> = calls.iter().map(|call| &*call["DYNHOST_EVENT"]).collect();
    assert_eq!(events, ["published", "held", "released", "published"]);
    // Nothing happened, nothing is told.
    runner.signal(Signal::HUP);
    assert_eq!(stage.update().code(), 0);
    assert_eq!(told(&directory).len(), 4);
    // The shell itself adds PWD and the like.
    for call in calls {
        for (name, value) in call {
            let is_known = name.starts_with("DYNHOST_")
                || ["PATH", "PWD", "SHLVL", "_", "OLDPWD"].contains(&&*name);
            assert!(is_known && !value.contains("secret"), "{name}={value}");
        }
    }
}

#[test]
fn a_hosts_own_program_goes_before_the_agents() {
    let (own, common) = (TempDir::new(), TempDir::new());
    let (tell_own, tell_common) = (program(&own, "tell.sh"), program(&common, "tell.sh"));
    let stage = Stage::with(lab_with(&["office"]));
    let agent = format!("config agent\n\toption on_change '{}'\n\n", tell_common.display());
    let on_change = ("on_change", tell_own.to_str().unwrap());
    stage.configure_hosts(&[agent, host("home", &[on_change]), host("office", &[])]);
    let _runner = stage.agent.spawn(&["run"]);
    assert_eq!(wait_for_calls(&own, 1)[0]["DYNHOST_HOST"], "home");
    assert_eq!(wait_for_calls(&common, 1)[0]["DYNHOST_HOST"], "office");
    assert_eq!(stage.update().code(), 0);
    assert_eq!((told(&own).len(), told(&common).len()), (1, 1));
}

#[test]
fn a_program_that_hangs_is_killed_after_ten_seconds_and_updates_go_on() {
    let directory = TempDir::new();
    let stage = Stage::new();
    stage.configure(&[("on_change", program(&directory, "hang.sh").to_str().unwrap())]);
    let mut runner = stage.agent.spawn(&["run"]);
    wait_for_published(&stage.agent, "home", WAN);
    let began = Instant::now();
    netns::move_wan(WAN, "81.2.69.20");
    runner.wait_for_log("it was killed after running for 10 s", LIMIT);
    assert!(stage.lab.wait_for_requests(2, LIMIT));
    let took = began.elapsed().as_secs_f64();
    assert!(took < 14.0, "{took} s");
    // Not even the end has to wait for it.
    wait_for_published(&stage.agent, "home", "81.2.69.20");
    let asked = Instant::now();
    runner.signal(Signal::TERM);
    assert_eq!(runner.wait(LIMIT).code(), 0);
    assert!(asked.elapsed().as_secs_f64() < 1.0, "{:?}", asked.elapsed());
}

#[test]
fn a_program_that_is_not_there_is_a_warning_and_not_one_for_each_change() {
    let stage = Stage::new();
    stage.configure(&[("on_change", "/nowhere/tell.sh")]);
    let mut runner = stage.agent.spawn(&["run"]);
    let warning = runner.wait_for_log("on_change /nowhere/tell.sh", LIMIT);
    assert!(warning.starts_with("WARN"), "{warning}");
    wait_for_state(&stage.agent, "home", "current");
    netns::move_wan(WAN, "81.2.69.20");
    wait_for_published(&stage.agent, "home", "81.2.69.20");
    netns::move_wan("81.2.69.20", "81.2.69.21");
    wait_for_published(&stage.agent, "home", "81.2.69.21");
    runner.signal(Signal::TERM);
    let said = runner.wait(LIMIT).stderr;
    assert_eq!(said.matches("on_change").count(), 1, "{said}");
}
