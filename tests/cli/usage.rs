//! Command lines that are wrong, and files that are missing: one sentence, and no network.

use std::process::Stdio;

use crate::support::lab::fault::Fault;
use crate::support::lab::reply::Reply;
use crate::support::netns;
use crate::support::stage::{Stage, host, one_host};

#[test]
fn a_wrong_command_line_is_one_sentence_and_reaches_nothing() {
    let stage = Stage::new();
    let rows: [&[&str]; 12] = [
        &[],
        &["--frobnicate", "update"],
        &["update", "--frobnicate"],
        &["update", "-f"],
        &["update", "--force=yes"],
        &["update", "--interface"],
        &["update", "house"],
        &["updat"],
        &["check", "--force"],
        &["status", "--json", "--prometheus"],
        &["resume"],
        &["--log-level", "loud", "update"],
    ];
    for arguments in rows {
        let output = stage.agent.run(arguments);
        assert_eq!(output.code(), 64, "{arguments:?}: {output:?}");
        assert_eq!((output.stdout.as_str(), output.stderr.lines().count()), ("", 1));
        assert!(output.stderr.starts_with("dynhost: "), "{}", output.stderr);
    }
    assert_eq!(stage.lab.connections(), 0);
    assert!(!stage.agent.state_file().exists());
}

#[test]
fn an_unknown_host_is_answered_with_those_there_are() {
    let stage = Stage::new();
    stage.configure_hosts(&[host("home", &[]), host("cabin", &[])]);
    let output = stage.agent.run(&["update", "home", "house"]);
    assert_eq!(output.code(), 64);
    for part in ["'house'", "home", "cabin"] {
        assert!(output.stderr.contains(part), "{}", output.stderr);
    }
    assert_eq!(stage.lab.connections(), 0);
}

#[test]
fn version_and_help_need_no_configuration() {
    let stage = Stage::new();
    std::fs::remove_file(stage.agent.config_file()).unwrap();
    let version = stage.agent.run(&["--version"]);
    let expected = format!("dynhost {}\n", env!("CARGO_PKG_VERSION"));
    assert_eq!((version.code(), version.stdout, version.stderr), (0, expected, String::new()));
    let help = stage.agent.run(&["--help"]);
    assert_eq!((help.code(), help.stderr.as_str()), (0, ""));
    for word in ["update", "status", "check", "resume", "--dry-run", "--state-dir", "exit codes"] {
        assert!(help.stdout.contains(word), "{word} is not in\n{}", help.stdout);
    }
}

#[test]
fn a_configuration_that_is_not_there_is_named() {
    let stage = Stage::new();
    std::fs::remove_file(stage.agent.config_file()).unwrap();
    for command in [&["update"][..], &["status"], &["check"], &["resume", "home"]] {
        let output = stage.agent.run(command);
        assert_eq!((output.code(), output.stdout.as_str()), (74, ""), "{command:?}");
        let path = stage.agent.config_file().display().to_string();
        assert!(output.stderr.contains(&path), "{}", output.stderr);
        assert_eq!(output.stderr.lines().count(), 1);
    }
}

#[test]
fn a_reader_that_has_gone_is_no_fault() {
    let stage = Stage::new();
    for arguments in [&["update"][..], &["status"], &["check"], &["--help"]] {
        let mut process = stage.agent.process(arguments);
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let mut child = process.stdout(writer).stderr(Stdio::piped()).spawn().unwrap();
        let mut stderr = String::new();
        std::io::Read::read_to_string(&mut child.stderr.take().unwrap(), &mut stderr).unwrap();
        assert_eq!(child.wait().unwrap().code(), Some(0), "{arguments:?}: {stderr}");
        assert!(!stderr.contains("panicked"), "{arguments:?}: {stderr}");
    }
    assert_eq!(stage.agent.record("home")["state"], "current");
}

#[test]
fn a_full_standard_output_is_an_error_of_files() {
    let stage = Stage::new();
    let full = std::fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
    let output = stage.agent.process(&["update"]).stdout(full).output().unwrap();
    assert_eq!(output.status.code(), Some(74));
    assert!(String::from_utf8_lossy(&output.stderr).contains("standard output"));
    assert_eq!(stage.agent.record("home")["state"], "current", "what was done is remembered");
}

/// What a terminal would obey, what turns the order of characters around, what nobody sees.
const HOSTILE: &str = "\u{1b}[2J\u{9b}31m\u{202e}\u{2066}\u{200b}\u{feff}\u{2028}\u{61c}";

