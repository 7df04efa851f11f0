//! How the provider's name becomes an address: whom the agent asks, what it believes, how long it
//! waits.

#[cfg(feature = "ovh")]
mod authority;
mod bind;

mod server;

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, UdpSocket};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use server::{
    A, AAAA, Asked, GOOD, NXDOMAIN, REFUSED, SERVFAIL, Server, TRUNCATED, address, alias, answer,
};

use crate::support::agent::Agent;
use crate::support::lab::Lab;
use crate::support::lab::options::LabOptions;
use crate::support::netns;
use crate::support::stage::{WAN, host};

const PROVIDER: &str = "provider.lab";
const HERE: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);
const SECOND: Ipv4Addr = Ipv4Addr::new(127, 0, 0, 2);
const THIRD: Ipv4Addr = Ipv4Addr::new(127, 0, 0, 3);
/// What the machine may add to a time.
const SLACK: Duration = Duration::from_millis(2500);

/// A line, a provider under its name at `HERE`, and an agent that knows it by that name.
fn stage() -> (Lab, Agent) {
    stage_at(HERE)
}

fn stage_at(provider: IpAddr) -> (Lab, Agent) {
    netns::enter();
    netns::add_wan(&format!("{WAN}/24"));
    let lab = Lab::start(LabOptions {
        https: SocketAddr::from((provider, 443)),
        ..LabOptions::default()
    });
    let agent = Agent::new(&(lab.provider_section_at("lab", PROVIDER) + &host("home", &[])));
    (lab, agent)
}

fn resolve_by(servers: &[Ipv4Addr], more: &str) {
    let servers: String = servers.iter().map(|at| format!("nameserver {at}\n")).collect();
    netns::cover("/etc/resolv.conf", &format!("{servers}{more}\n"));
}

/// The address where it is asked for, otherwise that there is none.
fn good(asked: &Asked) -> Vec<u8> {
    at(asked, HERE)
}

fn at(asked: &Asked, ip: IpAddr) -> Vec<u8> {
    let is_its_kind = asked.kind == if ip.is_ipv4() { A } else { AAAA };
    let records = if is_its_kind { vec![address(&asked.name, ip)] } else { vec![] };
    answer(asked, GOOD, &records)
}

/// What a pass came to, and how long it took.
fn outcome(agent: &Agent) -> (String, Duration) {
    let started = Instant::now();
    let _ = agent.run(&["update"]);
    let code = agent.record("home")["last"]["code"].as_str().unwrap_or("-").to_owned();
    (code, started.elapsed())
}

#[test]
fn what_a_server_says_has_a_name_and_is_asked_of_the_next() {
    // One that has no way out yet says such a thing, too: it is asked again three times in a moment.
    let rows =
        [(SERVFAIL, "dns-refused", 4), (REFUSED, "dns-refused", 4), (NXDOMAIN, "no-such-name", 1)];
    for (flags, code, times) in rows {
        let (lab, agent) = stage();
        let says = Server::start(HERE, move |asked| vec![answer(asked, flags, &[])]);
        resolve_by(&[Ipv4Addr::LOCALHOST], "options attempts:1");
        let (outcome, took) = outcome(&agent);
        assert_eq!(outcome, code);
        assert!(took < SLACK, "{code}: {took:?}");
        let record = agent.record("home");
        assert_eq!((&record["in_doubt"], &record["state"]), (&false.into(), &"backoff".into()));
        assert_eq!(lab.connections(), 0);
        assert!(says.asked().len() <= 2 * times, "{:?}", says.asked());
    }
}

