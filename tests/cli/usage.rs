//! Command lines that are wrong, and files that are missing: one sentence, and no network.

use std::process::Stdio;

use crate::support::stage::{Stage, host};

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
