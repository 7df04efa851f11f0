//! `list source`: a program of the user's, alone or after the interface.

use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::net::UnixListener;
use std::time::{Duration, Instant};

use crate::support::netns;
use crate::support::stage::{Stage, WAN, host};
use crate::support::temp::TempDir;
use crate::support::ubusd::Ubusd;

/// A directory with a script in it, and the script's path.
fn script(text: &str) -> (TempDir, String) {
    let directory = TempDir::new();
    let path = directory.path().join("address.sh");
    std::fs::write(&path, format!("#!/bin/sh\n{text}\n")).unwrap();
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
    let shown = path.display().to_string();
    (directory, shown)
}

#[test]
fn a_program_may_name_the_address() {
    let stage = Stage::new();
    let (_directory, path) = script("echo 81.2.70.$1; echo more words");
    stage.configure(&[("source", "command"), ("command", &format!("{path} 42"))]);
    assert_eq!(stage.update().verdict(), (0, "updated"));
    assert_eq!(stage.lab.requests()[0].myip().as_deref(), Some("81.2.70.42"));
    let record = stage.agent.record("home");
    assert_eq!((&record["source"], &record["device"]), (&"command".into(), &().into()));
}

#[test]
fn what_a_program_says_is_no_address_until_it_is_one() {
    let rows = [
        ("echo hello", "no address: hello"),
        (":", "is empty"),
        ("echo 2a01:cb00:1:2::10", "not ipv4"),
        ("echo 81.2.70.42; exit 3", "exit code 3"),
        ("kill -9 $$", "signal 9"),
        ("yes 81.2.70.42", "more than 256 bytes"),
        ("echo 192.168.1.20", "192.168.1.20 is a private address"),
        ("echo '<html>81.2.70.42</html>'", "no address"),
    ];
    for (text, why) in rows {
        let stage = Stage::new();
        let (_directory, path) = script(text);
        stage.configure(&[("source", "command"), ("command", &path)]);
        let output = stage.update();
        assert_eq!(output.verdict(), (69, "no-address"), "{text}");
        assert!(output.stdout.contains(why), "{text}: {}", output.stdout);
        assert_eq!(stage.lab.connections(), 0);
    }
}

#[test]
fn a_program_that_hangs_is_killed_after_five_seconds_with_what_it_started() {
    let stage = Stage::new();
    let (directory, path) = script("sleep 50 & echo $! > \"$1\"; wait");
    let note = directory.path().join("pid");
    let command = format!("{path} {}", note.display());
    stage.configure(&[("source", "command"), ("command", &command)]);
    let started = Instant::now();
    let output = stage.update();
    assert_eq!(output.verdict(), (69, "no-address"));
    assert!(output.stdout.contains("killed after running for 5 s"), "{}", output.stdout);
    assert!(started.elapsed() < Duration::from_secs(20));
    let child = std::fs::read_to_string(note).unwrap();
    let stat = std::fs::read_to_string(format!("/proc/{}/stat", child.trim()));
    // Gone, or dead and not yet reaped by init.
    assert!(stat.is_err() || stat.is_ok_and(|stat| stat.contains(") Z ")), "{child} lives on");
}

#[test]
fn sources_are_tried_in_their_order() {
    let (_directory, path) = script("echo 81.2.70.42");
    for (order, address) in
        [(["interface", "command"], WAN), (["command", "interface"], "81.2.70.42")]
    {
        let stage = Stage::new();
        stage.configure(&[("source", order[0]), ("source", order[1]), ("command", &path)]);
        assert_eq!(stage.update().code(), 0);
        assert_eq!(stage.lab.requests()[0].myip().as_deref(), Some(address), "{order:?}");
    }
    let stage = Stage::new();
    stage.configure(&[("source", "interface"), ("source", "command"), ("command", &path)]);
    netns::remove_address(&format!("{WAN}/24"));
    assert_eq!(stage.update().code(), 0);
    assert_eq!(stage.lab.requests()[0].myip().as_deref(), Some("81.2.70.42"));
}

#[test]
fn a_program_sees_nothing_of_the_configuration() {
    let stage = Stage::new();
    let (directory, path) = script("env > \"$1\"; echo 81.2.70.42");
    let note = directory.path().join("env");
    let command = format!("{path} {}", note.display());
    stage.configure(&[("source", "command"), ("command", &command)]);
    assert_eq!(stage.update().code(), 0);
    let environment = std::fs::read_to_string(note).unwrap();
    assert!(environment.contains("PATH=") && !environment.contains("secret"), "{environment}");
}

/// Three hosts with these options.
fn three(options: &[(&str, &str)]) -> Vec<String> {
    ["home", "second", "third"].map(|name| host(name, options)).to_vec()
}

#[test]
fn one_run_of_a_program_serves_all_hosts_and_families_that_name_it() {
    let stage = Stage::new();
    let (directory, path) = script("echo run >> \"$1\"; echo 81.2.70.42");
    let note = directory.path().join("runs");
    let command = format!("{path} {}", note.display());
    let both = [("family", "ipv4"), ("family", "ipv6")];
    let source = [("source", "command"), ("command", command.as_str())];
    stage.configure_hosts(&three(&[&both[..], &source].concat()));
    stage.update();
    assert_eq!(std::fs::read_to_string(&note).unwrap().lines().count(), 1);
}

#[test]
fn programs_that_hang_do_so_side_by_side() {
    let stage = Stage::new();
    let hosts: Vec<_> = (60..64)
        .map(|n| {
            let command = format!("/bin/sleep {n}");
            host(&format!("h{n}"), &[("source", "command"), ("command", &command)])
        })
        .collect();
    stage.configure_hosts(&hosts);
    let began = Instant::now();
    let output = stage.update();
    assert!(began.elapsed() < Duration::from_secs(9), "{:?}", began.elapsed());
    assert_eq!(output.stdout.matches("killed after").count(), 4, "{}", output.stdout);
}

#[test]
fn a_ubusd_that_keeps_silent_is_waited_for_once() {
    let stage = Stage::new();
    Ubusd::hide();
    std::fs::create_dir("/var/run/ubus").unwrap();
    let _silent = UnixListener::bind("/var/run/ubus/ubus.sock").unwrap();
    stage.configure_hosts(&three(&[("interface", "wan")]));
    let began = Instant::now();
    let output = stage.update();
    assert!(began.elapsed() < Duration::from_secs(4), "{:?}", began.elapsed());
    assert_eq!(output.stdout.matches("no answer from ubus").count(), 3, "{}", output.stdout);
}
