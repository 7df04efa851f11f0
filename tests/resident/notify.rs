//! What systemd hears (`sd_notify(3)`), as a service of `Type=notify-reload`.

use std::io::ErrorKind;
use std::os::linux::net::SocketAddrExt as _;
use std::os::unix::net::{SocketAddr, UnixDatagram};
use std::time::{Duration, Instant};

use nix::time::{ClockId, clock_gettime};
use rustix::process::Signal;

use crate::support::background::LIMIT;
use crate::support::stage::Stage;
use crate::support::ubusd::Ubusd;

fn said(socket: &UnixDatagram) -> String {
    let mut message = [0; 256];
    // With a time limit, a stopped and continued process gets EINTR here (signal(7)).
    let length = loop {
        match socket.recv(&mut message) {
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            received => break received.expect("the agent says something in time"),
        }
    };
    String::from_utf8_lossy(&message[..length]).into_owned()
}

fn monotonic_microseconds() -> i64 {
    let now = clock_gettime(ClockId::CLOCK_MONOTONIC).unwrap();
    now.tv_sec() * 1_000_000 + now.tv_nsec() / 1000
}

/// Starts, reloads and ends an agent that is told of `socket` by this name.
fn from_start_to_end(stage: &mut Stage, socket: &UnixDatagram, name: &str) {
    socket.set_read_timeout(Some(LIMIT)).unwrap();
    stage.agent.set_env("NOTIFY_SOCKET", name);
    let runner = stage.agent.spawn(&["run"]);
    assert_eq!(said(socket), "READY=1\n");
    assert!(stage.lab.wait_for_requests(1, LIMIT));
    let before = monotonic_microseconds();
    runner.signal(Signal::HUP);
    let reloading = said(socket);
    let microseconds = reloading.strip_prefix("RELOADING=1\nMONOTONIC_USEC=").map(str::trim_end);
    let microseconds: i64 = microseconds.unwrap_or(&reloading).parse().expect(&reloading);
    assert!((before..=monotonic_microseconds()).contains(&microseconds), "{reloading}");
    assert_eq!(said(socket), "READY=1\n");
    // In the middle of a pass it would end on the spot, without another word.
    assert_eq!(stage.update().code(), 0);
    runner.signal(Signal::TERM);
    assert_eq!(said(socket), "STOPPING=1\n");
    assert_eq!(runner.wait(LIMIT).code(), 0);
}

#[test]
fn systemd_hears_of_start_reload_and_end_at_a_path() {
    let mut stage = Stage::new();
    let path = stage.agent.config_file().with_file_name("notify");
    let socket = UnixDatagram::bind(&path).unwrap();
    from_start_to_end(&mut stage, &socket, path.to_str().unwrap());
}

#[test]
fn systemd_hears_of_start_reload_and_end_at_an_abstract_name() {
    let mut stage = Stage::new();
    // Abstract names belong to the network namespace, and this one is the test's own.
    let address = SocketAddr::from_abstract_name("dynhost/notify").unwrap();
    let socket = UnixDatagram::bind_addr(&address).unwrap();
    from_start_to_end(&mut stage, &socket, "@dynhost/notify");
}

#[test]
fn nobody_at_the_socket_is_no_reason_to_stop() {
    let mut stage = Stage::new();
    stage.agent.set_env("NOTIFY_SOCKET", "/nowhere/notify");
    let runner = stage.agent.spawn(&["run"]);
    assert!(stage.lab.wait_for_requests(1, LIMIT));
    runner.signal(Signal::TERM);
    assert_eq!(runner.wait(LIMIT).code(), 0);
}

/// What a supervisor allows is four seconds; it hears of the agent each second at least, but not
/// at each wake-up.
const WATCHDOG: &str = "4000000";

#[test]
fn systemd_hears_that_the_agent_is_alive() {
    let mut stage = Stage::new();
    let path = stage.agent.config_file().with_file_name("notify");
    let socket = UnixDatagram::bind(&path).unwrap();
    socket.set_read_timeout(Some(LIMIT)).unwrap();
    stage.agent.set_env("NOTIFY_SOCKET", path.to_str().unwrap());
    stage.agent.set_env("WATCHDOG_USEC", WATCHDOG);
    let runner = stage.agent.spawn(&["run"]);
    assert_eq!(said(&socket), "READY=1\n");
    for _ in 0..3 {
        assert_eq!(said(&socket), "WATCHDOG=1\n");
    }
    runner.signal(Signal::TERM);
    while said(&socket) != "STOPPING=1\n" {}
    assert_eq!(runner.wait(LIMIT).code(), 0);
}

#[test]
fn procd_hears_over_ubus_which_instance_is_alive() {
    let mut stage = Stage::new();
    let ubusd = Ubusd::start(true);
    stage.agent.set_env("WATCHDOG_USEC", WATCHDOG);
    stage.agent.set_env("PROCD_INSTANCE", "instance1");
    let runner = stage.agent.spawn(&["run"]);
    let began = Instant::now();
    while ubusd.wound_up().len() < 3 {
        assert!(began.elapsed() < LIMIT, "{:?}", ubusd.wound_up());
        std::thread::sleep(Duration::from_millis(20));
    }
    let wound_up = ubusd.wound_up();
    assert!(wound_up.iter().all(|(_, whom)| whom == "dynhost instance1"), "{wound_up:?}");
    let apart = wound_up[2].0 - wound_up[1].0;
    assert!(apart > Duration::from_millis(900) && apart < Duration::from_secs(4), "{apart:?}");
    runner.signal(Signal::TERM);
    assert_eq!(runner.wait(LIMIT).code(), 0);
}

#[test]
fn without_a_supervisor_nobody_is_told() {
    let stage = Stage::new();
    let ubusd = Ubusd::start(true);
    let runner = stage.agent.spawn(&["run"]);
    assert!(stage.lab.wait_for_requests(1, LIMIT));
    runner.signal(Signal::TERM);
    assert_eq!(runner.wait(LIMIT).code(), 0);
    assert_eq!(ubusd.wound_up(), []);
}
