//! `bind`: the look-ups of a host leave by its line, too.

use std::net::{IpAddr, Ipv4Addr};
use std::sync::mpsc::channel;

use super::server::{A, GOOD, Server, address, answer};
use super::{outcome, resolve_by};
use crate::address::bind::{PROVIDER, two_lines};
use crate::support::agent::Agent;
use crate::support::lab::Lab;
use crate::support::netns;
use crate::support::stage::host;
use crate::support::ubusd::Ubusd;

/// In the provider's namespace, behind `wan0`; the same address is behind `wan1`, too.
const DNS: Ipv4Addr = Ipv4Addr::new(81, 2, 99, 53);
const SAID: &str = "home: look-ups choose their own way";
const NAME: &str = "provider.lab";

/// A name server at the far end of this device, reached by `isp`.
fn far_server(isp: &'static str, network: &'static str) -> Server {
    let ((say, hear), (allow, wait)) = (channel(), channel());
    let far = std::thread::spawn(move || {
        netns::enter();
        say.send(netns::id()).unwrap();
        wait.recv().unwrap();
        netns::ip(&["addr", "add", &format!("{DNS}/32"), "dev", isp]);
        netns::ip(&["link", "set", isp, "up"]);
        netns::ip(&["route", "add", network, "dev", isp]);
        let provider: IpAddr = PROVIDER.parse().unwrap();
        Server::start(DNS, move |asked| {
            let records = if asked.kind == A { vec![address(NAME, provider)] } else { vec![] };
            vec![answer(asked, GOOD, &records)]
        })
    });
    netns::ip(&["link", "set", isp, "netns", &hear.recv().unwrap()]);
    allow.send(()).unwrap();
    far.join().unwrap()
}

/// Two lines with the provider behind `wan0` and a name server behind `wan1`; the default route
/// leads over `first`.
fn stage(first: &str) -> (Lab, Server) {
    let lab = two_lines();
    let server = far_server("isp1", "81.2.71.0/24");
    for (device, metric) in [(first, "10"), ("wan0", "20"), ("wan1", "30")] {
        netns::ip(&["route", "add", "default", "dev", device, "metric", metric]);
    }
    resolve_by(&[DNS], "options attempts:1");
    (lab, server)
}

fn agent(lab: &Lab, options: &[(&str, &str)]) -> Agent {
    Agent::new(&(lab.provider_section_at("lab", NAME) + &host("home", options)))
}

#[test]
fn the_look_up_of_a_bound_host_does_not_leave_by_another_line() {
    let (lab, server) = stage("wan1");
    let bound = agent(&lab, &[("device", "wan0"), ("bind", "1")]);
    assert_eq!(outcome(&bound).0, "resolve");
    assert_eq!(server.asked(), []);
    // Unbound it goes where the routes say, so there was another way.
    let unbound = agent(&lab, &[("device", "wan0")]);
    let _ = outcome(&unbound);
    assert!(!server.asked().is_empty());
}

#[test]
fn the_look_up_of_a_bound_host_leaves_by_its_line() {
    let (lab, server) = stage("wan0");
    let bound = agent(&lab, &[("device", "wan1"), ("bind", "1")]);
    // Nobody is behind it but the name server.
    assert_ne!(outcome(&bound).0, "resolve");
    let asked = server.asked();
    assert!(!asked.is_empty(), "{asked:?}");
    assert!(asked.iter().all(|asked| asked.from.ip().to_string() == "81.2.71.10"), "{asked:?}");
}

/// OpenWrt's resolv.conf names dnsmasq, which cannot be asked through a device.
#[test]
fn with_an_interface_its_own_servers_are_asked_in_place_of_a_local_one() {
    let lab = two_lines();
    // As the recorded netifd has it.
    netns::ip_batch("link set wan0 down\nlink set wan0 name eth0\nlink set eth0 up\n");
    netns::ip(&["route", "add", "default", "dev", "eth0"]);
    resolve_by(&[Ipv4Addr::LOCALHOST], "");
    let bound = agent(&lab, &[("interface", "wan"), ("bind", "1")]);
    let ubusd = Ubusd::start_with_dns(PROVIDER.parse().unwrap());
    assert_eq!(outcome(&bound).0, "good");
    assert!(!bound.run(&["check"]).stdout.contains(SAID));
    drop(ubusd);
    // Without `bind` it is the local one that is asked, and nobody is there.
    let unbound = agent(&lab, &[("interface", "wan")]);
    assert_eq!(outcome(&unbound).0, "resolve");
    // The line has no server of its own.
    let _ubusd = Ubusd::start(true);
    assert!(bound.run(&["check"]).stdout.contains(SAID));
}

#[test]
fn check_and_status_say_that_look_ups_by_a_local_server_choose_their_own_way() {
    let lab = two_lines();
    netns::ip(&["route", "add", "default", "dev", "wan0"]);
    resolve_by(&[Ipv4Addr::LOCALHOST], "");
    let bound = agent(&lab, &[("device", "wan0"), ("bind", "1")]);
    for command in ["check", "status"] {
        let output = bound.run(&[command]);
        assert_eq!(output.code(), 0, "{output:?}");
        assert!(output.stdout.contains(SAID), "{output:?}");
    }
    assert!(bound.run(&["update"]).stderr.contains(SAID));
    let unbound = agent(&lab, &[("device", "wan0")]);
    assert!(!unbound.run(&["check"]).stdout.contains(SAID));
    resolve_by(&[DNS], "");
    assert!(!bound.run(&["check"]).stdout.contains(SAID));
}
