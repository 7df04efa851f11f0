//! The user's own files: FIFOs and devices in their place, and files that are empty or cut.

use std::path::PathBuf;

use rustix::process::Signal;

use super::{AT_ONCE, assert_refused, make_fifo};
use crate::support::background::{LIMIT, find, wait_for, wait_for_published, wait_for_state};
use crate::support::lab::fault::Fault;
use crate::support::netns;
use crate::support::stage::{Stage, WAN, host, one_host};

/// A FIFO beside the configuration.
fn fifo(stage: &Stage) -> PathBuf {
    let path = stage.agent.config_file().with_file_name("fifo");
    make_fifo(&path);
    path
}

#[test]
fn a_configuration_that_is_no_regular_file_is_refused_and_never_waited_for() {
    let stage = Stage::new();
    let fifo = fifo(&stage).display().to_string();
    let rows = [(fifo.as_str(), "a FIFO"), ("/", "a directory"), ("/dev/null", "a device")];
    for (path, kind) in rows {
        for command in ["update", "run", "check", "status"] {
            let parts = [path, &format!("it is {kind}, wanted is a regular file")];
            assert_refused(&stage.agent, &["--config", path, command], &parts);
        }
    }
    assert_eq!(stage.lab.connections(), 0);
}

#[test]
fn a_link_to_a_configuration_is_followed() {
    let stage = Stage::new();
    let link = stage.agent.config_file().with_file_name("link");
    std::os::unix::fs::symlink(stage.agent.config_file(), &link).unwrap();
    let link = link.display().to_string();
    assert_eq!(stage.agent.run(&["--config", &link, "update"]).code(), 0);
}

#[test]
fn a_fifo_as_password_file_or_ca_file_is_a_fault_of_that_host() {
    let stage = Stage::with(crate::resident::lab_with(&["cabin"]));
    let fifo = fifo(&stage).display().to_string();
    let password =
        host("home", &[("password_file", &fifo)]).replace("\toption password 'secret'\n", "");
    stage.configure_hosts(&[password, host("cabin", &[])]);
    let output = stage.agent.spawn(&["update"]).wait(AT_ONCE);
    assert_eq!(output.verdict(), (78, "failed updated"), "{output:?}");
    let fault = format!("password_file: cannot read {fifo}: it is a FIFO");
    assert!(output.stdout.contains(&fault), "{}", output.stdout);

    let ca_file = stage.lab.ca_file().display().to_string();
    stage.agent.configure(&one_host(&stage.lab, &[]).replace(&ca_file, &fifo));
    let output = stage.agent.spawn(&["update"]).wait(AT_ONCE);
    assert_eq!(output.verdict(), (75, "failed"), "{output:?}");
    let check = stage.agent.spawn(&["check"]).wait(AT_ONCE);
    assert_eq!(check.code(), 78);
    assert!(check.stdout.contains(&format!("{fifo}: cannot be read")), "{}", check.stdout);
}

#[test]
fn a_fifo_in_the_configurations_place_at_a_reload_leaves_a_runner_that_can_be_ended() {
    let stage = Stage::new();
    let mut runner = stage.agent.spawn(&["run"]);
    wait_for_published(&stage.agent, "home", WAN);
    std::fs::remove_file(stage.agent.config_file()).unwrap();
    make_fifo(&stage.agent.config_file());
    runner.signal(Signal::HUP);
    runner.wait_for_log("it is a FIFO, wanted is a regular file", AT_ONCE);
    runner.wait_for_log("the configuration read before stays in force", AT_ONCE);
    netns::move_wan(WAN, "81.2.69.20");
    wait_for_published(&stage.agent, "home", "81.2.69.20");
    runner.signal(Signal::TERM);
    assert_eq!(runner.wait(AT_ONCE).code(), 0);
}

#[test]
fn a_configuration_that_is_empty_or_cut_at_a_reload_changes_nothing() {
    let stage = Stage::new();
    let mut runner = stage.agent.spawn(&["run"]);
    wait_for_published(&stage.agent, "home", WAN);
    let whole = std::fs::read_to_string(stage.agent.config_file()).unwrap();
    let cut = whole.trim_end().strip_suffix('\'').unwrap().rsplit_once('\n').unwrap().0;
    let rows = [
        ("", "no section"),
        ("\n# to be written\n", "no section"),
        ("\0\0\0\0\0\0\0\0\n", "no section"),
        (cut, "does not end with a line break"),
        (whole.trim_end(), "does not end with a line break"),
    ];
    for (text, reason) in rows {
        stage.agent.configure(text);
        runner.signal(Signal::HUP);
        let error = runner.wait_for_log(reason, LIMIT);
        let path = stage.agent.config_file().display().to_string();
        assert!(error.starts_with("ERROR") && error.contains(&path), "{error}");
        runner.wait_for_log("the configuration read before stays in force", LIMIT);
    }
    netns::move_wan(WAN, "81.2.69.20");
    wait_for_published(&stage.agent, "home", "81.2.69.20");
    assert_eq!(stage.lab.requests().len(), 2);
}

#[test]
fn a_host_that_vanishes_and_comes_back_goes_on_where_it_was() {
    let stage = Stage::with(crate::resident::lab_with(&["cabin"]));
    stage.lab.fault_for("example.com-cabin", Fault::Unauthorized);
    let both = [host("home", &[]), host("cabin", &[])];
    stage.configure_hosts(&both);
    let verdict = (77, "unchanged held");
    assert_eq!(stage.update().code(), 77);
    for empty in ["", "config agent 'agent'\n"] {
        stage.agent.configure(empty);
        assert_eq!(stage.update().code(), 0);
        assert_eq!(stage.agent.state_json()["records"].as_array().map(Vec::len), Some(0));
        let shown = stage.agent.run(&["status"]);
        assert_eq!((shown.code(), shown.stdout.as_str()), (0, "no host is configured\n"));
        assert!(!stage.agent.run(&["status", "--json"]).stdout.contains("cabin"));
        stage.configure_hosts(&both);
        assert_eq!(stage.update().verdict(), verdict, "nothing is asked twice");
    }
    assert_eq!(stage.lab.requests().len(), 2);
    // Another account is another question.
    stage.agent.configure("");
    assert_eq!(stage.update().code(), 0);
    stage.configure_hosts(&[host("home", &[]), host("cabin", &[("password", "other")])]);
    assert_eq!(stage.update().code(), 77);
    assert_eq!(stage.lab.requests().len(), 3);
}

#[test]
fn a_host_that_a_reload_drops_and_another_brings_back_keeps_its_hold() {
    let stage = Stage::with(crate::resident::lab_with(&["cabin"]));
    stage.lab.fault_for("example.com-cabin", Fault::Unauthorized);
    let both = [host("home", &[]), host("cabin", &[])];
    stage.configure_hosts(&both);
    let runner = stage.agent.spawn(&["run"]);
    wait_for_state(&stage.agent, "cabin", "held");
    wait_for_published(&stage.agent, "home", WAN);
    stage.configure_hosts(&both[..1]);
    runner.signal(Signal::HUP);
    wait_for("cabin gone", || find(&stage.agent, "cabin", "ipv4").is_none().then_some(()));
    stage.configure_hosts(&both);
    runner.signal(Signal::HUP);
    wait_for_state(&stage.agent, "cabin", "held");
    assert_eq!(stage.update().code(), 77);
    assert_eq!(stage.lab.requests().len(), 2);
}