#[track_caller]
fn assert_harmless(what: &str, shown: &str) {
    let harms = |c: &char| !matches!(c, '\n' | '\t') && !dynhost::text::is_printable(*c);
    let found: String = shown.chars().filter(harms).collect();
    assert!(found.is_empty(), "{what} lets {} through: {shown:?}", found.escape_default());
}

#[test]
fn no_argument_and_no_line_of_a_configuration_commands_the_terminal() {
    let stage = Stage::new();
    let arguments = [
        vec![HOSTILE],
        vec!["update", HOSTILE],
        vec!["status", HOSTILE],
        vec!["check", HOSTILE],
        vec!["resume", HOSTILE],
        vec!["--log-level", HOSTILE, "update"],
        vec!["--config", HOSTILE, "check"],
        vec!["--config", HOSTILE, "update"],
    ];
    for arguments in arguments {
        let output = stage.agent.run(&arguments);
        assert!(!output.stderr.is_empty(), "{arguments:?}");
        assert_harmless(&format!("{arguments:?}"), &(output.stdout + &output.stderr));
    }
    let visible = "\u{202e}\u{200b}\u{feff}\u{61c}";
    for (name, value) in [
        ("hostname", visible),
        ("interface", visible),
        ("device", visible),
        ("username", visible),
        ("password_file", "/nowhere/\u{202e}\u{200b}"),
        ("provider", visible),
        (visible, "1"),
        ("family", visible),
        ("on_change", "/nowhere/\u{202e}\u{200b}"),
    ] {
        stage.configure(&[(name, value)]);
        for command in [&["check"][..], &["update", "--dry-run"], &["update"], &["status"]] {
            let output = stage.agent.run(&[&["--log-level", "debug"], command].concat());
            assert_harmless(name, &(output.stdout + &output.stderr));
        }
        let file = std::fs::read_to_string(stage.agent.state_file()).unwrap_or_default();
        assert_harmless(name, &file);
    }
}

#[test]
fn no_device_no_reply_and_no_program_commands_the_terminal() {
    let stage = Stage::new();
    let seen = |what: &str, options: &[(&str, &str)]| {
        let agent = stage.fresh_agent();
        agent.configure(&one_host(&stage.lab, options));
        for command in [&["update"][..], &["status"], &["status", "--json"], &["update"]] {
            let output = agent.run(&[&["--log-level", "debug"], command].concat());
            assert_harmless(what, &(output.stdout + &output.stderr));
        }
        assert_harmless(what, &std::fs::read_to_string(agent.state_file()).unwrap());
        agent.record("home")
    };
    for status in [200, 404, 503] {
        stage.lab.clear_faults();
        stage.lab.fault(Fault::Reply(Reply::html(status, format!("forbidden {HOSTILE} page"))));
        let record = seen("a reply", &[]);
        assert!(
            record["last"]["text"].as_str().unwrap().ends_with("forbidden ... page"),
            "{record}"
        );
    }
    stage.lab.clear_faults();
    let program = r"/usr/bin/printf \033[2J\342\200\256";
    let record = seen("a program", &[("source", "command"), ("command", program)]);
    assert!(record["reason"].as_str().unwrap().contains(r"\u{1b}[2J\u{202e}"), "{record}");
    let device = "w\u{1b}[2J\u{202e}\u{200b}";
    netns::ip(&["link", "set", "wan0", "down"]);
    netns::ip(&["link", "set", "wan0", "name", device]);
    netns::ip(&["link", "set", device, "up"]);
    netns::ip(&["route", "add", "default", "dev", device]);
    let record = seen("a device", &[]);
    assert_eq!(record["device"], "w?[2J??", "{record}");
    assert_eq!(record["state"], "current");
}

#[test]
fn a_state_file_of_somebody_else_commands_no_terminal() {
    let stage = Stage::new();
    assert_eq!(stage.update().code(), 0);
    let ours = stage.agent.state_json();
    for field in ["host", "hostname", "source", "device", "reason", "fingerprint"] {
        let mut foreign = ours.clone();
        foreign["records"][0][field] = "\u{202e}\u{200b}".into();
        stage.agent.write_state(foreign.to_string().as_bytes());
        for arguments in [&["status"][..], &["status", "--json"], &["status", "--prometheus"]] {
            let output = stage.agent.run(arguments);
            assert_harmless(field, &(output.stdout + &output.stderr));
        }
    }
}
