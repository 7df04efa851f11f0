//! Faults of names: login, zone, and the record at each of its servers.

use dynhost::address::Family;

use super::{Home, PROVIDER};
use crate::support::lab::api::options::ZoneOptions;
use crate::support::lab::dns::DnsMode;
use crate::support::lab::fault::Fault;
use crate::support::netns;
use crate::support::stage::{HOME, WAN, host};

#[test]
fn the_zone_is_elsewhere() {
    let home = Home::with(|options| {
        options.api.zones = vec![ZoneOptions { name: "example.com".into(), on_provider: false }];
    });
    let findings = home.examine();
    let faults = findings.of_verdict("fault");
    let served =
        "dns the zone example.com is served by ns1.elsewhere.example, ns2.elsewhere.example";
    assert!(faults.iter().any(|fault| fault == served), "{findings:#?}");
    assert!(findings.notes("ns1.elsewhere.example has no address itself"), "{findings:#?}");
    assert_eq!(findings.code, 77);
}

#[test]
fn no_zone_has_the_name() {
    let home = Home::new();
    home.configure(&[("hostname", "home.example.invalid"), ("username", "example.invalid-home")]);
    let findings = home.examine();
    let faults = findings.of_verdict("fault");
    assert!(faults.iter().any(|fault| fault.contains("home.example.invalid")), "{findings:#?}");
}

#[test]
fn a_cname_is_in_the_way() {
    let home = Home::new();
    home.lab.remove_record(HOME, Family::Ipv4);
    home.lab.add_plain(HOME, ("CNAME", "elsewhere.example."), 300);
    home.has(77, &["dns home.example.com ipv4 has a CNAME to elsewhere.example, says ns1."]);
}

#[test]
fn no_server_answers_or_one_does_not() {
    let home = Home::new();
    home.publish();
    // The resolver is the first of them, and is asked for the zone before.
    home.lab.set_dns_at(1, DnsMode::Silent);
    let findings = home.has(0, &[]);
    assert!(findings.notes("dns ns2.dns.eu.ovhapis.com does not answer"), "{findings:#?}");
    home.lab.set_dns_at(1, DnsMode::Refused);
    let findings = home.has(0, &[]);
    assert!(findings.notes("dns ns2.dns.eu.ovhapis.com does not hold the zone"), "{findings:#?}");
}

#[test]
fn none_of_the_zones_servers_answers() {
    let home = Home::new();
    home.publish();
    // They are found, and the way to them leads nowhere.
    let nowhere = [1, 2].map(|server| format!("62.4.16.9{server} ns{server}.{PROVIDER}\n"));
    netns::cover("/etc/hosts", &nowhere.concat());
    home.has(75, &["dns no server tells about home.example.com"]);
}

#[test]
fn the_record_is_missing() {
    let home = Home::new();
    home.lab.remove_record(HOME, Family::Ipv4);
    home.has(77, &["dns home.example.com has no record of ipv4"]);
}

#[test]
fn the_record_is_a_plain_one() {
    let home = Home::new();
    home.lab.remove_record(HOME, Family::Ipv4);
    home.lab.add_plain(HOME, ("A", WAN), 3600);
    home.has(77, &["dns home.example.com ipv4 has 81.2.69.10, says ns1.dns.eu.ovhapis.com, with a TTL of 3600 s"]);
}

#[test]
fn the_name_has_two_addresses() {
    let home = Home::new();
    home.publish();
    home.lab.add_plain(HOME, ("A", "81.2.69.99"), 60);
    let findings = home.examine();
    assert!(
        findings.of_verdict("fault").iter().any(|fault| fault.contains("81.2.69.99")),
        "{findings:#?}"
    );
    assert_eq!(findings.code, 77);
}

#[test]
fn one_server_lags() {
    let home = Home::new();
    home.lab.set_dns_at(1, DnsMode::Lagging);
    home.publish();
    let findings = home.has(0, &[]);
    assert!(
        findings.notes("dns ns2.dns.eu.ovhapis.com has 81.2.69.1 in the place of 81.2.69.10"),
        "{findings:#?}"
    );
}

#[test]
fn the_record_has_drifted() {
    let home = Home::new();
    home.publish();
    home.lab.set_record(HOME, [81, 2, 69, 77].into());
    home.has(75, &["dns home.example.com ipv4 has 81.2.69.77, says ns1.dns.eu.ovhapis.com, and 81.2.69.10 was stored there"]);
}

#[test]
fn a_zone_that_is_doubled_or_foreign() {
    let home = Home::new();
    home.configure(&[("hostname", "home.example.com.example.com")]);
    home.has(
        77,
        &[
            "dns home.example.com.example.com has the zone example.com twice",
            "dns home.example.com.example.com has no record of ipv4",
        ],
    );
    home.configure(&[("username", "example.org-home")]);
    home.has(77, &["dns login example.org-home begins with no zone that home.example.com lies in"]);
}

#[test]
fn a_hold_says_what_the_user_must_do() {
    let home = Home::new();
    home.lab.fault(Fault::Word("badauth".into()));
    assert_eq!(home.agent.run(&["update"]).code(), 77);
    home.lab.clear_faults();
    let findings = home.has(77, &["state ipv4 nothing was sent yet: badauth: "]);
    let held = findings.lines.last().unwrap();
    assert_eq!(held["host"], "home");
    assert!(held["remedy"].as_str().unwrap().contains("dynhost resume"), "{held}");
}

#[test]
fn a_zone_below_another_one_has_servers_of_its_own() {
    let home = Home::with(|options| {
        let zone = |name: &str, on_provider| ZoneOptions { name: name.into(), on_provider };
        options.api.zones = vec![zone("example.com", true), zone("deep.example.com", false)];
    });
    let provider = home.lab.provider_section_at("lab", PROVIDER);
    let deep = host("deep", &[("hostname", "home.deep.example.com")]);
    home.agent.configure(&(provider + &host("home", &[]) + &deep));
    let findings = home.examine();
    let faults = findings.of_verdict("fault");
    let elsewhere = "dns the zone deep.example.com is served by ns1.elsewhere.example, ";
    assert!(faults.iter().any(|fault| fault.starts_with(elsewhere)), "{findings:#?}");
    assert!(findings.approves("dns the zone example.com is served by ns1.dns."), "{findings:#?}");
}
