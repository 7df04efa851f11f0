//! What is heard while it stays: announcements, true and false, and what they miss.

use std::net::{Ipv4Addr, UdpSocket};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use rustix::process::Signal;

use super::send;
use crate::support::agent::Running;
use crate::support::background::{LIMIT, cpu_time, wait_for, wait_for_published};
use crate::support::gateway::{
    GATEWAY, Home, LINE, ROGUE, WRONG, announce, description, http, natpmp, soap, ssdp,
};

const NEXT: Ipv4Addr = Ipv4Addr::new(81, 2, 69, 11);

/// A gateway whose address can be changed, and that counts its questions.
#[derive(Clone, Default)]
struct Gateway {
    address: Arc<AtomicU32>,
    asked: Arc<AtomicU32>,
}

impl Gateway {
    fn new(home: &Home) -> Self {
        let gateway = Self::default();
        gateway.set(LINE);
        let Self { address, asked } = gateway.clone();
        home.answer(5351, move |socket, _, from| {
            asked.fetch_add(1, Ordering::SeqCst);
            send(socket, &natpmp(address.load(Ordering::SeqCst).into()), from);
        });
        gateway
    }

    fn set(&self, address: Ipv4Addr) {
        self.address.store(address.into(), Ordering::SeqCst);
    }

    fn asked(&self) -> u32 {
        self.asked.load(Ordering::SeqCst)
    }
}

/// A home whose agent has published the address of the line and listens.
fn staying(source: &str) -> (Home, Gateway, Running) {
    let home = Home::new(&[("source", source)]);
    let gateway = Gateway::new(&home);
    let runner = home.agent.spawn(&["run"]);
    wait_for_published(&home.agent, "home", &LINE.to_string());
    (home, gateway, runner)
}

#[test]
fn both_kinds_of_announcement_have_the_gateway_asked_at_once() {
    let mut pcp = vec![0; 24];
    pcp[..2].copy_from_slice(&[2, 128]);
    // A restart: seconds since epoch are 0 again, and the address is the one before.
    let restarted = [&natpmp(LINE)[..4], &[0; 4], &LINE.octets()].concat();
    for announcement in [natpmp(NEXT), pcp, restarted] {
        let (home, gateway, _runner) = staying("natpmp");
        gateway.set(NEXT);
        home.at_gateway(move || announce(GATEWAY, &announcement));
        wait_for_published(&home.agent, "home", &NEXT.to_string());
        assert_eq!(home.sent(), [LINE.to_string(), NEXT.to_string()]);
    }
}

#[test]
fn an_announcement_is_never_taken_for_the_address() {
    let (home, gateway, _runner) = staying("auto");
    let before = gateway.asked();
    home.at_gateway(|| announce(GATEWAY, &natpmp(WRONG)));
    wait_for("a question", || (gateway.asked() > before).then_some(()));
    std::thread::sleep(Duration::from_secs(2));
    assert_eq!(home.sent(), [LINE.to_string()]);
}

#[test]
fn what_a_neighbour_announces_or_is_no_announcement_is_not_heard() {
    let (home, gateway, _runner) = staying("natpmp");
    let before = gateway.asked();
    home.at_gateway(|| {
        announce(ROGUE, &natpmp(WRONG));
        for nonsense in [&[][..], &[0, 0], &natpmp(WRONG)[..11], &[2; 24], &[9; 400]] {
            announce(GATEWAY, nonsense);
        }
    });
    std::thread::sleep(Duration::from_secs(2));
    assert_eq!((gateway.asked(), home.sent().len()), (before, 1));
}

/// Also a flood has the gateway asked once a second only.
#[test]
fn a_flood_of_announcements_is_borne() {
    let (home, gateway, _runner) = staying("natpmp");
    let before = gateway.asked();
    home.at_gateway(|| {
        for _ in 0..300 {
            announce(GATEWAY, &natpmp(WRONG));
            std::thread::sleep(Duration::from_millis(10));
        }
    });
    gateway.set(NEXT);
    home.at_gateway(|| announce(GATEWAY, &natpmp(WRONG)));
    wait_for_published(&home.agent, "home", &NEXT.to_string());
    let asked = gateway.asked() - before;
    assert!((1..=12).contains(&asked), "{asked}");
    assert_eq!(home.sent(), [LINE.to_string(), NEXT.to_string()]);
}

