//! The API beside `nic/update`: what its strictness rests on, and the name servers behind it.

use dynhost::address::Family;
use serde_json::{Value, json};

use crate::support::client::Client;
use crate::support::lab::Lab;
use crate::support::lab::ask::{Transport, ask, name_servers};
use crate::support::lab::control;
use crate::support::lab::dns::{DnsMode, ELSEWHERE};
use crate::support::lab::options::{LabOptions, ZoneOptions};

const HOME: &str = "home.example.com";
const LOOPBACK: [&str; 2] = ["127.0.0.2:0", "127.0.0.3:0"];

fn three_servers() -> LabOptions {
    let further_dns = LOOPBACK.map(|address| address.parse().unwrap()).to_vec();
    LabOptions { further_dns, ..LabOptions::default() }
}

/// What each name server says, `None` for silence.
fn answers(lab: &Lab, family: Family) -> Vec<Option<Vec<String>>> {
    let ask = |server| ask(server, Transport::Udp, HOME, family).ok();
    let said = lab.dns_addresses().into_iter().map(ask);
    let shown = said.map(|said| {
        said.map(|said| said.addresses.iter().map(|(address, _)| address.to_string()).collect())
    });
    shown.collect()
}

#[allow(clippy::unnecessary_wraps, reason = "as it is compared")]
fn says(address: &str) -> Option<Vec<String>> {
    Some(vec![address.to_owned()])
}

#[test]
fn one_name_server_lags_and_one_is_silent() {
    let lab = Lab::start(three_servers());
    assert_eq!(
        answers(&lab, Family::Ipv4),
        [says("81.2.69.1"), says("81.2.69.1"), says("81.2.69.1")]
    );
    control::obey(&["dns", "lagging", "2"], &lab).unwrap();
    lab.set_dns_at(2, DnsMode::Refused);
    let client = Client::new(&lab, "example.com-home", "secret");
    assert_eq!(client.update(HOME, "81.2.69.10").unwrap().body, "good 81.2.69.10");
    assert_eq!(answers(&lab, Family::Ipv4), [says("81.2.69.10"), says("81.2.69.1"), Some(vec![])]);
    control::obey(&["dns", "silent", "1"], &lab).unwrap();
    assert_eq!(answers(&lab, Family::Ipv4)[0], None);
    control::obey(&["clear"], &lab).unwrap();
    assert_eq!(answers(&lab, Family::Ipv4)[1], says("81.2.69.10"));
    for wrong in [["dns", "lagging", "0"], ["dns", "lagging", "4"], ["dns", "asleep", "1"]] {
        assert!(control::obey(&wrong, &lab).is_err(), "{wrong:?}");
    }
}

#[test]
fn a_zone_has_name_servers_with_addresses_or_is_elsewhere() {
    let mut options = three_servers();
    let zone = |name: &str, on_provider| ZoneOptions { name: name.into(), on_provider };
    options.api.zones = vec![zone("example.com", true), zone("example.net", false)];
    let lab = Lab::start(options);
    let own = ["ns1.provider.lab", "ns2.provider.lab", "ns3.provider.lab"];
    assert_eq!(name_servers(lab.dns_address(), "example.com").unwrap(), own);
    assert_eq!(name_servers(lab.dns_address(), "example.net").unwrap(), ELSEWHERE);
    for (name, address) in own.iter().zip(["127.0.0.1", "127.0.0.2", "127.0.0.3"]) {
        let answer = lab.answer(name, Family::Ipv4).unwrap();
        assert_eq!(answer.addresses[0].0.to_string(), address, "{name}");
    }
}

#[test]
fn plain_records_are_in_dns_with_their_own_ttl() {
    let lab = Lab::start(LabOptions::default());
    control::obey(&["plain", "www.example.com", "A", "81.2.69.5", "300"], &lab).unwrap();
    control::obey(&["plain", "mail.example.com", "AAAA", "2a01:cb00::5"], &lab).unwrap();
    let ttl = |name, family| lab.answer(name, family).unwrap().addresses[0].1;
    assert_eq!(ttl("www.example.com", Family::Ipv4), 300);
    assert_eq!(ttl("mail.example.com", Family::Ipv6), 3600);
    control::obey(&["plain", "alias.example.com", "CNAME", "www.example.com."], &lab).unwrap();
    let answer = lab.answer("alias.example.com", Family::Ipv4).unwrap();
    assert_eq!(answer.code, "NoError");
}

/// A bearer token, which is the least to prepare for a call by hand.
fn token(lab: &Lab, fields: &str) -> (u16, Value) {
    let client = Client::new(lab, "EU.lab", "lab-client-secret");
    let reply = client.post_form("/auth/oauth2/token", fields).unwrap();
    (reply.status, serde_json::from_str(&reply.body).unwrap())
}

