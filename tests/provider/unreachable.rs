//! A provider that cannot be asked: the reason has a name, and nothing was sent.

use std::net::{Ipv4Addr, SocketAddr};

use crate::support::agent::Agent;
use crate::support::lab::Lab;
use crate::support::lab::certificates::Wrong;
use crate::support::lab::dns::DnsMode;
use crate::support::lab::fault::Fault;
use crate::support::lab::options::LabOptions;
use crate::support::netns;
use crate::support::stage::{Stage, WAN, host, one_host};

#[test]
fn a_wrong_certificate_gets_no_request() {
    let rows = [
        (Wrong::Untrusted, "untrusted", "backoff", "from no trusted authority"),
        (Wrong::Expired, "expired", "backoff", "has expired"),
        (Wrong::OtherName, "wrong-name", "backoff", "for another name"),
        (Wrong::NotYetValid, "clock", "pending", "the clock of this device is behind"),
    ];
    for (wrong, code, state, sentence) in rows {
        let Stage { lab, agent } = Stage::new();
        lab.fault(Fault::Certificate(wrong));
        let output = agent.run(&["update"]);
        assert_eq!(output.verdict(), (75, vec!["failed".into()]), "{wrong:?}");
        let record = agent.record("home");
        assert_eq!(record["last"]["code"], code);
        assert_eq!(record["state"], state, "{wrong:?}");
        assert!(output.stdout.contains(sentence), "{}", output.stdout);
        assert_eq!(record["in_doubt"], false, "{wrong:?}");
        assert_eq!(record["published"], serde_json::Value::Null);
        // The next rung is far enough away for a busy machine.
        agent.edit_record(|record| record["failures"] = 10.into());
        assert_eq!(agent.run(&["update"]).code(), 75);
        assert_eq!(lab.connections(), 1, "{wrong:?} was tried before its time");
        assert!(lab.requests().is_empty(), "{wrong:?}");
        lab.clear_faults();
        agent.age_last(1200);
        assert_eq!(agent.run(&["update"]).code(), 0, "{wrong:?}");
        assert_eq!(lab.requests().len(), 1, "{wrong:?}");
    }
}

#[test]
fn an_authority_that_cannot_be_read_trusts_nobody() {
    let stage = Stage::new();
    let empty = stage.agent.config_file().with_file_name("empty.pem");
    std::fs::write(&empty, "").unwrap();
    let ca_file = stage.lab.ca_file().display().to_string();
    for wrong in ["/nowhere/ca.pem", empty.to_str().unwrap(), "/etc/hostname"] {
        let agent = Agent::new(&one_host(&stage.lab, &[]).replace(&ca_file, wrong));
        assert_eq!(agent.run(&["update"]).verdict(), (75, vec!["failed".into()]), "{wrong}");
        assert_eq!(agent.record("home")["last"]["code"], "ca-file", "{wrong}");
    }
    // Without `ca_file` the system's authorities count, and none of them knows the lab.
    let line = format!("\toption ca_file '{ca_file}'\n");
    let agent = Agent::new(&one_host(&stage.lab, &[]).replace(&line, ""));
    assert_eq!(agent.run(&["update"]).code(), 75);
    let code = agent.record("home")["last"]["code"].clone();
    assert!(code == "untrusted" || code == "ca-file", "{code}");
    assert!(stage.lab.requests().is_empty());
}

#[test]
fn a_refused_connection_is_tried_again() {
    let stage = Stage::new();
    stage.lab.close();
    assert_eq!(stage.outcome(), (75, "failed".into(), "refused".into()));
    stage.agent.edit_record(|record| record["failures"] = 10.into());
    stage.lab.open();
    assert_eq!((stage.update().code(), stage.lab.connections()), (75, 0));
    stage.agent.age_last(1200);
    assert_eq!((stage.update().code(), stage.lab.connections()), (0, 1));
}

#[test]
fn a_provider_without_a_route_is_told_from_a_line_without_ipv4() {
    let stage = Stage::new();
    let config = one_host(&stage.lab, &[("device", "wan0")]).replace("localhost:", "81.2.70.1:");
    netns::ip(&["route", "add", "unreachable", "81.2.70.1/32"]);
    stage.agent.configure(&config);
    assert_eq!(stage.outcome(), (75, "failed".into(), "unreachable".into()));
    let agent = Agent::new(&config);
    netns::ip(&["route", "del", "default"]);
    assert_eq!(agent.run(&["update"]).code(), 75);
    assert_eq!(agent.record("home")["last"]["code"], "no-ipv4");
}

#[test]
fn a_name_that_does_not_resolve_is_tried_again() {
    netns::enter();
    netns::add_wan(&format!("{WAN}/24"));
    let here = |port| SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    let options = LabOptions { https: here(443), dns: here(53), ..LabOptions::default() };
    let lab = Lab::start(options);
    netns::resolve_by(Ipv4Addr::LOCALHOST);
    let config = lab.provider_section_at("lab", "provider.lab") + &host("home", &[]);
    for (mode, code) in [(DnsMode::Refused, "dns-refused"), (DnsMode::Silent, "resolve")] {
        lab.set_dns(mode);
        let agent = Agent::new(&config);
        assert_eq!(agent.run(&["update"]).verdict(), (75, vec!["failed".into()]), "{mode:?}");
        let record = agent.record("home");
        assert_eq!(record["last"]["code"], code, "{mode:?}");
        assert_eq!(record["in_doubt"], false);
        assert_eq!(lab.connections(), 0, "{mode:?}");
    }
    lab.set_dns(DnsMode::Answering);
    assert_eq!(Agent::new(&config).run(&["update"]).verdict(), (0, vec!["updated".into()]));
}