/// Whoever can send in its name, on the way or beside it.
#[test]
fn a_server_in_whose_name_rubbish_comes_is_passed_over_at_once() {
    let (lab, agent) = stage();
    let rubbish = |asked: &Asked, count: usize| {
        vec![answer(&Asked { id: !asked.id, ..asked.clone() }, GOOD, &[]); count]
    };
    let _first = Server::start(HERE, move |asked| rubbish(asked, 20_000));
    let _second = Server::start(SECOND, |asked| vec![good(asked)]);
    resolve_by(&[Ipv4Addr::LOCALHOST, SECOND], "");
    let (code, took) = outcome(&agent);
    assert_eq!((code.as_str(), lab.requests().len()), ("good", 1));
    assert!(took < Duration::from_secs(1), "{took:?}: it waited for the first one's patience");
    // A few are no reason to.
    let (lab, agent) = stage();
    let few = move |asked: &Asked| [rubbish(asked, 20), vec![good(asked)]].concat();
    let _server = Server::start(HERE, few);
    resolve_by(&[Ipv4Addr::LOCALHOST], "");
    assert_eq!((outcome(&agent).0.as_str(), lab.requests().len()), ("good", 1));
}

#[test]
fn a_name_without_an_address_does_not_resolve() {
    let (_lab, agent) = stage();
    let _server = Server::start(HERE, |asked| vec![answer(asked, GOOD, &[])]);
    resolve_by(&[Ipv4Addr::LOCALHOST], "");
    assert_eq!(outcome(&agent).0, "no-such-name");
}

#[test]
fn a_server_that_fails_is_followed_by_the_next_at_once() {
    for flags in [SERVFAIL, REFUSED] {
        let (_lab, agent) = stage();
        let _bad = Server::start(HERE, move |asked| vec![answer(asked, flags, &[])]);
        let _good = Server::start(SECOND, |asked| vec![good(asked)]);
        resolve_by(&[Ipv4Addr::LOCALHOST, SECOND], "");
        let (code, took) = outcome(&agent);
        assert_eq!(code, "good");
        assert!(took < SLACK, "{took:?}");
    }
}

#[test]
fn a_first_server_that_is_dead_costs_a_second() {
    let (_lab, agent) = stage();
    let dead = UdpSocket::bind((HERE, 53)).unwrap();
    let _good = Server::start(SECOND, |asked| vec![good(asked)]);
    resolve_by(&[Ipv4Addr::LOCALHOST, SECOND], "options timeout:5");
    let (code, took) = outcome(&agent);
    assert_eq!(code, "good");
    assert!(took < Duration::from_secs(1) + SLACK, "{took:?}");
    drop(dead);
}

#[test]
fn a_server_that_is_not_there_costs_nothing() {
    let (_lab, agent) = stage();
    let _good = Server::start(SECOND, |asked| vec![good(asked)]);
    resolve_by(&[THIRD, SECOND], "options timeout:5");
    let (code, took) = outcome(&agent);
    assert_eq!(code, "good");
    assert!(took < SLACK, "{took:?}");
}

/// The C library would wait 450 s by these options.
#[test]
fn silence_has_an_end_whatever_resolv_conf_says() {
    let (lab, agent) = stage();
    let silent = [Ipv4Addr::LOCALHOST, SECOND, THIRD];
    let _sockets = silent.map(|at| UdpSocket::bind((at, 53)).unwrap());
    resolve_by(&silent, "options timeout:30 attempts:5");
    let (code, took) = outcome(&agent);
    assert_eq!(code, "resolve");
    assert!(took < Duration::from_secs(5) + SLACK, "{took:?}");
    assert_eq!(lab.connections(), 0);
}

#[test]
fn a_late_answer_to_an_earlier_try_counts() {
    let (_lab, agent) = stage();
    let _slow = Server::start(HERE, |asked| {
        // Longer than the first try; as a cold cache does.
        std::thread::sleep(Duration::from_millis(700));
        vec![good(asked)]
    });
    resolve_by(&[Ipv4Addr::LOCALHOST], "");
    assert_eq!(outcome(&agent).0, "good");
}

