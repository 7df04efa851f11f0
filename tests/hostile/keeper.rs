//! A service with a user of its own: root and the members of its group ask it, and write nothing.

use std::fs::{self, Permissions, set_permissions};
use std::net::Ipv4Addr;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, chown};
use std::os::unix::net::UnixListener;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use crate::support::agent::{Output, Running};
use crate::support::background::wait_for_published;
use crate::support::gateway::{http, serve_http};
use crate::support::netns;
use crate::support::stage::{Stage, WAN, host};
use crate::support::stranger;

const PROMPT: Duration = Duration::from_secs(5);
/// The service's user and group.
pub(super) const SERVICE: u32 = 4321;
pub(super) const ROOT: (u32, u32) = (0, 0);
pub(super) const MEMBER: (u32, u32) = (stranger::UID, SERVICE);
const STRANGER: (u32, u32) = (stranger::UID, stranger::UID);

/// What a package has made: the directory with the setgid bit, the configuration for the group.
pub(super) struct Package(pub(super) Stage);

impl Package {
    pub(super) fn new() -> Self {
        Self::with(Stage::new())
    }

    pub(super) fn with(stage: Stage) -> Self {
        let package = Self(stage);
        let directory = package.0.agent.state_dir();
        fs::create_dir(&directory).unwrap();
        chown(&directory, Some(SERVICE), Some(SERVICE)).unwrap();
        set_mode(&directory, 0o2755);
        package.give(SERVICE, 0o640);
        package
    }

    pub(super) fn give(&self, group: u32, mode: u32) {
        let config = self.0.agent.config_file();
        chown(&config, None, Some(group)).unwrap();
        set_mode(&config, mode);
    }

    fn start(&self) -> Running {
        let service = self.spawn((SERVICE, SERVICE), &["run"]);
        wait_for_published(&self.0.agent, "home", WAN);
        service
    }

    pub(super) fn spawn(&self, (user, group): (u32, u32), arguments: &[&str]) -> Running {
        let mut command = self.0.agent.process(arguments);
        command.uid(user).gid(group);
        Running::start(command)
    }

    pub(super) fn run(&self, who: (u32, u32), arguments: &[&str]) -> Output {
        self.spawn(who, arguments).wait(PROMPT)
    }

    pub(super) fn private(&self) -> PathBuf {
        self.0.agent.state_dir().join("private")
    }

    fn assert_all_belong_to_the_service(&self) {
        for path in stranger::below(&self.0.agent.state_dir()) {
            let found = fs::symlink_metadata(&path).unwrap();
            assert_eq!((found.uid(), found.gid()), (SERVICE, SERVICE), "{}", path.display());
        }
    }
}

fn set_mode(path: &Path, mode: u32) {
    set_permissions(path, Permissions::from_mode(mode)).unwrap();
}

fn mode(path: &Path) -> u32 {
    fs::symlink_metadata(path).unwrap().mode() & 0o7777
}

#[test]
fn root_and_the_group_ask_the_service_and_leave_nothing_of_theirs() {
    if stranger::is_missing("there is no user for a service") {
        return;
    }
    let package = Package::new();
    let service = package.start();
    for (who, address) in [(ROOT, "81.2.69.20"), (MEMBER, "81.2.69.30")] {
        let sent = package.0.lab.requests().len();
        netns::move_wan(package.0.agent.record("home")["address"].as_str().unwrap(), address);
        let output = package.run(who, &["update"]);
        assert_eq!(output.code(), 0, "{who:?}: {output:?}");
        assert!(output.stdout.contains(address), "{who:?}: {output:?}");
        assert!(package.0.lab.requests().len() > sent);
        for arguments in [&["resume", "home"][..], &["status"], &["update", "--force"]] {
            let output = package.run(who, arguments);
            assert_eq!(output.code(), 0, "{who:?} {arguments:?}: {output:?}");
        }
    }
    let check = package.run(ROOT, &["check"]);
    assert_eq!(check.code(), 0, "{check:?}");
    package.assert_all_belong_to_the_service();
    drop(service);
}

