//! `update`: its lines, what its flags cover, and what a dry run leaves alone.

use crate::support::agent::Agent;
use crate::support::lab::fault::Fault;
use crate::support::lab::options::{Identifier, LabOptions};
use crate::support::stage::{Stage, WAN, host};
use crate::support::temp::TempDir;

fn two_hosts() -> Stage {
    let mut options = LabOptions::default();
    options.identifiers.push(Identifier::new("example.com-cabin", "secret", "cabin"));
    options.records.push(("cabin.example.com".into(), [81, 2, 69, 1].into()));
    let stage = Stage::with(options);
    stage.configure_hosts(&[host("home", &[]), host("cabin", &[])]);
    stage
}

fn names(directory: &std::path::Path) -> Vec<String> {
    let entries = std::fs::read_dir(directory).unwrap();
    let mut names: Vec<_> =
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

#[test]
fn each_record_is_one_line_of_five_fields() {
    let stage = Stage::new();
    assert_eq!(
        stage.update().stdout,
        "home\tipv4\tupdated\t81.2.69.10\tIP is now 81.2.69.10: address stored\n"
    );
    assert_eq!(
        stage.update().stdout,
        "home\tipv4\tunchanged\t81.2.69.10\tthe provider has this address, nothing was sent\n"
    );
    stage.configure(&[("enabled", "0")]);
    let off = stage.update();
    assert!(off.stdout.starts_with("home\tipv4\tdisabled\t"), "{}", off.stdout);
    assert_eq!(off.verdict(), (0, "disabled"));
    stage.configure(&[("device", "wan9")]);
    let missing = stage.update();
    assert!(missing.stdout.starts_with("home\tipv4\tno-address\t-\tthere is no device wan9"));
    assert_eq!(missing.code(), 69);
}

#[test]
fn a_provider_cannot_break_the_lines() {
    let stage = Stage::new();
    for body in ["a\tb\tc", "x\u{1b}[2Jy", "q\u{2028}home\tipv4", &"long ".repeat(500)] {
        stage.lab.clear_faults();
        stage.lab.fault(Fault::Word(body.into()));
        let output = stage.fresh_agent().run(&["update"]);
        let [line] = output.lines().try_into().unwrap();
        assert_eq!((line.result.as_str(), output.code()), ("failed", 75), "{body:?}");
        assert!(!line.text.contains(char::is_control), "{:?}", line.text);
        let log_is_clean = output.stderr.lines().all(|line| !line.contains(char::is_control));
        assert!(log_is_clean, "{:?}", output.stderr);
    }
}

#[test]
fn logs_go_to_stderr_and_their_level_is_obeyed() {
    let rows = [("error", 0), ("warn", 0), ("info", 1), ("debug", 3)];
    for (level, lines) in rows {
        let stage = Stage::new();
        let output = stage.agent.run(&["--log-level", level, "update"]);
        assert_eq!(output.verdict(), (0, "updated"));
        let logged = output.stderr.lines().count();
        let enough = if lines == 3 { logged >= 2 } else { logged == lines };
        assert!(enough, "{level}: {}", output.stderr);
    }
}

#[test]
fn hosts_named_are_the_only_ones() {
    let stage = two_hosts();
    let output = stage.agent.run(&["update", "cabin"]);
    assert_eq!(output.verdict(), (0, "updated"));
    assert_eq!(output.lines()[0].host, "cabin");
    assert!(stage.lab.updates_of("home.example.com").is_empty());
    assert_eq!(stage.agent.record("home")["published"], serde_json::Value::Null);
    assert_eq!(stage.update().verdict(), (0, "updated unchanged"));
}

#[test]
fn an_interface_covers_its_hosts_and_those_that_only_a_look_can_place() {
    let stage = two_hosts();
    stage.configure_hosts(&[host("home", &[("interface", "wan")]), host("cabin", &[])]);
    let hosts = |interface: &str| {
        let output = stage.agent.run(&["update", "--interface", interface]);
        output.lines().into_iter().map(|line| line.host).collect::<Vec<_>>()
    };
    assert_eq!(hosts("wan"), ["home", "cabin"]);
    assert_eq!(hosts("wan6"), ["home", "cabin"]);
    assert_eq!(hosts("lan"), ["cabin"]);
}

#[test]
fn an_interface_without_ubus_is_explained() {
    let stage = Stage::new();
    stage.configure(&[("interface", "wan")]);
    let output = stage.update();
    assert_eq!(output.verdict(), (69, "no-address"));
    assert!(output.stdout.contains("option device"), "{}", output.stdout);
    assert!(stage.lab.requests().is_empty());
}

#[test]
fn a_dry_run_sends_nothing_and_makes_no_directory() {
    let stage = Stage::new();
    let output = stage.agent.run(&["update", "--dry-run"]);
    assert_eq!(output.verdict(), (0, "would-update"));
    let [line] = output.lines().try_into().unwrap();
    assert_eq!((line.host.as_str(), line.address.as_str()), ("home", WAN));
    for part in ["/nic/update?", "hostname=home.example.com", "myip=81.2.69.10", ":***"] {
        assert!(line.text.contains(part), "{}", line.text);
    }
    assert!(!output.stdout.contains("secret"));
    assert_eq!(output.stderr, "", "nothing is wrong");
    assert_eq!(stage.lab.connections(), 0);
    assert!(!stage.agent.state_dir().exists());
}

#[test]
fn a_dry_run_leaves_the_files_there_are_as_they_are() {
    let stage = Stage::new();
    let directory = stage.agent.state_dir();
    std::fs::create_dir(&directory).unwrap();
    stage.agent.run(&["update", "--dry-run"]);
    assert!(names(&directory).is_empty(), "{:?}", names(&directory));
    std::fs::write(stage.agent.state_file(), "torn").unwrap();
    stage.agent.run(&["update", "--dry-run"]);
    assert_eq!(names(&directory), ["state.json"]);
    std::fs::remove_file(stage.agent.state_file()).unwrap();
    assert_eq!(stage.update().code(), 0);
    let before = std::fs::read(stage.agent.state_file()).unwrap();
    let output = stage.agent.run(&["update", "--dry-run", "--force"]);
    assert_eq!(output.verdict(), (0, "would-update"));
    assert_eq!(std::fs::read(stage.agent.state_file()).unwrap(), before);
    assert_eq!(stage.agent.run(&["update", "--dry-run"]).verdict(), (0, "unchanged"));
    assert_eq!(stage.lab.requests().len(), 1);
}

#[test]
fn a_dry_run_shows_a_hold_and_does_not_end_it() {
    let stage = Stage::new();
    stage.lab.fault(Fault::Unauthorized);
    assert_eq!(stage.update().code(), 77);
    let output = stage.agent.run(&["update", "--dry-run", "--force"]);
    assert_eq!(output.verdict(), (77, "held"));
    stage.configure(&[("password", "other")]);
    let output = stage.agent.run(&["update", "--dry-run"]);
    assert_eq!(output.verdict(), (0, "would-update"));
    assert_eq!(stage.agent.record("home")["state"], "held");
    assert_eq!(stage.lab.requests().len(), 1);
}

#[test]
fn the_state_directory_comes_from_flag_configuration_or_environment() {
    let stage = Stage::new();
    let directory = TempDir::new();
    let place = |name: &str| directory.path().join(name);
    let config = std::fs::read_to_string(stage.agent.config_file()).unwrap();
    let configured = place("configured");
    let section =
        format!("config agent 'agent'\n\toption state_dir '{}'\n\n", configured.display());
    let run = |config: &str| {
        let agent = Agent::new(config);
        let process = agent.process(&[]);
        // Without the `--state-dir` that tests usually give.
        let mut bare = std::process::Command::new(process.get_program());
        let arguments: Vec<_> = process.get_args().collect();
        let flag = arguments.iter().position(|argument| *argument == "--state-dir").unwrap();
        bare.args(&arguments[..flag]).arg("update");
        // systemd names every StateDirectory= of a unit there.
        let both = format!("{}:{}", place("systemd").display(), place("other").display());
        bare.env("STATE_DIRECTORY", both);
        assert!(bare.output().unwrap().status.success());
    };
    run(&config);
    assert!(place("systemd").join("state.json").exists());
    assert_eq!(std::fs::read_dir(directory.path()).unwrap().count(), 1);
    run(&(section.clone() + &config));
    assert!(configured.join("state.json").exists());
    std::fs::remove_dir_all(&configured).unwrap();
    let agent = Agent::new(&(section + &config));
    assert_eq!(agent.run(&["update"]).code(), 0);
    assert!(agent.state_file().exists() && !configured.exists(), "the flag wins");
}
