//! Identifiers and records one by one.

use std::io::Write as _;
use std::process::Stdio;

use super::*;

fn run(room: &Room, line: &str) -> Output {
    let arguments: Vec<&str> = line.split(' ').collect();
    let output = room.agent.run(&[&["ovh", "--zone", "example.com"], &arguments[..]].concat());
    room.assert_silent(&output);
    output
}

fn assert_says(room: &Room, line: &str, exit: i32, text: &str) {
    let output = run(room, line);
    assert_eq!(output.code(), exit, "{line}: {}", output.said());
    assert!(output.said().contains(text), "{line}: {}", output.said());
}

/// Runs it with this on standard input.
fn with_input(room: &Room, line: &str, input: &str) -> std::process::Output {
    let arguments: Vec<&str> = line.split(' ').collect();
    let mut command =
        room.agent.process(&[&["ovh", "--zone", "example.com"], &arguments[..]].concat());
    let mut child = command.stdin(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    child.wait_with_output().unwrap()
}

#[test]
fn identifiers_are_made_listed_changed_and_removed() {
    let room = Room::new();
    assert_says(&room, "zone list", 0, "example.com\n");
    assert_says(&room, "login list", 0, "");
    let file = room.agent.config_file().with_file_name("password");
    let file = file.to_str().unwrap();
    let add = format!("login add --subdomain home --password-file {file}");
    assert_says(&room, &add, 0, "example.com-home\thome\n");
    let password = std::fs::read_to_string(file).unwrap();
    assert_eq!(std::fs::metadata(file).unwrap().permissions().mode() & 0o777, 0o600);
    assert_eq!(room.lab.identifiers()[0].password, password.trim_end());
    assert!(password.trim_end().len() >= 16);
    assert_says(&room, &format!("{add} --suffix home"), 77, "example.com-home exists");
    assert_says(&room, &format!("{add} --suffix elevenchars"), 64, "a suffix takes 1 to 10");
    assert_says(&room, &add, 0, "example.com-home2\thome\n");
    assert_says(&room, "login list", 0, "example.com-home\thome\nexample.com-home2\thome\n");
    let output = with_input(&room, "login add --subdomain * --suffix all", "a-pass#w0rd\n");
    assert!(output.status.success(), "{output:?}");
    assert_eq!(room.lab.identifiers()[2].password, "a-pass#w0rd");
    assert_eq!(room.lab.identifiers()[2].sub_domain, "*");
    let output = with_input(&room, "login passwd home2", "an0ther-one");
    assert!(output.status.success(), "{output:?}");
    assert_eq!(room.lab.identifiers()[1].password, "an0ther-one");
    for (input, code) in [("short\n", 64), ("with blank\n", 64), ("", 74)] {
        let output = with_input(&room, "login passwd example.com-home2", input);
        assert_eq!(output.status.code(), Some(code), "{output:?}");
        assert!(
            input.is_empty() || !format!("{output:?}").contains(input.trim_end()),
            "{output:?}"
        );
    }
    assert_says(&room, "login passwd none", 77, "there is no such login or record");
    assert_says(&room, "login remove all", 0, "example.com-all is removed");
    assert_says(&room, "login remove all", 77, "there is no such login or record");
    assert_eq!(room.lab.identifiers().len(), 2);
}

#[test]
fn records_are_made_listed_changed_and_removed_and_seen() {
    let room = Room::new();
    let shown = |family| room.lab.answer(HOME, family).unwrap().addresses;
    let [one, two, six] =
        ["81.2.69.1", "81.2.69.2", SIX].map(|ip| (ip.parse::<IpAddr>().unwrap(), 60));
    assert_says(&room, "record add 81.2.69.1 --subdomain home", 0, "home\t81.2.69.1\t");
    assert_eq!(shown(Family::Ipv4), [one]);
    assert_says(&room, "record add 81.2.69.2 --subdomain home", 77, "points at 81.2.69.1 already");
    assert_says(&room, &format!("record add {SIX} --subdomain home"), 0, SIX);
    assert_eq!(shown(Family::Ipv6), [six]);
    assert_says(&room, "record set 81.2.69.2 --subdomain home", 0, "home\t81.2.69.2\t");
    assert_eq!(shown(Family::Ipv4), [two]);
    assert_says(&room, "record add 81.2.69.1 --subdomain @", 0, "@\t81.2.69.1\t");
    assert_says(&room, "record list --subdomain @", 0, "@\t81.2.69.1\t");
    assert_eq!(run(&room, "record list").stdout.lines().count(), 3);
    assert_says(
        &room,
        "record set 81.2.69.2 --subdomain none",
        77,
        "there is no ipv4 DynHost record of none",
    );
    assert_says(&room, "record remove --subdomain home --family ipv6", 0, "is removed");
    assert_eq!((shown(Family::Ipv4), shown(Family::Ipv6)), (vec![two], vec![]));
    assert_says(&room, "record remove --subdomain home", 0, "home to 81.2.69.2 is removed");
    assert_says(&room, "record remove --subdomain home", 77, "there is no DynHost record of home");
    assert_says(&room, "record add 81.2.69.1 --subdomain *", 64, "'*' is for logins only");
}
