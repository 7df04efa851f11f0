//! The rooms of `src/`: which may use which.

use super::edge::{code, paths};
use super::files::{assert_none, sources};
use super::read;

/// Every room in the order of `lib.rs`: one uses only itself and those before it.
fn rooms() -> Vec<String> {
    let lib = code(&read("src/lib.rs"));
    let room = |line: &str| {
        let (_, name) = line.split_once("mod ")?;
        name.strip_suffix(';').map(str::to_owned)
    };
    lib.lines().filter_map(room).collect()
}

/// The room that a source file lies in; none has `lib.rs`, and all are below `main.rs`.
fn room_of(path: &str) -> Option<&str> {
    let inside = path.strip_prefix("src/")?;
    let room = inside.split('/').next()?;
    Some(room.strip_suffix(".rs").unwrap_or(room)).filter(|room| !["lib", "main"].contains(room))
}

/// What this code uses of the rooms behind its own.
fn upward<'r>(rooms: &'r [String], room: &str, code: &str) -> Vec<&'r String> {
    let own = rooms.iter().position(|other| other == room).expect("every room is in lib.rs");
    let names = paths(code);
    let is_used = |room: &&String| {
        let start = format!("crate::{room}");
        names.iter().any(|path| *path == start || path.starts_with(&(start.clone() + "::")))
    };
    rooms[own + 1..].iter().filter(is_used).collect()
}

#[test]
fn no_room_uses_one_that_stands_behind_it() {
    let rooms = rooms();
    assert!(rooms.len() > 20, "{rooms:?}");
    let mut found = Vec::new();
    for path in sources() {
        let Some(room) = room_of(&path) else { continue };
        let upward = upward(&rooms, room, &code(&read(&path)));
        found.extend(upward.iter().map(|upper| format!("{path}: {upper}")));
    }
    assert_none("an arrow runs up", found);
}

#[test]
fn an_arrow_that_runs_up_is_seen() {
    let rooms: Vec<String> = ["net", "address", "config"].map(String::from).to_vec();
    let rows = [
        ("net", "use crate::address::Found;", vec!["address"]),
        ("address", "use crate::{config::Host, net};", vec!["config"]),
        ("address", "fn f(host: &crate::config::Host) {}", vec!["config"]),
        ("config", "use crate::address::Found; use crate::net::Family;", vec![]),
        ("net", "use crate::addresses::Found;", vec![]),
    ];
    for (room, code, expected) in rows {
        assert_eq!(upward(&rooms, room, code), expected, "{code}");
    }
}

/// The drawing in words goes through the rooms in the same order.
#[test]
fn the_document_has_the_rooms_in_their_order() {
    let document = read("docs/architecture.md");
    let headings = document.lines().filter(|line| line.starts_with("### "));
    let named: Vec<&str> = headings
        .flat_map(|line| line.split('`').skip(1).step_by(2))
        .map(|name| name.trim_end_matches(".rs").trim_end_matches('/'))
        .collect();
    assert_eq!(named, rooms());
}
