//! What leaves: one GET, the credentials in its header, and nothing that was not asked for.

use std::net::UdpSocket;
use std::net::{Ipv4Addr, SocketAddr};

use dynhost::address::Family;

use crate::support::lab::journal::Logged;
use crate::support::lab::options::{Identifier, LabOptions};
use crate::support::netns;
use crate::support::stage::{HOME, Stage, WAN};

const WAN6: &str = "2a01:cb00:1:2::10";

#[test]
fn the_request_is_the_one_of_the_guide() {
    let stage = Stage::new();
    assert_eq!(stage.update().code(), 0);
    let [sent] = stage.lab.requests().try_into().unwrap();
    assert_eq!(sent.request.method, "GET");
    let target = "/nic/update?system=dyndns&hostname=home.example.com&myip=81.2.69.10";
    assert_eq!(sent.request.target, target);
    let agent = sent.request.header("user-agent").unwrap();
    assert_eq!(agent, concat!("dynhost/", env!("CARGO_PKG_VERSION")));
    assert_eq!(sent.login.as_deref(), Some("example.com-home"));
    assert_eq!(sent.request.header("cookie"), None);
    let port = stage.lab.https_address().port();
    assert_eq!(sent.request.header("host"), Some(format!("localhost:{port}").as_str()));
}

#[test]
fn a_name_in_unicode_and_capitals_is_sent_as_punycode() {
    let mut options = LabOptions::default();
    options.identifiers.push(Identifier::new("example.com-all", "secret", "*"));
    options.records.push(("xn--mnchen-3ya.example.com".into(), [81, 2, 69, 1].into()));
    let stage = Stage::with(options);
    stage.configure(&[("hostname", "München.Example.com."), ("username", "example.com-all")]);
    assert_eq!(stage.update().verdict(), (0, "updated"));
}

#[test]
fn both_families_go_over_one_connection_and_over_ipv4() {
    let mut options = LabOptions::default();
    options.records.push((HOME.into(), [0x2a01, 0xcb00, 0, 0, 0, 0, 0, 1].into()));
    let stage = Stage::with(options);
    netns::add_address(&format!("{WAN6}/64"));
    netns::ip(&["-6", "route", "add", "default", "dev", "wan0"]);
    stage.configure(&[("family", "ipv4"), ("family", "ipv6")]);
    let output = stage.update();
    assert_eq!(output.verdict(), (0, "updated updated"), "{output:?}");
    let shown: Vec<_> =
        output.lines().into_iter().map(|line| (line.family, line.address)).collect();
    assert_eq!(shown, [("ipv4".into(), WAN.into()), ("ipv6".into(), WAN6.into())]);
    let sent: Vec<_> = stage.lab.requests().iter().filter_map(Logged::myip).collect();
    assert_eq!(sent, [WAN, WAN6]);
    // The lab listens on 127.0.0.1 alone.
    assert_eq!(stage.lab.connections(), 1);
    assert_eq!(stage.lab.record(HOME, Family::Ipv6), Some(WAN6.parse().unwrap()));
}

#[test]
fn a_proxy_of_the_environment_gets_no_credentials() {
    let mut stage = Stage::new();
    let proxy = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", proxy.local_addr().unwrap());
    for name in ["http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"]
    {
        stage.agent.set_env(name, &url);
    }
    assert_eq!(stage.update().code(), 0);
    proxy.set_nonblocking(true).unwrap();
    assert_eq!(proxy.accept().unwrap_err().kind(), std::io::ErrorKind::WouldBlock);
}

#[test]
fn the_hosts_own_name_is_never_looked_up() {
    let stage = Stage::new();
    let dns = UdpSocket::bind(SocketAddr::from((Ipv4Addr::LOCALHOST, 53))).unwrap();
    netns::resolve_by(Ipv4Addr::LOCALHOST);
    for _ in 0..2 {
        assert_eq!(stage.update().code(), 0);
    }
    dns.set_nonblocking(true).unwrap();
    assert_eq!(dns.recv(&mut [0; 512]).unwrap_err().kind(), std::io::ErrorKind::WouldBlock);
}
