//! Faults of the device: configuration, clock, addresses, the way out.

use std::path::Path;
use std::process::Command;

use super::{Findings, Home};
use crate::support::agent::Agent;
use crate::support::netns;
use crate::support::stage::{WAN, host};
use crate::support::temp::TempDir;

#[test]
fn no_configuration() {
    let home = Home::new();
    std::fs::remove_file(home.agent.config_file()).unwrap();
    home.has(74, &["configuration cannot read "]);
    home.agent.configure("");
    home.has(78, &["has no host that is enabled"]);
    home.configure(&[("enabled", "0")]);
    home.has(78, &["has no host that is enabled"]);
}

#[test]
fn a_configuration_with_a_fault() {
    let home = Home::new();
    home.agent.configure("config host 'home'\n\toops 'x'\n");
    home.has(78, &[":2: a line starts with config, option or list"]);
    home.configure(&[("family", "ipv7")]);
    home.has(78, &[": family 'ipv7': allowed are ipv4 and ipv6", "has no host that is enabled"]);
    home.configure(&[("famly", "ipv6")]);
    assert!(home.examine().notes("did you mean 'family'?"));
}

#[test]
fn a_clock_in_1970() {
    if Agent::is_emulated("a library put in front of libc needs a program that is linked to it") {
        return;
    }
    let mut home = Home::new();
    let folder = TempDir::new();
    let library = folder.path().join("clock.so");
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/doctor/clock.c");
    let mut compiler = Command::new("cc");
    let built = compiler.args(["-shared", "-fPIC", "-o"]).arg(&library).arg(source).status();
    assert!(built.expect("this test needs a C compiler").success());
    home.agent.set_env("LD_PRELOAD", library.to_str().unwrap());
    let findings = home.examine();
    let faults = findings.of_verdict("fault");
    assert!(faults[0].contains("clock the clock says 1970-01-01 00:00 UTC"), "{findings:#?}");
    let not_yet = faults
        .iter()
        .any(|fault| fault.contains("is not valid yet, so the clock of this device is behind"));
    assert!(not_yet && faults.len() == 2 && findings.code == 75, "{findings:#?}");
}

#[test]
fn no_default_route() {
    let home = Home::new();
    netns::ip(&["route", "del", "default"]);
    home.has(
        69,
        &[
            "interface ipv4 there is no ipv4 default route",
            "route there is no IPv4 default route in table main",
        ],
    );
}

#[test]
fn a_private_address() {
    let home = Home::on_a_line("192.168.1.20/24", |_| {});
    let findings = home.has(
        69,
        &[
            "interface ipv4 192.168.1.20 is",
            "nat ipv4 the line ends at another box, the address here is private",
        ],
    );
    assert!(!findings.notes("192.168.1.20"), "said once: {findings:#?}");
}

#[test]
fn carrier_grade_nat_and_ds_lite() {
    let home = Home::on_a_line("100.64.7.9/24", |_| {});
    home.has(
        69,
        &["interface ipv4 100.64.7.9 is", "nat ipv4 the address is shared with other customers"],
    );
    netns::move_wan("100.64.7.9", "192.0.0.2");
    home.has(
        69,
        &["interface ipv4 192.0.0.2 is", "nat ipv4 the address is shared with other customers"],
    );
}

#[test]
fn only_a_deprecated_address() {
    let home = Home::with(|options| {
        options.records.push(("home.example.com".into(), "2a01:cb00:1:2::1".parse().unwrap()));
    });
    netns::ip(&[
        "addr",
        "add",
        "2a01:cb00:1:2::9/64",
        "dev",
        "wan0",
        "nodad",
        "preferred_lft",
        "0",
        "valid_lft",
        "3600",
    ]);
    netns::ip(&["-6", "route", "add", "default", "dev", "wan0"]);
    home.configure(&[("family", "ipv6")]);
    home.has(69, &["interface ipv6 2a01:cb00:1:2::9 on wan0 is"]);
}

#[test]
fn every_candidate_has_its_verdict() {
    let home = Home::with(|options| {
        options.records.push(("home.example.com".into(), "2a01:cb00:1:2::10".parse().unwrap()));
    });
    netns::ip(&["-6", "route", "add", "default", "dev", "wan0"]);
    for (address, preferred) in [
        ("2a01:cb00:1:2::9", "0"),
        ("2a01:cb00:1:2::10", "1800"),
        ("2a01:cb00:1:2::11", "900"),
        ("fd00::1", "1800"),
    ] {
        let address = format!("{address}/64");
        netns::ip(&[
            "addr",
            "add",
            &address,
            "dev",
            "wan0",
            "nodad",
            "preferred_lft",
            preferred,
            "valid_lft",
            "3600",
        ]);
    }
    home.configure(&[("family", "ipv6")]);
    let findings = home.has(0, &[]);
    assert!(findings.approves("the address is 2a01:cb00:1:2::10 on wan0"), "{findings:#?}");
    assert!(findings.approves("2a01:cb00:1:2::11 on wan0 would do as well"), "{findings:#?}");
    assert!(
        findings.notes("2a01:cb00:1:2::9 on wan0 is") && findings.notes("fd00::1 is"),
        "{findings:#?}"
    );
}

#[test]
fn each_source_says_what_it_has() {
    let home = Home::on_a_line("192.168.1.20/24", |_| {});
    let sections = home.lab.provider_section_at("lab", super::PROVIDER);
    let sources =
        [("source", "interface"), ("source", "command"), ("command", "/bin/echo 81.2.69.10")];
    home.agent.configure(&(sections + &host("home", &sources)));
    let findings = home.has(0, &[]);
    assert!(
        findings.approves(&format!("the address is {WAN}, by source command")),
        "{findings:#?}"
    );
    assert!(findings.notes("interface ipv4 192.168.1.20 is"), "{findings:#?}");
}

#[test]
fn a_user_who_may_not_read_the_configuration_sees_the_state() {
    let home = Home::new();
    home.publish();
    let directory = home.agent.state_dir();
    let config = home.agent.config_file();
    let script = format!(
        "chmod 700 {0}; chmod 755 {1}; exec setpriv --reuid 65534 --clear-groups \"$@\"",
        config.parent().unwrap().display(),
        directory.display()
    );
    // The state is somewhere that everybody can reach.
    let open = TempDir::new();
    let copy = open.path().join("state.json");
    std::fs::copy(directory.join("state.json"), &copy).unwrap();
    let mut process = home.agent.process_in_shell(&script, &["doctor", "--json"]);
    let output = process.args(["--state-dir", open.path().to_str().unwrap()]).output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    let document: serde_json::Value =
        serde_json::from_str(&text).unwrap_or_else(|_| panic!("{text} {:?}", output.stderr));
    let findings = Findings {
        code: output.status.code().unwrap(),
        lines: document["lines"].as_array().unwrap().clone(),
    };
    assert!(findings.notes("may not be read: Permission denied"), "{findings:#?}");
    assert!(findings.approves("state ipv4 81.2.69.10 was stored: current"), "{findings:#?}");
    assert_eq!(findings.code, 0, "{findings:#?}");
}
