//! `examples/providers`: each is a whole configuration, and sends what that provider documents.

use std::path::PathBuf;

use crate::support::agent::Agent;
use crate::support::lab::fault::Fault;
use crate::support::lab::reply::Reply;
use crate::support::netns;
use crate::support::stage::{Stage, WAN};

const WAN6: &str = "2a01:cb00:1:2::10";

/// An example, what arrives at the provider, what it answers, and the code that follows.
struct Row {
    file: &'static str,
    target: &'static str,
    login: &'static str,
    answer: &'static str,
    code: &'static str,
}

const fn row(
    file: &'static str,
    target: &'static str,
    login: &'static str,
    answer: &'static str,
) -> Row {
    Row { file, target, login, answer, code: "good" }
}

const ROWS: [Row; 11] = [
    row(
        "no-ip",
        "/nic/update?hostname=home.ddns.net&myip=81.2.69.10",
        "key-login",
        "good 81.2.69.10",
    ),
    row(
        "hurricane-electric",
        "/nic/update?hostname=home.example.com&myip=81.2.69.10",
        "home.example.com",
        "good 81.2.69.10",
    ),
    row(
        "strato",
        "/nic/update?hostname=home.example.com&myip=81.2.69.10",
        "example.com",
        "good 81.2.69.10",
    ),
    Row {
        file: "ionos",
        target: "/dns/v1/dyndns?q=TOKEN&ipv4=81.2.69.10&ipv6=2a01:cb00:1:2::10",
        login: "none",
        answer: "",
        code: "unknown",
    },
    row(
        "inwx",
        "/nic/update?myip=81.2.69.10&myipv6=2a01:cb00:1:2::10",
        "home-login",
        "good 81.2.69.10",
    ),
    row(
        "infomaniak",
        "/nic/update?hostname=home.example.com&myip=81.2.69.10",
        "home-login",
        "successfully_changed 81.2.69.10",
    ),
    row(
        "desec",
        "/?hostname=home.dedyn.io&myipv4=81.2.69.10&myipv6=2a01:cb00:1:2::10",
        "home.dedyn.io",
        "good",
    ),
    row("all-inkl", "/?myip=81.2.69.10&myip6=2a01:cb00:1:2::10", "dyn0000000", "good 81.2.69.10"),
    row(
        "dynu",
        "/nic/update?hostname=home.example.com&myip=81.2.69.10&myipv6=2a01:cb00:1:2::10",
        "home-login",
        "good 81.2.69.10",
    ),
    row(
        "eurodns",
        "/update/?hostname=home.example.com&myip=81.2.69.10",
        "home-login",
        "good 81.2.69.10",
    ),
    row(
        "nsupdate-info",
        "/nic/update?hostname=home.nsupdate.info&myip=81.2.69.10",
        "home.nsupdate.info",
        "good 81.2.69.10",
    ),
];

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("examples/providers")
}

/// The example as it is but for the place: of its URL only the server is another.
fn at_the_lab(text: &str, stage: &Stage) -> String {
    let start = text.find("https://").expect("a url");
    let authority = start + "https://".len();
    let end = authority + text[authority..].find(['/', '?']).expect("a path");
    let port = stage.lab.https_address().port();
    let (before, after) = (&text[..start], &text[end..]);
    let moved = format!("{before}https://localhost:{port}{after}");
    let line = "\toption ca_file '";
    assert!(!moved.contains(line));
    moved.trim_end().to_owned() + &format!("\n{line}{}'\n", stage.lab.ca_file().display())
}

#[test]
fn each_example_is_sound_and_sends_what_its_provider_documents() {
    let stage = Stage::new();
    netns::add_address(&format!("{WAN6}/64"));
    netns::ip(&["-6", "route", "add", "default", "dev", "wan0"]);
    for Row { file, target, login, answer, code } in ROWS {
        let text = std::fs::read_to_string(folder().join(format!("{file}.conf"))).expect(file);
        let checked = Agent::new(&text).run(&["check"]);
        assert_eq!(checked.code(), 0, "{file}: {checked:?}");
        stage.lab.clear_faults();
        stage.lab.fault(Fault::Reply(Reply::text(200, answer)));
        let before = stage.lab.requests().len();
        let agent = Agent::new(&at_the_lab(&text, &stage));
        let output = agent.run(&["update"]);
        let sent = stage.lab.requests().split_off(before);
        assert_eq!(sent[0].request.target, target, "{file}");
        assert_eq!(sent[0].login.as_deref(), Some(login), "{file}");
        assert_eq!(agent.record("home")["last"]["code"], code, "{file}: {output:?}");
        if code == "good" {
            assert_eq!((output.code(), sent.len()), (0, 1), "{file}: {output:?}");
            assert_eq!(agent.record("home")["published"]["address"], WAN, "{file}");
        }
    }
}

#[test]
fn each_example_is_tried_and_says_where_it_comes_from() {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder()).expect("the examples") {
        let path = entry.expect("a file").path();
        let text = std::fs::read_to_string(&path).expect("a text");
        for word in ["# Source: ", "2026-11", "# Not verified: "] {
            assert!(text.contains(word), "{} lacks {word}", path.display());
        }
        found.push(path.file_stem().expect("a name").to_string_lossy().into_owned());
    }
    found.sort();
    let mut tried = ROWS.map(|row| row.file.to_owned());
    tried.sort();
    assert_eq!(found, tried);
}