#[test]
fn a_truncated_answer_is_asked_for_over_tcp() {
    let (_lab, agent) = stage();
    let server = Server::start(HERE, |asked| {
        vec![if asked.over_tcp { good(asked) } else { answer(asked, TRUNCATED, &[]) }]
    });
    resolve_by(&[Ipv4Addr::LOCALHOST], "");
    assert_eq!(outcome(&agent).0, "good");
    assert!(server.asked().iter().any(|asked| asked.over_tcp));
}

#[test]
fn use_vc_means_tcp_alone() {
    let (_lab, agent) = stage();
    let server = Server::start(HERE, |asked| vec![good(asked)]);
    resolve_by(&[Ipv4Addr::LOCALHOST], "options use-vc");
    assert_eq!(outcome(&agent).0, "good");
    assert!(server.asked().iter().all(|asked| asked.over_tcp));
}

/// 300 addresses do not fit a datagram without EDNS, and sixteen are enough.
#[test]
fn a_huge_answer_is_cut_to_what_is_wanted() {
    let (_lab, agent) = stage();
    let _server = Server::start(HERE, |asked| {
        let all = vec![address(&asked.name, HERE); if asked.kind == A { 300 } else { 0 }];
        vec![if asked.over_tcp { answer(asked, GOOD, &all) } else { answer(asked, TRUNCATED, &[]) }]
    });
    resolve_by(&[Ipv4Addr::LOCALHOST], "");
    assert_eq!(outcome(&agent).0, "good");
}

#[test]
fn what_is_no_answer_to_the_question_is_passed_over() {
    let elsewhere: IpAddr = Ipv4Addr::new(127, 6, 6, 6).into();
    let wrong: [fn(&Asked) -> Asked; 3] = [
        |asked| Asked { id: asked.id ^ 1, ..asked.clone() },
        |asked| Asked { name: "other.lab".into(), ..asked.clone() },
        |asked| Asked { kind: asked.kind ^ A ^ AAAA, ..asked.clone() },
    ];
    for (index, wrong) in wrong.into_iter().enumerate() {
        let (lab, agent) = stage();
        let _server = Server::start(HERE, move |asked| {
            let lie = answer(&wrong(asked), GOOD, &[address(&wrong(asked).name, elsewhere)]);
            vec![lie, b"junk".to_vec(), good(asked)]
        });
        resolve_by(&[Ipv4Addr::LOCALHOST], "");
        assert_eq!(outcome(&agent).0, "good", "row {index}");
        assert_eq!(lab.connections(), 1);
    }
}

#[test]
fn an_answer_from_another_source_is_not_heard() {
    let (lab, agent) = stage();
    let stranger = UdpSocket::bind((SECOND, 53)).unwrap();
    let _server = Server::start(HERE, move |asked| {
        let lie = at(asked, Ipv4Addr::new(127, 6, 6, 6).into());
        stranger.send_to(&lie, asked.from).unwrap();
        vec![good(asked)]
    });
    resolve_by(&[Ipv4Addr::LOCALHOST], "");
    assert_eq!(outcome(&agent).0, "good");
    assert_eq!(lab.connections(), 1);
}

#[test]
fn aliases_are_followed_within_the_answer_and_beyond_it() {
    let (_lab, agent) = stage();
    let server = Server::start(HERE, |asked| {
        let ip = address("c.lab", HERE);
        let stray = address("stray.lab", Ipv4Addr::new(127, 6, 6, 6).into());
        let records = match (asked.name.as_str(), asked.kind) {
            (PROVIDER, _) => vec![stray, alias("a.lab", "b.lab"), alias(PROVIDER, "a.lab")],
            ("b.lab", A) => vec![ip, alias("b.lab", "c.lab")],
            _ => vec![],
        };
        vec![answer(asked, GOOD, &records)]
    });
    resolve_by(&[Ipv4Addr::LOCALHOST], "");
    assert_eq!(outcome(&agent).0, "good");
    assert!(server.asked().iter().all(|asked| [PROVIDER, "b.lab"].contains(&asked.name.as_str())));
}

