//! Replies, records and DNS of a provider that nothing is wrong with.

use std::net::IpAddr;

use dynhost::address::Family;

use crate::support::client::Client;
use crate::support::lab::Lab;
use crate::support::lab::ask::Answer;
use crate::support::lab::options::{Identifier, LabOptions};

const HOME: &str = "home.example.com";

fn address(text: &str) -> IpAddr {
    text.parse().unwrap()
}

fn two_families() -> LabOptions {
    let mut options = LabOptions::default();
    options.records.push((HOME.into(), address("2a01:cb00:1:2::1")));
    options
}

fn answered(text: &str) -> Answer {
    Answer {
        code: "NoError".into(),
        authoritative: true,
        addresses: vec![(address(text), 60)],
        has_soa: false,
    }
}

#[test]
fn an_update_over_tls_is_in_dns_at_once_over_udp_and_tcp() {
    let lab = Lab::start(two_families());
    let client = Client::new(&lab, "example.com-home", "secret");
    for (family, before, after) in [
        (Family::Ipv4, "81.2.69.1", "81.2.69.10"),
        (Family::Ipv6, "2a01:cb00:1:2::1", "2a01:cb00:1:2::10"),
    ] {
        assert_eq!(lab.answer(HOME, family), Ok(answered(before)));
        assert_eq!(client.update(HOME, after).unwrap().body, format!("good {after}"));
        assert_eq!(lab.answer(HOME, family), Ok(answered(after)));
        assert_eq!(lab.answer_over_tcp(HOME, family), Ok(answered(after)));
        assert_eq!(lab.record(HOME, family), Some(address(after)));
    }
}

#[test]
fn negative_answers_are_told_apart() {
    let lab = Lab::start(LabOptions::default());
    let no_data = lab.answer(HOME, Family::Ipv6).unwrap();
    assert_eq!((no_data.code.as_str(), no_data.has_soa), ("NoError", true));
    assert!(no_data.addresses.is_empty());
    let no_name = lab.answer("work.example.com", Family::Ipv4).unwrap();
    assert_eq!((no_name.code.as_str(), no_name.has_soa), ("NXDomain", true));
    let not_ours = lab.answer("home.example.net", Family::Ipv4).unwrap();
    assert_eq!((not_ours.code.as_str(), not_ours.authoritative), ("Refused", false));
}

#[test]
fn a_record_that_is_removed_is_gone_from_both_sides() {
    let lab = Lab::start(LabOptions::default());
    lab.remove_record(HOME, Family::Ipv4);
    lab.set_record("work.example.com", address("81.2.69.2"));
    assert_eq!(lab.answer(HOME, Family::Ipv4).unwrap().code, "NXDomain");
    let client = Client::new(&lab, "example.com-home", "secret");
    assert_eq!(client.update(HOME, "81.2.69.10").unwrap().body, "nohost");
    assert_eq!(lab.record(HOME, Family::Ipv4), None);
}

#[test]
fn the_providers_own_name_resolves_to_where_it_listens() {
    let lab = Lab::start(LabOptions::default());
    assert_eq!(lab.answer("provider.lab", Family::Ipv4), Ok(answered("127.0.0.1")));
}

#[test]
fn an_address_sent_twice_is_stored_once() {
    let lab = Lab::start(LabOptions::default());
    let client = Client::new(&lab, "example.com-home", "secret");
    let bodies = [(); 2].map(|()| client.update(HOME, "81.2.69.10").unwrap().body);
    assert_eq!(bodies, ["good 81.2.69.10", "nochg 81.2.69.10"]);
}

#[test]
fn every_wrong_request_gets_the_reply_of_the_protocol() {
    let lab = Lab::start(LabOptions::default());
    let client = Client::new(&lab, "example.com-home", "secret");
    let wrong_ip = "{\"class\":\"Client::BadRequest\",\"message\":\"{'myip': ['Invalid ip']}\"}";
    let rows = [
        ("/nic/update?hostname=home.example.com&myip=81.2.69.10", 200, "badsys"),
        ("/nic/update?system=dyndns&hostname=home.example.com&myip=81.2.69", 400, wrong_ip),
        ("/nic/update?system=dyndns&hostname=home.example.com&myip=", 400, wrong_ip),
        ("/nic/update?system=dyndns&hostname=home.example.com&myip=2a01::1", 200, "nohost"),
        ("/nic/update?system=dyndns&hostname=work.example.com&myip=81.2.69.10", 401, ""),
        ("/nic/update?system=dyndns&hostname=home.example.com", 400, ""),
        ("/nic/update?system=dyndns&hostname=home.example.com,a.b&myip=81.2.69.10", 400, ""),
        ("/nic/update?system=dyndns&hostname=home.example.com&myip=81.2.69.10,::1", 400, ""),
        ("/elsewhere", 404, ""),
    ];
    for (target, status, body) in rows {
        let reply = client.get(target).unwrap();
        assert_eq!(reply.status, status, "{target}");
        assert!(reply.body.contains(body), "{target}: {}", reply.body);
    }
    assert_eq!(client.post(rows[0].0).unwrap().body, "badsys");
    assert_eq!(lab.record(HOME, Family::Ipv4), Some(address("81.2.69.1")));
}