#[test]
fn the_group_asks_and_can_do_nothing_else() {
    if stranger::is_missing("there is no user for a service") {
        return;
    }
    let package = Package::new();
    let _service = package.start();
    let private = package.private();
    let modes =
        [("", 0o750), ("lock", 0o600), ("key", 0o600), ("poke", 0o600), ("poke.group", 0o660)];
    for (name, expected) in modes {
        assert_eq!(mode(&private.join(name)), expected, "private/{name}");
    }
    let state = package.0.agent.state_dir();
    let (lock, key, poke) = (private.join("lock"), private.join("key"), private.join("poke"));
    let tries = as_member(|| {
        [
            fs::File::open(&lock).is_ok(),
            fs::read(&key).is_ok(),
            fs::remove_file(&poke).is_ok(),
            fs::rename(&lock, private.join("other")).is_ok(),
            fs::write(private.join("new"), "").is_ok(),
            fs::write(state.join("state.json"), "").is_ok(),
            fs::write(state.join("state.json.tmp"), "").is_ok(),
            set_permissions(&private, Permissions::from_mode(0o777)).is_ok(),
        ]
    });
    assert_eq!(tries, [false; 8]);
    let stranger = package.run(STRANGER, &["update"]);
    assert_eq!(stranger.code(), 74, "{stranger:?}");
    assert!(stranger::act(|| fs::read_dir(&private).is_err()), "a stranger looks into private/");
}

/// Whoever looks after the site is no party to this.
#[test]
fn however_often_the_group_asks_a_site_is_asked_no_more_often_than_news_would_have_it() {
    if stranger::is_missing("there is no user for a service") {
        return;
    }
    let package = Package::new();
    let asked = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&asked);
    let port = serve_http(Ipv4Addr::LOCALHOST, 0, move |_| {
        counted.fetch_add(1, Ordering::SeqCst);
        http("200 OK", WAN)
    });
    let site = format!("http://127.0.0.1:{port}/ip");
    package.0.configure(&[("source", "web"), ("web", &site), ("insecure_http", "1")]);
    package.give(SERVICE, 0o640);
    let _service = package.start();
    let before = asked.load(Ordering::SeqCst);
    for _ in 0..10 {
        assert_eq!(package.run(MEMBER, &["update"]).code(), 0);
    }
    assert_eq!(asked.load(Ordering::SeqCst), before);
    assert_eq!(package.run(ROOT, &["update"]).code(), 0);
    assert_eq!(asked.load(Ordering::SeqCst), before + 1, "the owner may");
}

/// Does something as a member of the group.
pub(super) fn as_member<T: Send>(deed: impl FnOnce() -> T + Send) -> T {
    let group = rustix::process::Gid::from_raw(SERVICE);
    std::thread::scope(|scope| {
        let member = scope.spawn(|| {
            rustix::thread::set_thread_groups(&[group]).expect("root sets its groups");
            let user = rustix::process::Uid::from_raw(stranger::UID);
            rustix::thread::set_thread_res_gid(group, group, group).expect("root sets its group");
            rustix::thread::set_thread_res_uid(user, user, user).expect("root sets its user");
            deed()
        });
        member.join().expect("it does not panic")
    })
}

#[test]
fn with_no_service_running_everybody_is_told_and_nothing_is_made() {
    if stranger::is_missing("there is no user for a service") {
        return;
    }
    let package = Package::new();
    for who in [ROOT, MEMBER] {
        for arguments in [&["update"][..], &["resume", "home"], &["run"], &["update", "--force"]] {
            let output = package.run(who, arguments);
            let is_told = output.stderr.contains("user 4321 keeps") && output.code() == 74;
            assert!(is_told && output.stderr.lines().count() == 1, "{arguments:?}: {output:?}");
        }
        let check = package.run(who, &["check"]);
        assert_eq!(check.code(), 0, "{check:?}");
    }
    let dry = package.run(ROOT, &["update", "--dry-run"]);
    assert!(dry.stdout.contains("would-update"), "{dry:?}");
    assert_eq!(fs::read_dir(package.0.agent.state_dir()).unwrap().count(), 0);
    assert_eq!(package.0.lab.connections(), 0);
    // A dry run of root's reads the state and the key of the service.
    package.start().wait_at_most(Duration::ZERO).expect_err("it stays");
    package.assert_all_belong_to_the_service();
    let dry = package.run(ROOT, &["update", "--dry-run"]);
    assert_eq!((dry.code(), dry.lines()[0].result.as_str()), (0, "unchanged"), "{dry:?}");
    package.assert_all_belong_to_the_service();
}