#[test]
fn a_loop_of_aliases_comes_to_an_end() {
    let (_lab, agent) = stage();
    let server = Server::start(HERE, |asked| {
        let records = match asked.name.as_str() {
            PROVIDER => vec![alias(PROVIDER, "a.lab"), alias("a.lab", PROVIDER)],
            _ => vec![],
        };
        vec![answer(asked, GOOD, &records)]
    });
    resolve_by(&[Ipv4Addr::LOCALHOST], "");
    let (code, took) = outcome(&agent);
    assert_eq!(code, "no-such-name");
    assert!(took < SLACK, "{took:?}");
    assert!(server.asked().len() <= 4, "{:?}", server.asked());
}

#[test]
fn each_answer_that_only_leads_on_is_followed_a_few_times() {
    let (_lab, agent) = stage();
    let server = Server::start(HERE, |asked| {
        let next = format!("x{}", asked.name);
        vec![answer(asked, GOOD, &[alias(&asked.name, &next)])]
    });
    resolve_by(&[Ipv4Addr::LOCALHOST], "");
    assert_eq!(outcome(&agent).0, "no-such-name");
    assert!(server.asked().len() <= 20, "{:?}", server.asked());
}

#[test]
fn a_provider_with_ipv6_alone_is_reached() {
    let here = Ipv6Addr::LOCALHOST;
    let (lab, agent) = stage_at(here.into());
    let _server = Server::start(HERE, move |asked| vec![at(asked, here.into())]);
    resolve_by(&[Ipv4Addr::LOCALHOST], "");
    assert_eq!(outcome(&agent).0, "good");
    assert_eq!(lab.connections(), 1);
}

/// Some boxes never answer for AAAA.
#[test]
fn an_ipv4_address_does_not_wait_for_the_other_question() {
    let (_lab, agent) = stage();
    let _server =
        Server::start(HERE, |asked| if asked.kind == A { vec![good(asked)] } else { vec![] });
    resolve_by(&[Ipv4Addr::LOCALHOST], "options timeout:5");
    let (code, took) = outcome(&agent);
    assert_eq!(code, "good");
    assert!(took < Duration::from_millis(500) + SLACK, "{took:?}");
}

#[test]
fn etc_hosts_comes_first_and_nobody_is_asked() {
    let (_lab, agent) = stage();
    let server = Server::start(HERE, |asked| vec![good(asked)]);
    resolve_by(&[Ipv4Addr::LOCALHOST], "");
    netns::cover(
        "/etc/hosts",
        "# the lab\n127.0.0.1 localhost\n127.0.0.1\tother Provider.LAB # it\n",
    );
    assert_eq!(outcome(&agent).0, "good");
    assert_eq!(server.asked(), []);
}

#[test]
fn localhost_needs_no_file() {
    netns::enter();
    netns::add_wan(&format!("{WAN}/24"));
    netns::cover("/etc/hosts", "");
    netns::cover("/etc/resolv.conf", "");
    let lab = Lab::start(LabOptions::default());
    let agent = Agent::new(&(lab.provider_section("lab") + &host("home", &[])));
    assert_eq!(outcome(&agent).0, "good");
}

#[test]
fn the_search_list_is_never_used() {
    let (_lab, agent) = stage();
    let server = Server::start(HERE, |asked| vec![answer(asked, NXDOMAIN, &[])]);
    resolve_by(&[Ipv4Addr::LOCALHOST], "search example.org\ndomain example.net\noptions ndots:5");
    let _ = outcome(&agent);
    let asked = server.asked();
    assert!(!asked.is_empty() && asked.iter().all(|asked| asked.name == PROVIDER), "{asked:?}");
}

#[test]
fn ids_and_ports_change_with_every_question() {
    let (_lab, agent) = stage();
    let server = Server::start(HERE, |asked| vec![answer(asked, SERVFAIL, &[])]);
    resolve_by(&[Ipv4Addr::LOCALHOST], "");
    for _ in 0..4 {
        let _ = agent.run(&["update", "--force"]);
    }
    let asked = server.asked();
    let distinct = |mut all: Vec<u16>| {
        all.sort_unstable();
        all.dedup();
        all.len()
    };
    assert!(distinct(asked.iter().map(|asked| asked.id).collect()) > asked.len() / 2, "{asked:?}");
    assert!(distinct(asked.iter().map(|asked| asked.from.port()).collect()) >= 3, "{asked:?}");
}

