//! Faults on the way to the provider: resolver, port, TLS, certificate.

use std::net::{Ipv4Addr, TcpListener};

use super::{AT, Home, PROVIDER, SERVERS};
use crate::support::lab::Lab;
use crate::support::lab::certificates::Wrong;
use crate::support::lab::dns::DnsMode;
use crate::support::lab::fault::Fault;
use crate::support::lab::options::LabOptions;
use crate::support::netns;

#[test]
fn a_resolver_that_is_dead_or_refuses() {
    let home = Home::new();
    home.lab.set_dns(DnsMode::Silent);
    home.has(
        75,
        &[
            "resolver no DNS server has an address of dns.eu.ovhapis.com",
            "dns the servers of the zone of home.example.com are not known: no DNS server answers",
        ],
    );
    home.lab.set_dns(DnsMode::Refused);
    home.has(
        75,
        &[
            "resolver no DNS server has an address",
            "dns the servers of the zone of home.example.com are not known: the DNS servers refuse",
        ],
    );
    home.lab.set_dns(DnsMode::Answering);
    let [good, _] = SERVERS;
    let servers = ["62.4.16.99", "62.4.16.99", &good.to_string()];
    let lines = servers.map(|server| format!("nameserver {server}\n")).concat();
    netns::cover("/etc/resolv.conf", &(lines + "options timeout:1 attempts:1\n"));
    let findings = home.has(0, &[]);
    let is_dead = |note: &&String| note.contains("resolver 62.4.16.99 gave no address of dns.eu");
    let notes = findings.of_verdict("note");
    assert_eq!(notes.iter().filter(is_dead).count(), 1, "{findings:#?}");
}

#[test]
fn a_resolver_that_lies() {
    let home = Home::new();
    // A captive portal: every name is the portal.
    let portal = Ipv4Addr::new(192, 168, 7, 1);
    netns::ip(&["addr", "add", &format!("{portal}/32"), "dev", "lo"]);
    let liar = Lab::start(LabOptions {
        name: PROVIDER.into(),
        https: (portal, 0).into(),
        dns: (portal, 53).into(),
        ..LabOptions::default()
    });
    let both = |first, second| {
        netns::cover("/etc/resolv.conf", &format!("nameserver {first}\nnameserver {second}\n"));
    };
    both(SERVERS[0], portal);
    let findings =
        home.has(75, &["resolver 192.168.7.1 says that dns.eu.ovhapis.com is 192.168.7.1"]);
    assert!(
        findings.notes("resolver the DNS servers do not agree about dns.eu.ovhapis.com"),
        "{findings:#?}"
    );
    assert!(liar.requests().is_empty());
}

#[test]
fn the_providers_port_is_closed() {
    let home = Home::new();
    home.lab.close();
    let port = home.lab.https_address().port();
    home.has(
        75,
        &[&format!("provider {PROVIDER} at {AT}:{port}: the provider refused the connection")],
    );
}

#[test]
fn tls_is_silent() {
    let home = Home::new();
    home.lab.fault(Fault::HangAccept);
    home.has(75, &["the provider accepts the connection but TLS gets no answer"]);
}

#[test]
fn the_certificate_is_expired_of_another_name_or_of_an_unknown_authority() {
    let home = Home::new();
    for (wrong, sentence) in [
        (Wrong::Expired, "the provider's certificate has expired"),
        (
            Wrong::OtherName,
            "the provider's certificate is for another name: nothing was sent; it is for other.example",
        ),
        (Wrong::Untrusted, "the provider's certificate is from no trusted authority"),
        (Wrong::RenewedAuthority, "is signed by another key than that of the authority"),
    ] {
        home.lab.clear_faults();
        home.lab.fault(Fault::Certificate(wrong));
        home.has(75, &[sentence]);
    }
    home.lab.clear_faults();
    home.has(0, &[]);
}

#[test]
fn a_certificate_that_is_about_to_expire() {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_secs();
    let home = Home::with(|options| options.not_after = now + 5 * 86_400 + 3600);
    let findings = home.has(0, &[]);
    assert!(
        findings.notes("provider the certificate of dns.eu.ovhapis.com expires in 5 day(s)"),
        "{findings:#?}"
    );
}

#[test]
fn what_answers_does_not_speak_tls() {
    let home = Home::new();
    home.lab.fault(Fault::PlainHttp);
    home.has(75, &["does not speak TLS"]);
}

#[test]
fn one_of_the_providers_addresses_is_out_of_order() {
    let home = Home::new();
    // Found by its name alone, and in no certificate's way.
    netns::cover("/etc/hosts", &format!("{AT} {PROVIDER}\n62.4.16.9 {PROVIDER}\n"));
    netns::ip(&["addr", "add", "62.4.16.9/32", "dev", "lo"]);
    // Nobody listens there.
    drop(TcpListener::bind(("62.4.16.9", 0)).unwrap());
    let findings = home.has(0, &[]);
    assert!(findings.notes("provider dns.eu.ovhapis.com at 62.4.16.9:"), "{findings:#?}");
    assert!(findings.approves("resolver dns.eu.ovhapis.com needs no DNS server"), "{findings:#?}");
}

#[test]
fn bind_to_a_device_that_is_gone() {
    let home = Home::new();
    home.configure(&[("device", "wan0"), ("bind", "1")]);
    let findings = home.examine();
    assert!(
        findings.of_verdict("fault").iter().all(|fault| !fault.contains("bound")),
        "{findings:#?}"
    );
    home.configure(&[("device", "ppp7"), ("bind", "1")]);
    let findings = home.examine();
    let faults = findings.of_verdict("fault");
    assert!(
        faults.iter().any(|fault| fault.contains("interface ipv4 there is no device ppp7")),
        "{findings:#?}"
    );
}
