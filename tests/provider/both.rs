//! Providers where one request sets the records of both families.

use std::net::IpAddr;

use crate::support::lab::fault::Fault;
use crate::support::lab::options::LabOptions;
use crate::support::lab::reply::Reply;
use crate::support::netns;
use crate::support::stage::{Stage, WAN, host};

const WAN6: &str = "2a01:cb00:1:2::10";

/// A line with both families, and a host that keeps both current by one request.
fn stage() -> Stage {
    let stage = Stage::with(LabOptions::default());
    netns::add_address(&format!("{WAN6}/64"));
    netns::ip(&["-6", "route", "add", "default", "dev", "wan0"]);
    let provider = stage.lab.provider_section("lab");
    let provider = provider.replace("myip={address}", "myip={ipv4}&myipv6={ipv6}");
    stage.agent.configure(&(provider + &host("home", &[("family", "ipv4"), ("family", "ipv6")])));
    stage
}

fn says(stage: &Stage, status: u16, body: &str) {
    stage.lab.clear_faults();
    stage.lab.fault(Fault::Reply(Reply::text(status, body)));
}

/// What each request so far was to set.
fn sent(stage: &Stage) -> Vec<(String, String)> {
    let value = |request: &crate::support::lab::request::Request, name: &str| {
        request.parameter(name).unwrap_or_else(|| panic!("{} has no {name}", request.target))
    };
    let requests = stage.lab.requests();
    requests.iter().map(|it| (value(&it.request, "myip"), value(&it.request, "myipv6"))).collect()
}

fn both(ipv4: &str, ipv6: &str) -> (String, String) {
    (ipv4.into(), ipv6.into())
}

fn published(stage: &Stage) -> Vec<Option<IpAddr>> {
    let json = stage.agent.state_json();
    let records = json["records"].as_array().unwrap().clone();
    let address =
        |record: &serde_json::Value| record["published"]["address"].as_str()?.parse().ok();
    records.iter().map(address).collect()
}

fn addresses(ipv4: &str, ipv6: &str) -> Vec<Option<IpAddr>> {
    vec![ipv4.parse().ok(), ipv6.parse().ok()]
}

#[test]
fn one_request_publishes_both_and_is_sent_once() {
    for answer in
        [format!("good {WAN} {WAN6}"), "good".into(), format!("good {WAN}"), format!("good {WAN6}")]
    {
        let stage = stage();
        says(&stage, 200, &answer);
        let output = stage.update();
        assert_eq!(output.verdict(), (0, "updated updated"), "{answer}");
        assert_eq!(sent(&stage), [both(WAN, WAN6)], "{answer}");
        assert_eq!(published(&stage), addresses(WAN, WAN6));
        assert_eq!(stage.update().verdict(), (0, "unchanged unchanged"));
        assert_eq!(stage.lab.requests().len(), 1);
    }
}

#[test]
fn a_change_of_one_family_sends_the_other_as_it_is() {
    let stage = stage();
    says(&stage, 200, "good");
    assert_eq!(stage.update().code(), 0);
    netns::move_wan(WAN, "81.2.69.20");
    assert_eq!(stage.update().verdict(), (0, "updated unchanged"));
    assert_eq!(sent(&stage)[1..], [both("81.2.69.20", WAN6)]);
    // Where the other has gone, what is published stays: no record is removed by being left out.
    netns::remove_address(&format!("{WAN6}/64"));
    netns::move_wan("81.2.69.20", "81.2.69.30");
    assert_eq!(stage.update().verdict(), (69, "updated no-address"));
    assert_eq!(sent(&stage)[2..], [both("81.2.69.30", WAN6)]);
    assert_eq!(published(&stage), addresses("81.2.69.30", WAN6));
}

#[test]
fn a_family_that_never_had_an_address_is_left_empty() {
    let stage = stage();
    says(&stage, 200, "good");
    netns::remove_address(&format!("{WAN6}/64"));
    assert_eq!(stage.update().verdict(), (69, "updated no-address"));
    assert_eq!(sent(&stage), [both(WAN, "")]);
    netns::add_address(&format!("{WAN6}/64"));
    assert_eq!(stage.update().verdict(), (0, "unchanged updated"));
    assert_eq!(sent(&stage)[1..], [both(WAN, WAN6)]);
}

#[test]
fn a_rejection_holds_both_after_one_request() {
    let stage = stage();
    says(&stage, 404, "nohost");
    for _ in 0..3 {
        assert_eq!(stage.update().verdict(), (77, "held held"));
    }
    assert_eq!(stage.lab.requests().len(), 1);
    says(&stage, 200, "good");
    assert_eq!(stage.agent.run(&["resume", "home"]).code(), 0);
    assert_eq!(stage.update().verdict(), (0, "updated updated"));
    assert_eq!(stage.lab.requests().len(), 2);
}

#[test]
fn an_echo_that_is_wrong_for_one_is_right_for_the_other() {
    let stage = stage();
    says(&stage, 200, &format!("good {WAN} 2a01:cb00:1:2::99"));
    assert_eq!(stage.update().verdict(), (75, "updated failed"));
    assert_eq!(published(&stage), [WAN.parse().ok(), None]);
}

#[test]
fn a_dry_run_shows_both() {
    let stage = stage();
    let output = stage.agent.run(&["update", "--dry-run"]);
    assert_eq!(
        output.stdout.matches(&format!("myip={WAN}&myipv6={WAN6}")).count(),
        2,
        "{output:?}"
    );
    assert!(stage.lab.requests().is_empty());
}
