//! `check`, and what faults in the configuration stop and what they do not.

use std::os::unix::fs::PermissionsExt as _;

use crate::support::stage::{Stage, host};

#[test]
fn a_configuration_without_fault_is_said_to_be_one() {
    let stage = Stage::new();
    let output = stage.agent.run(&["check"]);
    assert_eq!((output.code(), output.stderr.as_str()), (0, ""));
    assert!(output.stdout.contains("no fault"), "{}", output.stdout);
    assert_eq!(stage.lab.connections(), 0);
}

#[test]
fn every_fault_is_reported_with_its_line() {
    let stage = Stage::new();
    let config = "\
config agent 'agent'
\toption log_level 'loud'
config host 'home'
\toption hostname 'home'
\toption username 'example.com-home'
\toption password 'secret'
\tlist family 'ipx'
\toption pasword 'hunter2'
config host 'cabin'
\toption hostname 'cabin.example.com'
";
    stage.agent.configure(config);
    let output = stage.agent.run(&["check"]);
    assert_eq!(output.code(), 78);
    let path = stage.agent.config_file().display().to_string();
    for (line, what) in [
        (2, "log_level 'loud'"),
        (4, "hostname"),
        (7, "ipx"),
        (8, "did you mean 'password'?"),
        (9, "username"),
        (9, "password"),
    ] {
        let place = format!("{path}:{line}: ");
        let found = output.stdout.lines().any(|l| l.starts_with(&place) && l.contains(what));
        assert!(found, "{place}{what} is not in\n{}", output.stdout);
    }
    assert!(!output.stdout.contains("hunter2") && !output.stdout.contains("secret"));
}

#[test]
fn a_fault_takes_out_its_host_and_no_other() {
    let stage = Stage::new();
    stage.configure_hosts(&[host("cabin", &[("family", "ipx")]), host("home", &[])]);
    let output = stage.update();
    assert_eq!(output.verdict(), (78, vec!["failed".into(), "updated".into()]));
    let [cabin, _] = output.lines().try_into().unwrap();
    assert_eq!((cabin.family.as_str(), cabin.address.as_str()), ("-", "-"));
    assert!(cabin.text.contains("ipx") && cabin.text.contains("dynhost.conf:"), "{}", cabin.text);
    assert_eq!(stage.update().verdict(), (78, vec!["failed".into(), "unchanged".into()]));
    // A pass over the healthy one alone has nothing to complain about.
    assert_eq!(stage.agent.run(&["update", "home"]).code(), 0);
}

#[test]
fn a_mended_fault_sends_nothing_again() {
    let stage = Stage::new();
    assert_eq!(stage.update().code(), 0);
    let good = std::fs::read_to_string(stage.agent.config_file()).unwrap();
    stage.configure(&[("family", "ipx")]);
    assert_eq!(stage.update().code(), 78);
    stage.agent.configure(&good);
    assert_eq!(stage.update().verdict(), (0, vec!["unchanged".into()]));
    assert_eq!(stage.lab.requests().len(), 1);
}

#[test]
fn a_syntax_error_stops_everything() {
    let stage = Stage::new();
    let good = std::fs::read_to_string(stage.agent.config_file()).unwrap();
    for wrong in ["config host 'cabin\n", "optoin a 'b'\n", "option hostname 'a' 'b'\n"] {
        stage.agent.configure(&format!("{good}{wrong}"));
        let line = good.lines().count() + 1;
        for command in [&["update"][..], &["update", "--dry-run"], &["resume", "home"], &["check"]]
        {
            let output = stage.agent.run(command);
            assert_eq!(output.code(), 78, "{wrong:?} {command:?}");
            let said = format!("{}{}", output.stdout, output.stderr);
            assert!(said.contains(&format!("dynhost.conf:{line}: ")), "{said}");
        }
    }
    assert_eq!(stage.lab.connections(), 0);
}

#[test]
fn an_unknown_option_is_a_warning_and_a_fault_for_check() {
    let stage = Stage::new();
    stage.configure(&[("familly", "ipv4")]);
    let output = stage.update();
    assert_eq!(output.verdict(), (0, vec!["updated".into()]));
    assert!(output.stderr.contains("did you mean 'family'?"), "{}", output.stderr);
    assert_eq!(stage.agent.run(&["check"]).code(), 78);
}

#[test]
fn a_configuration_that_others_may_read_is_a_warning() {
    let stage = Stage::new();
    let mode = |mode| std::fs::Permissions::from_mode(mode);
    std::fs::set_permissions(stage.agent.config_file(), mode(0o644)).unwrap();
    let output = stage.update();
    assert_eq!(output.verdict(), (0, vec!["updated".into()]));
    assert!(output.stderr.contains("chmod 600"), "{}", output.stderr);
    assert_eq!(stage.agent.run(&["check"]).code(), 78);
    std::fs::set_permissions(stage.agent.config_file(), mode(0o640)).unwrap();
    assert_eq!(stage.agent.run(&["check"]).code(), 0);
}

#[test]
fn an_empty_or_idle_configuration_is_a_warning() {
    let stage = Stage::new();
    stage.agent.configure("");
    let output = stage.update();
    assert_eq!((output.code(), output.stdout.as_str()), (0, ""));
    assert!(output.stderr.contains("no host is configured"), "{}", output.stderr);
    assert_eq!(stage.agent.run(&["check"]).code(), 78);
    assert_eq!(stage.agent.run(&["status"]).code(), 0);
}

#[test]
fn http_is_refused_unless_it_was_asked_for() {
    let stage = Stage::new();
    let config = std::fs::read_to_string(stage.agent.config_file()).unwrap();
    let plain = config.replace("https://", "http://");
    stage.agent.configure(&plain);
    assert_eq!(stage.update().code(), 78);
    assert_eq!(stage.lab.connections(), 0);
    stage.agent.configure(
        &plain.replace("\toption ca_file", "\toption insecure_http '1'\n\toption ca_file"),
    );
    // The lab speaks TLS only, so that the request is tried is all there is to see.
    assert_eq!(stage.update().code(), 75);
    assert_eq!(stage.lab.connections(), 1);
}
