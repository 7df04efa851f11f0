//! `check`, and what faults in the configuration stop and what they do not.

use std::os::unix::fs::{PermissionsExt as _, chown};
use std::path::{Path, PathBuf};

use crate::support::agent::Agent;
use crate::support::stage::{Stage, host, one_host};

fn set_mode(path: &Path, mode: u32) {
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
}

/// A file beside the configuration.
fn write(stage: &Stage, name: &str, content: &[u8]) -> PathBuf {
    let path = stage.agent.config_file().with_file_name(name);
    std::fs::write(&path, content).unwrap();
    set_mode(&path, 0o700);
    path
}

/// `check` has this to say, with the path and what to do, and a pass warns of it once.
#[track_caller]
fn assert_warned(stage: &Stage, path: &Path, parts: &[&str]) {
    let check = stage.agent.run(&["check"]);
    assert_eq!(check.code(), 78, "{parts:?}: {check:?}");
    let start = format!("{}: ", path.display());
    let is_it = |line: &str| line.contains(&start) && parts.iter().all(|part| line.contains(part));
    assert!(check.stdout.lines().any(is_it), "no {parts:?} of {start}in\n{}", check.stdout);
    let update = stage.update();
    let warned = update.stderr.lines().filter(|line| line.starts_with("WARN") && is_it(line));
    assert_eq!(warned.count(), 1, "no {parts:?} of {start}in\n{}", update.stderr);
}

#[track_caller]
fn assert_no_fault(stage: &Stage) {
    let check = stage.agent.run(&["check"]);
    assert_eq!(check.code(), 0, "{check:?}");
}

/// Gives a file to another user, where there is one; in a user namespace there is none.
fn give_away(path: &Path) -> bool {
    chown(path, Some(1234), None).is_ok()
}

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
    assert_eq!(output.verdict(), (78, "failed updated"));
    let [cabin, _] = output.lines().try_into().unwrap();
    assert_eq!((cabin.family.as_str(), cabin.address.as_str()), ("-", "-"));
    assert!(cabin.text.contains("ipx") && cabin.text.contains("dynhost.conf:"), "{}", cabin.text);
    assert_eq!(stage.update().verdict(), (78, "failed unchanged"));
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
    assert_eq!(stage.update().verdict(), (0, "unchanged"));
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
    assert_eq!(output.verdict(), (0, "updated"));
    assert!(output.stderr.contains("did you mean 'family'?"), "{}", output.stderr);
    assert_eq!(stage.agent.run(&["check"]).code(), 78);
}

#[test]
fn a_configuration_that_others_may_read_is_a_warning() {
    let stage = Stage::new();
    let mode = |mode| std::fs::Permissions::from_mode(mode);
    std::fs::set_permissions(stage.agent.config_file(), mode(0o644)).unwrap();
    let output = stage.update();
    assert_eq!(output.verdict(), (0, "updated"));
    assert!(output.stderr.contains("chmod o-rwx"), "{}", output.stderr);
    assert_eq!(stage.agent.run(&["check"]).code(), 78);
    std::fs::set_permissions(stage.agent.config_file(), mode(0o640)).unwrap();
    assert_eq!(stage.agent.run(&["check"]).code(), 0);
}

#[test]
fn what_nobody_sees_in_a_login_or_a_password_is_told_and_sent_as_it_is() {
    let stage = Stage::new();
    let file = stage.agent.config_file().with_file_name("password");
    let blank = "begins or ends with a blank";
    let unseen = "holds a character that nobody sees";
    for (secret, told) in [
        ("secret", None),
        ("se cret", None),
        ("s\u{e9}cr\u{e8}t", None),
        ("secret ", Some(blank)),
        (" secret", Some(blank)),
        ("secret\u{a0}", Some(blank)),
        ("se\u{a0}cret", Some(unseen)),
        ("secret\u{200b}", Some(unseen)),
        ("se\u{feff}cret", Some(unseen)),
        ("se\u{202e}cret", Some(unseen)),
        ("se\u{ad}cret", Some(unseen)),
    ] {
        std::fs::write(&file, format!("{secret}\n")).unwrap();
        std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o600)).unwrap();
        let path = file.display().to_string();
        let in_file = one_host(&stage.lab, &[("password_file", &path)]);
        let in_file = in_file.replace("\toption password 'secret'\n", "");
        for config in [in_file, one_host(&stage.lab, &[("password", secret)])] {
            stage.agent.configure(&config);
            let output = stage.agent.run(&["check"]);
            assert_eq!(
                output.code(),
                if told.is_some() { 78 } else { 0 },
                "{secret:?}: {output:?}"
            );
            assert!(told.is_none_or(|told| output.stdout.contains(told)), "{secret:?}: {output:?}");
            assert!(!output.said().contains("cret"), "{secret:?}: {output:?}");
        }
        stage.agent.configure(&one_host(&stage.lab, &[("username", secret)]));
        let output = stage.agent.run(&["check"]);
        assert!(told.is_none_or(|told| output.stdout.contains(told)), "{secret:?}: {output:?}");
    }
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