/// Debian's resolvers; dropping one ends it.
struct Daemon(Child);

impl Daemon {
    fn start(program: &str, package: &str, arguments: &[&str]) -> Self {
        let mut command = Command::new(program);
        command.args(arguments).stderr(Stdio::null());
        let child = command.spawn().unwrap_or_else(|error| {
            panic!("this test needs {program}, of the package {package}: {error}")
        });
        let daemon = Self(child);
        resolve_by(&[Ipv4Addr::LOCALHOST], "");
        let deadline = Instant::now() + Duration::from_secs(10);
        while UdpSocket::bind((HERE, 53)).is_ok() {
            assert!(Instant::now() < deadline, "{program} does not listen");
            std::thread::sleep(Duration::from_millis(20));
        }
        daemon
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn unbound_is_understood() {
    let (lab, agent) = stage();
    // What it forwards to.
    let _upstream = Server::start(SECOND, |asked| match asked.name.as_str() {
        "provider.lab" if asked.kind == A => {
            vec![answer(asked, GOOD, &[alias(&asked.name, "real.lab"), address("real.lab", HERE)])]
        }
        "provider.lab" => vec![answer(asked, GOOD, &[alias(&asked.name, "real.lab")])],
        "real.lab" => vec![good(asked)],
        "failing.lab" => vec![answer(asked, SERVFAIL, &[])],
        _ => vec![answer(asked, NXDOMAIN, &[])],
    });
    let conf = "server:\n  interface: 127.0.0.1\n  username: \"\"\n  chroot: \"\"\n  directory: \"/tmp\"\n  \
                pidfile: \"\"\n  use-syslog: no\n  module-config: \"iterator\"\n  \
                do-not-query-localhost: no\n  private-domain: \"lab\"\n\
                remote-control:\n  control-enable: no\n\
                forward-zone:\n  name: \".\"\n  forward-addr: 127.0.0.2\n";
    let file = agent.config_file().with_file_name("unbound.conf");
    std::fs::write(&file, conf).unwrap();
    let _unbound =
        Daemon::start("/usr/sbin/unbound", "unbound", &["-d", "-c", file.to_str().unwrap()]);
    assert_eq!(outcome(&agent).0, "good");
    for (name, code) in [("unknown.lab", "no-such-name"), ("failing.lab", "dns-refused")] {
        let config = lab.provider_section_at("lab", name) + &host("home", &[]);
        assert_eq!(outcome(&Agent::new(&config)).0, code, "{name}");
    }
}

#[test]
fn dnsmasq_is_understood() {
    let (lab, agent) = stage();
    let arguments = [
        "--keep-in-foreground",
        "--conf-file=/dev/null",
        "--no-resolv",
        "--no-hosts",
        "--user=root",
        "--pid-file=",
        "--listen-address=127.0.0.1",
        "--bind-interfaces",
        "--host-record=real.lab,127.0.0.1",
        "--cname=provider.lab,real.lab",
        "--local=/lab/",
    ];
    let _dnsmasq = Daemon::start("/usr/sbin/dnsmasq", "dnsmasq-base", &arguments);
    assert_eq!(outcome(&agent).0, "good");
    let unknown = lab.provider_section_at("lab", "unknown.lab") + &host("home", &[]);
    assert_eq!(outcome(&Agent::new(&unknown)).0, "no-such-name");
    // Not its own, and it has nobody to ask.
    let foreign = lab.provider_section_at("lab", "provider.example") + &host("home", &[]);
    assert_eq!(outcome(&Agent::new(&foreign)).0, "dns-refused");
}