#[test]
fn the_newer_back_end_says_badsys_in_json() {
    let lab = Lab::start(LabOptions { badsys_as_json: true, ..LabOptions::default() });
    let client = Client::new(&lab, "example.com-home", "secret");
    let reply = client.get("/nic/update?hostname=home.example.com&myip=81.2.69.10").unwrap();
    assert_eq!(reply.status, 400);
    let json: serde_json::Value = serde_json::from_str(&reply.body).unwrap();
    assert_eq!(json["message"], "{'system': ['Missing data for required field.']}");
}

#[test]
fn an_identifier_may_update_its_sub_domain_and_a_star_the_zone() {
    let rows = [
        ("home", "home.example.com", true),
        ("home", "work.example.com", false),
        ("home", "a.home.example.com", false),
        ("home", "home.example.net", false),
        ("*", "work.example.com", true),
        ("*", "a.b.example.com", true),
        ("*", "example.com", true),
        ("*", "work.example.net", false),
        ("", "example.com", true),
        ("", "home.example.com", false),
    ];
    for (sub_domain, hostname, expected) in rows {
        let identifier = Identifier::new("example.com-x", "secret", sub_domain);
        assert_eq!(identifier.may_update(hostname), expected, "{sub_domain:?} {hostname}");
    }
}

#[test]
fn a_wrong_login_or_password_is_unauthorized_and_an_odd_one_works() {
    let odd = "p#?:@%\"\\ \u{e9}";
    let mut options = LabOptions::default();
    options.identifiers.push(Identifier::new("example.com-odd", odd, "*"));
    let lab = Lab::start(options);
    let rows = [
        ("example.com-home", "secret", 200),
        ("example.com-home", "Secret", 401),
        ("example.com-home", "", 401),
        ("example.com-work", "secret", 401),
        ("example.com-odd", odd, 200),
    ];
    for (login, password, status) in rows {
        let client = Client::new(&lab, login, password);
        assert_eq!(client.update(HOME, "81.2.69.10").unwrap().status, status, "{login}");
    }
}

#[test]
fn requests_are_logged_with_their_connection_and_tls_version() {
    for (only_tls12, version) in [(false, "TLSv1_3"), (true, "TLSv1_2")] {
        let lab = Lab::start(LabOptions { only_tls12, ..LabOptions::default() });
        let client = Client::new(&lab, "example.com-home", "secret");
        client.update(HOME, "81.2.69.10").unwrap();
        client.update("other.example.com", "81.2.69.10").unwrap();
        Client::new(&lab, "example.com-home", "secret").update(HOME, "81.2.69.11").unwrap();
        let requests = lab.requests();
        let seen: Vec<_> = requests.iter().map(|r| (r.connection, r.reply.as_str())).collect();
        let expected = [
            (1, "200 good 81.2.69.10"),
            (1, "401 Authentication failed"),
            (2, "200 good 81.2.69.11"),
        ];
        assert_eq!(seen, expected);
        assert_eq!(lab.connections(), 2);
        assert_eq!(lab.updates_of(HOME).len(), 2);
        assert!(requests.iter().all(|request| request.tls_version == version), "{requests:?}");
        assert_eq!(requests[0].login.as_deref(), Some("example.com-home"));
        assert_eq!(requests[0].myip().as_deref(), Some("81.2.69.10"));
        assert!(requests[0].request.header("user-agent").is_some());
    }
}

#[test]
fn the_log_file_has_a_line_for_each_request_and_no_password() {
    let directory = crate::support::temp::TempDir::new();
    let path = directory.path().to_owned();
    let lab = Lab::start(LabOptions { directory: Some(path.clone()), ..LabOptions::default() });
    let client = Client::new(&lab, "example.com-home", "secret");
    client.update(HOME, "81.2.69.10").unwrap();
    client.update(HOME, "81.2.69.10").unwrap();
    let log = std::fs::read_to_string(path.join("requests.log")).unwrap();
    assert_eq!(log.lines().count(), 2, "{log}");
    let fields: Vec<&str> = log.lines().next().unwrap().split('\t').collect();
    let target = "/nic/update?system=dyndns&hostname=home.example.com&myip=81.2.69.10";
    let expected = ["1", "TLSv1_3", "example.com-home", "GET", target, "200 good 81.2.69.10"];
    assert_eq!(fields[1..], expected);
    let requests = lab.requests();
    let authorization = requests[0].request.header("authorization").unwrap();
    assert!(!log.contains("secret") && !log.contains(&authorization["Basic ".len()..]));
}