#[test]
fn a_configuration_that_others_may_change_is_a_warning() {
    let stage = Stage::new();
    let path = stage.agent.config_file();
    for mode in [0o620, 0o602, 0o622] {
        set_mode(&path, mode);
        assert_warned(&stage, &path, &["names programs to run", "chmod go-w"]);
    }
    set_mode(&path, 0o600);
    assert_no_fault(&stage);
    if give_away(&path) {
        assert_warned(&stage, &path, &["belongs to user 1234", "chown"]);
        chown(&path, Some(0), None).unwrap();
    }
    let directory = path.parent().unwrap();
    set_mode(directory, 0o777);
    let relied = format!("replace {}", path.display());
    assert_warned(&stage, directory, &["others may write", "chmod o-w", &relied]);
    // Sticky, nobody replaces another's file.
    set_mode(directory, 0o1777);
    assert_no_fault(&stage);
    set_mode(directory, 0o755);
    if give_away(directory) {
        assert_warned(&stage, directory, &["belongs to user 1234", &relied]);
        chown(directory, Some(0), None).unwrap();
    }
    assert_no_fault(&stage);
}

#[test]
fn a_password_file_that_others_may_read_or_change_is_a_warning() {
    let stage = Stage::new();
    let path = write(&stage, "password", b"secret\n");
    let text = path.display().to_string();
    let options = [("password_file", text.as_str())];
    let section = one_host(&stage.lab, &options).replace("\toption password 'secret'\n", "");
    stage.agent.configure(&section);
    assert_no_fault(&stage);
    set_mode(&path, 0o604);
    assert_warned(&stage, &path, &["read the password", "chmod o-rwx"]);
    set_mode(&path, 0o620);
    assert_warned(&stage, &path, &["change the password", "chmod go-w"]);
    set_mode(&path, 0o600);
    if give_away(&path) {
        assert_warned(&stage, &path, &["belongs to user 1234"]);
    }
}

#[test]
fn a_password_file_that_holds_more_or_less_than_a_password_is_a_fault_of_its_host() {
    let stage = Stage::new();
    let rows: [(&[u8], &str); 7] = [
        (b"", "no password in its first line"),
        (b"\n", "no password in its first line"),
        (b"secret\nmore\n", "more than one line"),
        (b"secret\n\n", "more than one line"),
        (b"secret\r\r\n", "more than one line"),
        (b"\xef\xbb\xbfsecret\n", "byte order mark"),
        (b"\xff\xfes\0e\0c\0", "is not UTF-8"),
    ];
    for (content, sentence) in rows {
        let path = write(&stage, "password", content).display().to_string();
        let options = [("password_file", path.as_str())];
        let section = one_host(&stage.lab, &options).replace("\toption password 'secret'\n", "");
        stage.agent.configure(&section);
        let check = stage.agent.run(&["check"]);
        assert_eq!(check.code(), 78, "{sentence}");
        assert!(check.stdout.contains(sentence), "no {sentence:?} in {}", check.stdout);
        assert!(!check.stdout.contains("secret"), "{}", check.stdout);
        assert_eq!(stage.update().verdict(), (78, "failed"), "{sentence}");
    }
    assert_eq!(stage.lab.connections(), 0);
}