#[test]
fn a_port_that_another_program_has_is_a_note_and_the_name_is_kept_current() {
    let home = Home::new(&[("source", "natpmp")]);
    let gateway = Gateway::new(&home);
    // Without SO_REUSEADDR: nobody else can have it.
    let _other = UdpSocket::bind("0.0.0.0:5350").unwrap();
    let mut runner = home.agent.spawn(&["run"]);
    runner.wait_for_log("another program may have UDP port 5350", LIMIT);
    wait_for_published(&home.agent, "home", &LINE.to_string());
    gateway.set(NEXT);
    runner.signal(Signal::USR1);
    wait_for_published(&home.agent, "home", &NEXT.to_string());
}

#[test]
fn several_programs_may_listen() {
    let home = Home::new(&[("source", "natpmp")]);
    let gateway = Gateway::new(&home);
    let other = socket2::Socket::new(socket2::Domain::IPV4, socket2::Type::DGRAM, None).unwrap();
    other.set_reuse_address(true).unwrap();
    other.bind(&std::net::SocketAddrV4::new(Ipv4Addr::UNSPECIFIED, 5350).into()).unwrap();
    let _runner = home.agent.spawn(&["run"]);
    wait_for_published(&home.agent, "home", &LINE.to_string());
    gateway.set(NEXT);
    home.at_gateway(|| announce(GATEWAY, &natpmp(NEXT)));
    wait_for_published(&home.agent, "home", &NEXT.to_string());
}

/// What no announcement tells is found by the poll of each minute; the gateway has been silent in
/// between, and back.
#[test]
fn what_is_not_announced_is_found_within_a_minute() {
    let (home, gateway, _runner) = staying("natpmp");
    gateway.set(NEXT);
    assert!(home.lab.wait_for_requests(2, Duration::from_secs(65)), "not within a poll");
    assert_eq!(home.sent()[1], NEXT.to_string());
}

/// The box restarts: its device is at another port, with other paths.
#[test]
fn a_device_that_moved_is_searched_for_again() {
    let home = Home::new(&[("source", "upnp")]);
    let port = Arc::new(AtomicU32::new(5000));
    let searched = Arc::new(AtomicU32::new(0));
    let (here, count) = (Arc::clone(&port), Arc::clone(&searched));
    home.answer(1900, move |socket, _, from| {
        count.fetch_add(1, Ordering::SeqCst);
        let port = here.load(Ordering::SeqCst);
        send(socket, &ssdp(&format!("http://{GATEWAY}:{port}/desc.xml")), from);
    });
    let serve = |port: u16, path: &'static str, address: Ipv4Addr, now: Arc<AtomicU32>| {
        home.serve(port, move |request| {
            if now.load(Ordering::SeqCst) != u32::from(port) {
                return http("404 Not Found", "");
            }
            if request.starts_with("GET") {
                return http("200 OK", &description("", &[path]));
            }
            http("200 OK", &soap("NewExternalIPAddress", &address.to_string()))
        });
    };
    serve(5000, "/ctl", LINE, Arc::clone(&port));
    serve(5001, "/new/ctl", NEXT, Arc::clone(&port));
    let runner = home.agent.spawn(&["run"]);
    wait_for_published(&home.agent, "home", &LINE.to_string());
    let after_first = searched.load(Ordering::SeqCst);
    runner.signal(Signal::USR1);
    std::thread::sleep(Duration::from_secs(1));
    assert_eq!(searched.load(Ordering::SeqCst), after_first, "what is known is not searched for");
    port.store(5001, Ordering::SeqCst);
    runner.signal(Signal::USR1);
    wait_for_published(&home.agent, "home", &NEXT.to_string());
    assert!(searched.load(Ordering::SeqCst) > after_first);
    assert_eq!(home.sent(), [LINE.to_string(), NEXT.to_string()]);
}

/// Whoever is on the same link.
#[test]
fn a_flood_of_announcements_keeps_no_processor_busy_and_a_true_one_is_heard_after_it() {
    let (home, gateway, runner) = staying("natpmp");
    let before = cpu_time(&runner);
    let began = Instant::now();
    let flood = home.at_gateway(move || {
        let mut sent = 0;
        while began.elapsed() < Duration::from_secs(2) {
            for _ in 0..20 {
                announce(ROGUE, &natpmp(WRONG));
                sent += 1;
            }
            std::thread::sleep(Duration::from_millis(1));
        }
        sent
    });
    let used = cpu_time(&runner).saturating_sub(before);
    println!("{flood} announcements by others in {:?}: {used:?} of a processor", began.elapsed());
    assert!(flood > 1000 && used < Duration::from_millis(200), "{flood}: {used:?}");
    std::thread::sleep(Duration::from_secs(2));
    gateway.set(NEXT);
    home.at_gateway(move || announce(GATEWAY, &natpmp(NEXT)));
    wait_for_published(&home.agent, "home", &NEXT.to_string());
}
