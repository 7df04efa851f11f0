//! A consumer key is asked for, waited for, and stored whole or not at all.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use rustix::process::Signal;

use super::*;
use crate::support::agent::Running;
use crate::support::lab::api::KeyState;

const SOON: Duration = Duration::from_secs(20);

/// A user who has an application key and nothing else, and where the consumer key goes.
fn room() -> (Room, PathBuf) {
    let mut room = Room::with(|options| options.api.consumer_key.clear());
    room.agent.set_env("OVH_CONSUMER_KEY", "");
    let file = room.agent.config_file().with_file_name(".ovh.conf");
    (room, file)
}

fn authorize(room: &Room, file: &std::path::Path, more: &[&str]) -> Running {
    let file = file.to_str().unwrap();
    let arguments = ["ovh", "authorize", "--zone", "example.com", "--file", file];
    room.agent.spawn(&[&arguments, more].concat())
}

/// Waits until so many keys were asked for.
fn wait_for_keys(room: &Room, count: usize) {
    let begun = Instant::now();
    while room.lab.account().keys().len() < count {
        assert!(begun.elapsed() < SOON, "no key was asked for");
        std::thread::sleep(Duration::from_millis(10));
    }
}

#[test]
fn a_key_that_is_granted_is_stored_for_its_user_alone_and_does() {
    let (room, file) = room();
    let before = "# mine\n[default]\n; theirs\n";
    for (index, text) in [None, Some(before)].into_iter().enumerate() {
        if let Some(text) = text {
            std::fs::write(&file, text).unwrap();
            std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o600)).unwrap();
        }
        let running = authorize(&room, &file, &[]);
        wait_for_keys(&room, index + 1);
        room.lab.account().set_key("last", KeyState::Validated).unwrap();
        let output = running.wait(SOON);
        assert_eq!(output.code(), 0, "{}", output.said());
        assert!(output.stdout.contains("https://localhost:"), "{}", output.said());
        assert!(output.stdout.contains("/auth/?credentialToken=lab-"), "{}", output.said());
        room.assert_silent(&output);
        assert_eq!(file.metadata().unwrap().permissions().mode() & 0o777, 0o600);
        let text = std::fs::read_to_string(&file).unwrap();
        assert!(text.contains(&format!("[{}]\nconsumer_key=lab-consumer-", room.lab.api_base())));
        assert!(text.starts_with(before) || !text.contains("mine"), "{text}");
        let output = room.setup(&[]);
        assert_eq!(output.code(), 0, "{}", output.said());
        std::fs::remove_file(&file).unwrap();
    }
    let rights = room.lab.account().keys()[0].rights.len();
    assert_eq!(rights, 8);
}

#[test]
fn a_key_that_is_not_granted_leaves_nothing() {
    let (room, file) = room();
    // The API does not tell one that was refused from one that waits.
    let running = authorize(&room, &file, &["--wait", "1"]);
    wait_for_keys(&room, 1);
    room.lab.account().set_key("last", KeyState::Refused).unwrap();
    let output = running.wait(SOON);
    assert_eq!(output.code(), 75, "{}", output.said());
    let sentence = "were not granted within 1 s, nothing was stored";
    assert!(output.stderr.contains(sentence), "{}", output.said());
    assert!(!file.exists());
    let count = room.lab.requests().len();
    let running = authorize(&room, &file, &[]);
    assert!(room.lab.wait_for_requests(count + 2, SOON));
    running.signal(Signal::INT);
    running.wait(SOON);
    assert!(!file.exists());
}

#[test]
fn there_must_be_a_place_for_the_key_before_one_is_asked_for() {
    let (mut room, file) = room();
    std::fs::write(&file, "no ini\n").unwrap();
    let output = authorize(&room, &file, &[]).wait(SOON);
    assert_eq!(output.code(), 77, "{}", output.said());
    std::fs::remove_file(&file).unwrap();
    let output = authorize(&room, &file.join("nowhere"), &[]).wait(SOON);
    assert_eq!(output.code(), 74, "{}", output.said());
    room.agent.set_env("OVH_APPLICATION_KEY", "");
    room.agent.set_env("OVH_APPLICATION_SECRET", "");
    let output = authorize(&room, &file, &[]).wait(SOON);
    assert_eq!(output.code(), 77, "{}", output.said());
    assert!(room.lab.account().keys().is_empty());
}