#[test]
fn tokens_are_given_to_the_service_account_with_scope_all() {
    let lab = Lab::start(LabOptions::default());
    let rows = [
        ("grant_type=client_credentials&scope=all", 200, Value::Null),
        ("grant_type=client_credentials", 400, json!("invalid_scope")),
        ("grant_type=password&scope=all", 400, json!("unsupported_grant_type")),
    ];
    for (fields, status, error) in &rows {
        let (got, body) = token(&lab, fields);
        assert_eq!((got, &body["error"]), (*status, error), "{fields}");
    }
    let stranger = Client::new(&lab, "EU.lab", "wrong");
    assert_eq!(stranger.post_form("/auth/oauth2/token", rows[0].0).unwrap().status, 401);
}

#[test]
fn edits_are_stored_at_once_and_shown_after_a_refresh() {
    let (identifiers, records) = (Vec::new(), Vec::new());
    let lab = Lab::start(LabOptions { identifiers, records, ..LabOptions::default() });
    let (_, body) = token(&lab, "grant_type=client_credentials&scope=all");
    let client = Client::new(&lab, "", "").with_token(body["access_token"].as_str().unwrap());
    let zone = "/1.0/domain/zone/example.com";
    let post = |path: &str, body: Value| {
        client.post_json(&format!("{zone}{path}"), &body.to_string()).unwrap()
    };
    let login = json!({ "loginSuffix": "home", "password": "12345678", "subDomain": "home" });
    assert_eq!(post("/dynHost/login", login.clone()).status, 200);
    assert_eq!(post("/dynHost/login", login).status, 409);
    let record = json!({ "ip": "81.2.69.1", "subDomain": "home" });
    assert_eq!(post("/dynHost/record", record.clone()).status, 200);
    assert_eq!(post("/dynHost/record", record).status, 409);
    let updating = Client::new(&lab, "example.com-home", "12345678");
    assert_eq!(updating.update(HOME, "81.2.69.2").unwrap().body, "good 81.2.69.2");
    assert_eq!(lab.answer(HOME, Family::Ipv4).unwrap().code, "NXDomain");
    assert_eq!(post("/refresh", json!({})).body, "null");
    assert_eq!(answers(&lab, Family::Ipv4), [says("81.2.69.2")]);
    let rows = [
        ("/dynHost/record", json!({ "ip": "81.2.69", "subDomain": "home" }), 400),
        ("/dynHost/record", json!({ "ip": "81.2.69.1", "subDomain": "*" }), 400),
        ("/dynHost/login", json!({ "loginSuffix": "elevenchars", "password": "12345678" }), 400),
        ("/dynHost/login", json!({ "loginSuffix": "x", "password": "1234567" }), 400),
        ("/dynHost/elsewhere", json!({}), 404),
        ("/dynHost/record", json!(["ip"]), 400),
    ];
    for (path, body, status) in rows {
        assert_eq!(post(path, body.clone()).status, status, "{path} {body}");
    }
    lab.add_plain("www.example.com", ("A", "81.2.69.5"), 0);
    let in_the_way = json!({ "ip": "2a01:cb00::1", "subDomain": "www" });
    assert_eq!(post("/dynHost/record", in_the_way).status, 409);
    let stranger = Client::new(&lab, "", "").with_token("wrong");
    let refused = stranger.get("/1.0/domain/zone").unwrap();
    assert_eq!(refused.status, 401);
    assert!(refused.header("x-ovh-queryid").is_some());
}

#[test]
fn a_star_in_a_right_stands_for_any_text() {
    let lab = Lab::start(LabOptions::default());
    let (_, body) = token(&lab, "grant_type=client_credentials&scope=all");
    let client = Client::new(&lab, "", "").with_token(body["access_token"].as_str().unwrap());
    let rows = [
        ("/domain/zone/*", "/domain/zone", 403),
        ("/domain/zone/*", "/domain/zone/example.com", 200),
        ("/domain/zone/example.com/record*", "/domain/zone/example.com/record", 200),
        ("/domain/zone/example.com/dynHost/*", "/domain/zone/example.com/dynHost/record", 200),
        ("/domain/*/dynHost/*", "/domain/zone/example.com/dynHost/login", 200),
        ("/domain/*/dynHost", "/domain/zone/example.com/dynHost/login", 403),
        ("/domain/zone", "/domain/zone", 200),
    ];
    for (right, path, status) in rows {
        control::obey(&["rights", "POST", "/*", "GET", right], &lab).unwrap();
        assert_eq!(client.get(&format!("/v1{path}")).unwrap().status, status, "{right} {path}");
    }
}
