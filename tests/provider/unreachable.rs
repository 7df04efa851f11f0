//! A provider that cannot be asked: the reason has a name, and nothing was sent.

use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::process::Command;

use serde_json::Value;

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
        (Wrong::OtherName, "wrong-name", "backoff", "; it is for other.example"),
        (Wrong::NotYetValid, "clock", "pending", "the clock of this device is behind"),
        (Wrong::SelfSigned, "ca-as-server", "backoff", "CA:FALSE"),
        (Wrong::SelfSignedNotYetValid, "ca-as-server", "backoff", "CA:FALSE"),
        (Wrong::RenewedAuthority, "other-authority", "backoff", "renew ca_file"),
        (Wrong::RenewedAuthorityOtherKind, "other-authority", "backoff", "renew ca_file"),
        (Wrong::CommonNameOnly, "no-names", "backoff", "subjectAltName"),
        (Wrong::Algorithm, "algorithm", "backoff", "ECDSA on P-256"),
        (Wrong::Key, "no-common-tls", "backoff", "key type"),
        (Wrong::Suite, "no-common-tls", "backoff", "AES-128-GCM"),
        (Wrong::Curve, "no-common-tls", "backoff", "P-256"),
    ];
    for (wrong, code, state, sentence) in rows {
        let Stage { lab, agent } = Stage::new();
        lab.fault(Fault::Certificate(wrong));
        let output = agent.run(&["update"]);
        assert_eq!(output.verdict(), (75, "failed"), "{wrong:?}");
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
        assert_eq!(agent.run(&["update"]).verdict(), (75, "failed"), "{wrong}");
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
fn what_does_not_speak_tls_is_told_from_what_does_and_fails() {
    let rows = [(Fault::PlainHttp, "not-tls"), (Fault::CloseAccept, "tls-closed")];
    for (fault, code) in rows {
        let stage = Stage::new();
        stage.lab.fault(fault);
        assert_eq!(stage.outcome(), (75, "failed".into(), code.into()));
        assert_eq!(stage.agent.record("home")["in_doubt"], false, "{code}");
        assert!(stage.lab.requests().is_empty());
    }
}

#[test]
fn a_certificate_that_is_its_own_authority_does_not_do_even_as_the_only_one_trusted() {
    let stage = Stage::new();
    let own = stage.agent.config_file().with_file_name("own.pem");
    std::fs::write(&own, stage.lab.self_signed_pem()).unwrap();
    let ca_file = stage.lab.ca_file().display().to_string();
    let config = one_host(&stage.lab, &[]).replace(&ca_file, own.to_str().unwrap());
    stage.lab.fault(Fault::Certificate(Wrong::SelfSigned));
    stage.agent.configure(&config);
    assert_eq!(stage.outcome(), (75, "failed".into(), "ca-as-server".into()));
    assert!(stage.lab.requests().is_empty());
}

/// Two servers of one name, for each family one: what the first is not fit for, the second may be.
#[test]
fn after_tls_fails_at_one_address_of_the_provider_the_next_is_tried() {
    let faults = [
        Fault::Certificate(Wrong::OtherName),
        Fault::Certificate(Wrong::Suite),
        Fault::PlainHttp,
        Fault::CloseAccept,
    ];
    netns::enter();
    netns::add_wan(&format!("{WAN}/24"));
    let first = Lab::start(LabOptions::default());
    let https = SocketAddr::from((Ipv6Addr::LOCALHOST, first.https_address().port()));
    let certificate_names = vec![String::from("two.lab")];
    let second = Lab::start(LabOptions { https, certificate_names, ..LabOptions::default() });
    netns::cover("/etc/hosts", "127.0.0.1 two.lab\n::1 two.lab\n");
    let config = second.provider_section_at("lab", "two.lab") + &host("home", &[]);
    for fault in faults {
        first.clear_faults();
        first.fault(fault.clone());
        let before = (first.connections(), second.connections());
        let agent = Agent::new(&config);
        assert_eq!(agent.run(&["update"]).code(), 0, "{fault:?}");
        let after = (first.connections(), second.connections());
        assert_eq!(after, (before.0 + 1, before.1 + 1), "{fault:?}");
    }
    assert!(first.requests().is_empty());
    // What answered and is not fit says more than what does not answer.
    second.close();
    let agent = Agent::new(&config);
    assert_eq!(agent.run(&["update"]).code(), 75);
    assert_eq!(agent.record("home")["last"]["code"], "tls-closed");
}

#[test]
fn each_kind_of_route_that_leads_nowhere_has_its_sentence_and_leaves_no_doubt() {
    let rows = [
        ("blackhole", "blackhole", "blackhole"),
        ("prohibit", "prohibited", "prohibit"),
        ("unreachable", "unreachable", "no route"),
        ("throw", "unreachable", "no route"),
    ];
    let stage = Stage::new();
    let config = one_host(&stage.lab, &[("device", "wan0")]).replace("localhost:", "81.2.70.1:");
    for (kind, code, word) in rows {
        netns::ip(&["route", "add", kind, "81.2.70.1/32"]);
        if kind == "throw" {
            netns::ip(&["route", "del", "default"]);
            netns::ip(&["route", "add", "81.2.71.0/24", "dev", "wan0"]);
        }
        let agent = Agent::new(&config);
        let output = agent.run(&["update"]);
        assert_eq!(output.verdict(), (75, "failed"), "{kind}");
        let record = agent.record("home");
        if kind != "throw" {
            assert_eq!(record["last"]["code"], code, "{kind}");
            assert!(output.stdout.contains(word), "{}", output.stdout);
        }
        assert_eq!(record["in_doubt"], false, "{kind}");
        assert_eq!(record["bucket_full_at"], serde_json::Value::Null, "{kind}");
        netns::ip(&["route", "del", kind, "81.2.70.1/32"]);
    }
}

/// nftables on this machine: what its rules answer is no answer of the provider's.
#[test]
fn a_firewall_on_the_way_out_leaves_no_doubt() {
    let stage = Stage::new();
    let config = one_host(&stage.lab, &[]);
    for (verdict, code) in [
        ("reject with tcp reset", "refused"),
        ("reject with icmp type admin-prohibited", "unreachable"),
        ("reject with icmp type host-unreachable", "unreachable"),
        ("reject with icmp type net-unreachable", "unreachable"),
        ("reject with icmp type port-unreachable", "refused"),
    ] {
        let port = stage.lab.https_address().port();
        let rules = format!(
            "table inet dynhost {{ chain out {{ type filter hook output priority 0;\n\
             tcp dport {port} {verdict}\n}}\n}}\n"
        );
        let file = stage.agent.config_file().with_file_name("rules");
        std::fs::write(&file, rules).unwrap();
        nft(&["-f", file.to_str().unwrap()]);
        let agent = Agent::new(&config);
        let output = agent.run(&["update"]);
        assert_eq!(output.verdict(), (75, "failed"), "{verdict}: {output:?}");
        let record = agent.record("home");
        assert_eq!(record["last"]["code"], code, "{verdict}");
        assert_eq!((&record["in_doubt"], &record["bucket_full_at"]), (&false.into(), &Value::Null));
        nft(&["delete", "table", "inet", "dynhost"]);
        // Once the rule is gone a new pass gets through.
        agent.age_last(3600);
        assert_eq!(agent.run(&["update", "--force"]).code(), 0, "{verdict}");
    }
    assert_eq!(stage.lab.requests().len(), 5);
}

fn nft(arguments: &[&str]) {
    let status = Command::new("nft").args(arguments).status();
    assert!(status.is_ok_and(|status| status.success()), "this test needs nft, of nftables");
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
        assert_eq!(agent.run(&["update"]).verdict(), (75, "failed"), "{mode:?}");
        let record = agent.record("home");
        assert_eq!(record["last"]["code"], code, "{mode:?}");
        assert_eq!(record["in_doubt"], false);
        assert_eq!(lab.connections(), 0, "{mode:?}");
    }
    lab.set_dns(DnsMode::Answering);
    assert_eq!(Agent::new(&config).run(&["update"]).verdict(), (0, "updated"));
}
