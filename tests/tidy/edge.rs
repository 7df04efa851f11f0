//! What is not in `src/io/` is pure: it does not even name what can block, fail or differ between
//! machines.

use super::files::{assert_none, sources, without_tests};
use super::read;

/// The edge itself, and where both sides meet.
const EDGE_SIDE: [&str; 6] =
    ["src/io/", "src/pass/", "src/commands/", "src/run.rs", "src/run/", "src/main.rs"];

/// Crates that compute and do nothing else; every other dependency is an edge.
const PURE_CRATES: [&str; 9] = [
    "base64",
    "domain",
    "heapless",
    "lexopt",
    "log",
    "netlink_packet_core",
    "ring",
    "serde",
    "serde_json_core",
];

/// Parts of the standard library, of pure crates and of this one that are an edge.
const EDGES: [&str; 20] = [
    "crate::commands",
    "crate::io",
    "crate::pass",
    "crate::run",
    "ring::rand",
    "std::env",
    "std::fs",
    "std::io::stderr",
    "std::io::stdin",
    "std::io::stdout",
    "std::net::TcpListener",
    "std::net::TcpStream",
    "std::net::ToSocketAddrs",
    "std::net::UdpSocket",
    "std::os",
    "std::process",
    "std::thread",
    "std::time::Instant",
    "std::time::SystemTime",
    "webpki",
];

/// The dependencies of the program, as paths name them.
fn dependencies() -> Vec<String> {
    let manifest = read("Cargo.toml");
    let mut names = Vec::new();
    for part in manifest.split("\n[").filter(|part| part.starts_with("dependencies]")) {
        let lines = part.lines().filter_map(|line| line.split_once(" = "));
        names.extend(lines.map(|(name, _)| name.trim().replace('-', "_")));
    }
    assert!(names.len() > 10, "the dependencies were not found: {names:?}");
    names
}

/// Code without comments, strings and white space between the parts of a path.
pub(super) fn code(source: &str) -> String {
    let lines = without_tests(source).lines();
    let code = lines.map(|line| line.split("//").next().unwrap_or_default());
    let code = code.collect::<Vec<_>>().join("\n");
    code.split('"').step_by(2).collect::<Vec<_>>().join("\"\"")
}

/// Every path that the code names, in full: those in the braces of a `use`, too.
pub(super) fn paths(code: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut outer: Vec<String> = Vec::new();
    let mut path = String::new();
    let mut is_use = false;
    let is_name = |c: char| c.is_alphanumeric() || matches!(c, '_' | ':');
    for c in code.chars().chain(['\n']) {
        match c {
            _ if is_name(c) => path.push(c),
            '{' if is_use => outer.push(std::mem::take(&mut path)),
            _ => {
                let word = std::mem::take(&mut path);
                is_use = is_use && c != ';' || word == "use";
                if !word.is_empty() {
                    found.push(outer.concat() + &word);
                }
                match c {
                    '}' => drop(outer.pop()),
                    ';' => outer.clear(),
                    _ => {}
                }
            }
        }
    }
    found
}

/// What of the edge this source names.
fn edges_in(source: &str, dependencies: &[String]) -> Vec<String> {
    let begins = |path: &str, start: &str| {
        path.strip_prefix(start).is_some_and(|rest| rest.is_empty() || rest.starts_with("::"))
    };
    let is_edge = |path: &String| {
        let path = path.trim_start_matches("::");
        let is_foreign = |name: &String| {
            !PURE_CRATES.contains(&name.as_str()) && path.starts_with(&format!("{name}::"))
        };
        // A way up through the modules ends at the root, or in the room of the file.
        let is_upward = path.starts_with("super::");
        let rooted = is_upward.then(|| format!("crate::{}", path.replace("super::", "")));
        let path = rooted.as_deref().unwrap_or(path);
        dependencies.iter().any(is_foreign) || EDGES.iter().any(|edge| begins(path, edge))
    };
    paths(&code(source)).into_iter().filter(is_edge).collect()
}

#[test]
fn pure_modules_do_not_even_name_the_edge() {
    let dependencies = dependencies();
    let is_pure = |path: &String| !EDGE_SIDE.iter().any(|side| path.starts_with(side));
    let mut found = Vec::new();
    let mut count = 0;
    for path in sources().into_iter().filter(is_pure) {
        count += 1;
        let edges = edges_in(&read(&path), &dependencies);
        found.extend(edges.iter().map(|edge| format!("{path}: {edge}")));
    }
    assert_none("outside src/io", found);
    assert!(count > 50, "only {count} pure files were found");
}

#[test]
fn every_way_to_name_the_edge_is_caught() {
    let dependencies = dependencies();
    for (source, edge) in [
        ("fn now() { crate::io::clock::now() }", "crate::io::clock::now"),
        ("use crate::{address, io::clock};", "crate::io::clock"),
        ("use super::io;", "super::io"),
        ("use super::super::super::io::{self, files};", "super::super::super::io::files"),
        ("use crate::{\n    LOG,\n    io::{clock, files},\n};", "crate::io::clock"),
        ("use std::{fmt, fs};", "std::fs"),
        ("let home = std::env::var(\"HOME\");", "std::env::var"),
        ("use std::net::{IpAddr, TcpStream};", "std::net::TcpStream"),
        ("use std::net::UdpSocket as Socket;", "std::net::UdpSocket"),
        ("use std::time::{Duration, Instant};", "std::time::Instant"),
        ("let now = std::time::SystemTime::now();", "std::time::SystemTime::now"),
        ("std::thread::spawn(work);", "std::thread::spawn"),
        ("use std::os::unix::net::UnixStream;", "std::os::unix::net::UnixStream"),
        ("std::process::exit(1)", "std::process::exit"),
        ("use ring::{hmac, rand::SystemRandom};", "ring::rand::SystemRandom"),
        ("nix::time::clock_gettime(id)", "nix::time::clock_gettime"),
        ("use rustix::{fs, net};", "rustix::fs"),
        ("use ::socket2::Socket;", "::socket2::Socket"),
        ("signal_hook::low_level::pipe(a, b)", "signal_hook::low_level::pipe"),
        ("use ureq::Agent;", "ureq::Agent"),
        ("std::io::stdout().write(b)", "std::io::stdout"),
        ("crate::run::Resident", "crate::run::Resident"),
    ] {
        let found = edges_in(source, &dependencies);
        assert!(found.contains(&edge.to_owned()), "{source}: {found:?}");
    }
    for source in [
        "use std::net::{IpAddr, Ipv4Addr};\nuse std::time::Duration;",
        "use crate::text::{Text, text};\nuse std::io::{self, ErrorKind};\nio::Error::other(text)",
        "use ring::hmac;\nuse std::fmt::{self, Write as _};\nlet environment = 1;",
        "// crate::io::clock::now()\nlet name = \"std::fs\"; let iou = 1;",
        "fn f() {}\n#[cfg(test)]\nmod tests {\n    use std::fs;\n}",
    ] {
        assert_eq!(edges_in(source, &dependencies), Vec::<String>::new(), "{source}");
    }
}