#[test]
fn a_program_that_others_may_change_is_a_warning() {
    let stage = Stage::new();
    let program = write(&stage, "program", b"#!/bin/sh\necho 81.2.69.10\n");
    let path = program.display().to_string();
    let shell = format!("/bin/sh {path}");
    let rows: [&[(&str, &str)]; 3] = [
        &[("source", "command"), ("command", &path)],
        &[("source", "command"), ("command", &shell)],
        &[("on_change", &path)],
    ];
    for options in rows {
        stage.configure(options);
        set_mode(&program, 0o755);
        assert_no_fault(&stage);
        set_mode(&program, 0o757);
        assert_warned(&stage, &program, &["which dynhost runs", "chmod go-w"]);
        set_mode(&program, 0o755);
        if give_away(&program) {
            assert_warned(&stage, &program, &["belongs to user 1234"]);
            chown(&program, Some(0), None).unwrap();
        }
    }
    // A link in a directory of everybody's to a program that is well kept.
    let open = program.with_file_name("open");
    std::fs::create_dir(&open).unwrap();
    set_mode(&open, 0o777);
    let link = open.join("program");
    std::os::unix::fs::symlink(&program, &link).unwrap();
    stage.configure(&[("on_change", &link.display().to_string())]);
    assert_warned(&stage, &open, &["others may write", &format!("replace {}", link.display())]);
    let agent = "config agent 'agent'\n\toption on_change '/bin/true'\n";
    stage.agent.configure(&(agent.to_owned() + &one_host(&stage.lab, &[])));
    assert_no_fault(&stage);
}

#[test]
fn authorities_that_others_may_change_or_that_are_none_are_a_warning() {
    let stage = Stage::new();
    let bundle = std::fs::read(stage.lab.ca_file()).unwrap();
    let path = write(&stage, "ca.pem", &bundle);
    let own = stage.lab.ca_file().display().to_string();
    let config = one_host(&stage.lab, &[]).replace(&own, &path.display().to_string());
    stage.agent.configure(&config);
    assert_no_fault(&stage);
    set_mode(&path, 0o646);
    assert_warned(&stage, &path, &["whom to trust", "chmod go-w"]);
    set_mode(&path, 0o644);
    for content in [&b""[..], b"-----BEGIN CERTIFICATE-----\n", b"not a certificate"] {
        std::fs::write(&path, content).unwrap();
        let check = stage.agent.run(&["check"]);
        assert_eq!(check.code(), 78);
        let sentence = format!("{}: holds no certificate", path.display());
        assert!(check.stdout.contains(&sentence), "{}", check.stdout);
    }
    std::fs::remove_file(&path).unwrap();
    let check = stage.agent.run(&["check"]);
    assert_eq!(check.code(), 78);
    assert!(check.stdout.contains("ca.pem: cannot be read"), "{}", check.stdout);
}

#[test]
fn a_password_cut_short_by_a_comment_is_a_warning_of_its_line() {
    let stage = Stage::new();
    let quoted = one_host(&stage.lab, &[]);
    let bare = quoted.replace("'secret'", "secret#word");
    let line = 1 + bare.lines().position(|line| line.contains("secret#word")).unwrap();
    stage.agent.configure(&bare);
    let check = stage.agent.run(&["check"]);
    assert_eq!(check.code(), 78);
    let start = format!("{}:{line}: ", stage.agent.config_file().display());
    let found = check.stdout.lines().find(|line| line.starts_with(&start));
    let found = found.unwrap_or_else(|| panic!("nothing of line {line} in {}", check.stdout));
    assert!(found.contains("quotes") && !found.contains("secret"), "{found}");
    assert_eq!(stage.update().code(), 0);
    stage.agent.configure(&quoted.replace("'secret'", "secret # a word"));
    assert_no_fault(&stage);
}

#[test]
fn as_a_whole_a_file_is_good_whatever_is_wrong_with_one_host() {
    let stage = Stage::new();
    let rows = [
        (host("home", &[("family", "ipx")]), 0, ""),
        (String::from("config hots 'home'\n"), 0, ""),
        (String::from("config host 'home\n"), 78, ":1: the quote opened here is never closed"),
        (String::from("# nothing\n"), 74, "the file has no section"),
        (String::from("config host 'home'"), 74, "does not end with a line break"),
    ];
    for (configuration, code, expected) in rows {
        stage.agent.configure(&configuration);
        let output = stage.agent.run(&["check", "--syntax"]);
        assert_eq!(output.code(), code, "{configuration:?}: {output:?}");
        let said = output.said();
        assert!(said.contains(expected) && (code != 0 || said.is_empty()), "{said:?}");
    }
}

#[test]
fn a_configuration_that_is_missing_says_what_to_do() {
    let agent = Agent::new("");
    std::fs::remove_file(agent.config_file()).unwrap();
    for command in ["check", "update", "run", "status"] {
        let output = agent.run(&[command]);
        assert_eq!(output.code(), 74, "{command}: {output:?}");
        for part in ["it does not exist", "config host 'home'", "--config"] {
            assert!(output.stderr.contains(part), "{command}: {output:?}");
        }
    }
}