#[test]
fn without_the_setgid_bit_or_with_another_group_nobody_else_is_let_in() {
    if stranger::is_missing("there is no user for a service") {
        return;
    }
    for (group, bits) in [(SERVICE, 0o755), (stranger::UID, 0o2755)] {
        let package = Package::new();
        let state = package.0.agent.state_dir();
        chown(&state, None, Some(group)).unwrap();
        set_mode(&state, bits);
        let _service = package.start();
        assert_eq!(mode(&package.private()) & 0o077, if group == SERVICE { 0 } else { 0o050 });
        assert_eq!(mode(&package.private().join("poke")), 0o600);
        assert!(!package.private().join("poke.group").exists());
        let output = package.run(MEMBER, &["update"]);
        assert_eq!(output.code(), 74, "{output:?}");
    }
}

#[test]
fn a_stranger_with_a_directory_and_a_socket_is_not_believed() {
    if stranger::is_missing("there is no stranger") {
        return;
    }
    // Not the group of the directory, root's own, read by all, written by the group.
    let rows = [(SERVICE, 0o640), (0, 0o640), (stranger::UID, 0o644), (stranger::UID, 0o660)];
    for (group, mode) in rows {
        let package = Package::new();
        let state = package.0.agent.state_dir();
        fs::create_dir(package.private()).unwrap();
        let _socket = UnixListener::bind(package.private().join("poke")).unwrap();
        for path in [state.clone(), package.private(), package.private().join("poke")] {
            chown(&path, Some(stranger::UID), Some(stranger::UID)).unwrap();
        }
        package.give(group, mode);
        for arguments in [&["update"][..], &["resume", "home"], &["run"]] {
            let output = package.run(ROOT, arguments);
            let is_refused = output.stderr.contains("belongs to user 1234");
            assert!(is_refused && output.code() == 74, "{group} {mode:o}: {output:?}");
        }
    }
}

#[test]
fn check_warns_of_what_root_can_read_and_the_service_cannot() {
    if stranger::is_missing("there is no user for a service") {
        return;
    }
    let package = Package::new();
    let beside = |name| package.0.agent.config_file().with_file_name(name);
    let (password, hook) = (beside("password"), beside("hook"));
    fs::write(&password, "secret\n").unwrap();
    fs::write(&hook, "#!/bin/sh\n").unwrap();
    let [file, program] = [&password, &hook].map(|path| path.display().to_string());
    let section = host("home", &[("password_file", &file), ("on_change", &program)]);
    let section = section.replace("\toption password 'secret'\n", "");
    package.0.agent.configure(&(package.0.lab.provider_section("lab") + &section));
    let rows = [
        (0o600, 0o755, Some(("may not read this file: chgrp 4321 and chmod 640 it", &password))),
        (0o640, 0o700, Some(("may not run this file: chgrp 4321 and chmod 750 it", &hook))),
        (0o640, 0o755, None),
    ];
    chown(&password, None, Some(SERVICE)).unwrap();
    for (of_password, of_hook, expected) in rows {
        set_mode(&password, of_password);
        set_mode(&hook, of_hook);
        let output = package.run(ROOT, &["check"]);
        match expected {
            None => assert_eq!(output.code(), 0, "{output:?}"),
            Some((text, path)) => {
                let line = output.stdout.lines().find(|line| line.contains(text));
                let is_named = line.is_some_and(|line| line.contains(&path.display().to_string()));
                assert!(is_named && output.code() == 78, "{output:?}");
            }
        }
    }
    package.give(0, 0o600);
    let output = package.run(ROOT, &["check"]);
    assert!(output.stdout.contains("user 4321, who has the state directory"), "{output:?}");
}
