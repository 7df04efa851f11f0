//! Each fault, as a client sees it, and what it leaves behind.

use std::net::{IpAddr, TcpListener};
use std::time::{Duration, Instant};

use dynhost::address::Family;

use crate::support::client::{Client, Received};
use crate::support::lab::certificates::Wrong;
use crate::support::lab::dns::DnsMode;
use crate::support::lab::fault::{Fault, Planned};
use crate::support::lab::options::{Identifier, LabOptions};
use crate::support::lab::reply::Reply;
use crate::support::lab::{Lab, control};

const HOME: &str = "home.example.com";
const OLD: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(81, 2, 69, 1));
const NEW: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(81, 2, 69, 10));
/// What a client waits for a lab that will never answer.
const SHORT: Duration = Duration::from_millis(400);

fn lab() -> Lab {
    Lab::start(LabOptions::default())
}

fn client(lab: &Lab) -> Client {
    Client::new(lab, "example.com-home", "secret")
}

/// Status and body of an update, and the record after it.
fn update_with(fault: Fault) -> (Received, Option<IpAddr>) {
    let lab = lab();
    lab.fault(fault);
    let received = client(&lab).update(HOME, "81.2.69.10").unwrap();
    (received, lab.record(HOME, Family::Ipv4))
}

#[test]
fn canned_replies_come_as_they_are_and_change_nothing() {
    let busy = Reply::text(429, "slow down").with_header("Retry-After", "7200");
    let rows = [
        (Fault::Word("!donator".into()), 200, "!donator"),
        (Fault::Word("911".into()), 200, "911"),
        (Fault::Reply(busy), 429, "slow down"),
        (Fault::Redirect("http://192.0.2.1/".into()), 302, "<html>"),
        (Fault::Html503, 503, "<html>"),
        (Fault::Html200, 200, " good "),
        (Fault::Unauthorized, 401, "Authentication failed"),
    ];
    for (fault, status, body) in rows {
        let (received, record) = update_with(fault.clone());
        assert_eq!(received.status, status, "{fault:?}");
        assert!(received.body.contains(body), "{fault:?}: {}", received.body);
        assert_eq!(record, Some(OLD), "{fault:?}");
    }
}

#[test]
fn headers_of_a_fault_reach_the_client() {
    let busy = Reply::text(429, "").with_header("Retry-After", "7200");
    assert_eq!(update_with(Fault::Reply(busy)).0.header("retry-after"), Some("7200"));
    let moved = update_with(Fault::Redirect("http://192.0.2.1/".into())).0;
    assert_eq!(moved.header("location"), Some("http://192.0.2.1/"));
}

#[test]
fn the_body_can_be_a_megabyte() {
    let (received, record) = update_with(Fault::BigBody);
    assert_eq!((received.body.len(), record), (1024 * 1024, Some(OLD)));
}

#[test]
fn the_right_reply_can_come_chunked_or_ended_by_close() {
    let (chunked, record) = update_with(Fault::Chunked);
    assert_eq!(chunked.header("transfer-encoding"), Some("chunked"));
    assert_eq!((chunked.body.as_str(), record), ("good 81.2.69.10", Some(NEW)));
    let (ended, record) = update_with(Fault::EndedByClose);
    assert_eq!((ended.header("transfer-encoding"), ended.header("content-length")), (None, None));
    assert_eq!((ended.body.as_str(), record), ("good 81.2.69.10", Some(NEW)));
}

#[test]
fn a_wrong_echo_is_stored_as_well_as_said() {
    let wrong = IpAddr::from([81, 2, 69, 99]);
    let (received, record) = update_with(Fault::WrongEcho(wrong));
    assert_eq!((received.body.as_str(), record), ("good 81.2.69.99", Some(wrong)));
}

#[test]
fn silence_outlasts_the_client_and_only_one_kind_of_it_has_stored_the_address() {
    let rows = [
        (Fault::Hang, 1, OLD),
        (Fault::HangAccept, 0, OLD),
        (Fault::HalfHeader, 1, OLD),
        (Fault::ApplySilently, 1, NEW),
    ];
    for (fault, requests, record) in rows {
        let lab = lab();
        lab.fault_times(fault.clone(), 1);
        let error = Client::impatient(&lab, SHORT).update(HOME, "81.2.69.10").unwrap_err();
        assert!(matches!(error, ureq::Error::Timeout(_)), "{fault:?}: {error}");
        assert_eq!(lab.requests().len(), requests, "{fault:?}");
        assert_eq!(lab.record(HOME, Family::Ipv4), Some(record), "{fault:?}");
        // The next one is right again, so the fault was this request's alone.
        assert_eq!(client(&lab).update(HOME, "81.2.69.20").unwrap().body, "good 81.2.69.20");
    }
}

#[test]
fn a_connection_can_close_before_the_reply() {
    let lab = lab();
    lab.fault(Fault::CloseBeforeReply);
    let error = client(&lab).update(HOME, "81.2.69.10").unwrap_err();
    assert!(!matches!(error, ureq::Error::Timeout(_)), "{error}");
    assert!(!lab.requests().is_empty());
    assert_eq!(lab.record(HOME, Family::Ipv4), Some(OLD));
}

#[test]
fn a_delayed_reply_is_late_and_right() {
    let lab = lab();
    lab.fault(Fault::Delay(Duration::from_millis(150)));
    let before = Instant::now();
    assert_eq!(client(&lab).update(HOME, "81.2.69.10").unwrap().body, "good 81.2.69.10");
    assert!(before.elapsed() >= Duration::from_millis(150));
}

#[test]
fn a_wrong_certificate_ends_the_handshake_for_its_own_reason() {
    let rows = [
        (Wrong::Untrusted, "UnknownIssuer"),
        (Wrong::Expired, "Expired"),
        (Wrong::NotYetValid, "NotValidYet"),
        (Wrong::OtherName, "NotValidForName"),
        (Wrong::SelfSigned, "CaUsedAsEndEntity"),
        (Wrong::SelfSignedNotYetValid, "NotValidYet"),
        (Wrong::RenewedAuthority, "BadSignature"),
        (Wrong::RenewedAuthorityOtherKind, "BadSignature"),
        (Wrong::CommonNameOnly, "NotValidForName"),
    ];
    for (wrong, reason) in rows {
        let lab = lab();
        lab.fault_times(Fault::Certificate(wrong), 1);
        let client = client(&lab);
        let error = format!("{:?}", client.update(HOME, "81.2.69.10").unwrap_err());
        assert!(error.contains(reason), "{wrong:?}: {error}");
        assert!(lab.requests().is_empty());
        assert_eq!(client.update(HOME, "81.2.69.10").unwrap().status, 200);
    }
}

#[test]
fn another_labs_authority_is_not_trusted() {
    let (lab, other) = (lab(), lab());
    let client = Client::trusting(other.ca_file(), &lab, SHORT * 10);
    // Both authorities have one name, so rustls may find the issuer and its signature wrong.
    let error = format!("{:?}", client.update(HOME, "81.2.69.10").unwrap_err());
    assert!(error.contains("BadSignature") || error.contains("UnknownIssuer"), "{error}");
}

#[test]
fn the_good_certificate_lasts_as_long_as_it_was_told() {
    let options = LabOptions { not_before: 0, not_after: 1_000_000_000, ..LabOptions::default() };
    let lab = Lab::start(options);
    let error = format!("{:?}", client(&lab).update(HOME, "81.2.69.10").unwrap_err());
    assert!(error.contains("Expired"), "{error}");
}

#[test]
fn a_fault_can_strike_one_login_and_end_by_itself() {
    let mut options = LabOptions::default();
    options.identifiers.push(Identifier::new("example.com-all", "secret", "*"));
    let lab = Lab::start(options);
    let login = Some(String::from("example.com-all"));
    lab.plan(Planned { fault: Fault::Html503, login, times: Some(2) });
    let all = Client::new(&lab, "example.com-all", "secret");
    let mut statuses = Vec::new();
    for _ in 0..3 {
        assert_eq!(client(&lab).update(HOME, "81.2.69.10").unwrap().status, 200);
        statuses.push(all.update(HOME, "81.2.69.10").unwrap().status);
    }
    assert_eq!(statuses, [503, 503, 200]);
}

#[test]
fn a_cleared_fault_strikes_nobody() {
    let lab = lab();
    lab.fault_for("example.com-home", Fault::Html503);
    assert_eq!(client(&lab).update(HOME, "81.2.69.10").unwrap().status, 503);
    lab.clear_faults();
    assert_eq!(client(&lab).update(HOME, "81.2.69.10").unwrap().status, 200);
}

#[test]
fn a_closed_lab_refuses_and_an_open_one_is_back_on_its_port() {
    let lab = lab();
    let client = client(&lab);
    client.update(HOME, "81.2.69.10").unwrap();
    let address = lab.https_address();
    lab.close();
    assert!(matches!(client.update(HOME, "81.2.69.11"), Err(ureq::Error::Io(_))));
    lab.open();
    assert_eq!(lab.https_address(), address);
    assert_eq!(client.update(HOME, "81.2.69.11").unwrap().body, "good 81.2.69.11");
    assert_eq!(lab.connections(), 2);
}

#[test]
fn dns_can_be_silent_or_refuse_and_come_back() {
    let lab = lab();
    lab.set_dns(DnsMode::Refused);
    assert_eq!(lab.answer(HOME, Family::Ipv4).unwrap().code, "Refused");
    assert_eq!(lab.answer_over_tcp(HOME, Family::Ipv4).unwrap().code, "Refused");
    lab.set_dns(DnsMode::Silent);
    lab.answer(HOME, Family::Ipv4).unwrap_err();
    lab.set_dns(DnsMode::Answering);
    assert_eq!(lab.answer(HOME, Family::Ipv4).unwrap().addresses, [(OLD, 60)]);
}

#[test]
fn faults_can_be_asked_for_from_outside() {
    let lab = lab();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::scope(|scope| {
        scope.spawn(|| control::serve(&listener, &lab, 4));
        let say = |words: &[&str]| {
            let words: Vec<String> = words.iter().map(|word| String::from(*word)).collect();
            control::send(address, &words).unwrap()
        };
        assert_eq!(say(&["fault", "word", "good 1.2.3.4", "--times", "1"]), "ok");
        assert_eq!(client(&lab).update(HOME, "81.2.69.10").unwrap().body, "good 1.2.3.4");
        assert_eq!(say(&["fault", "hung"]), "error: unknown fault: hung");
        assert_eq!(say(&["fault", "delay", "soon"]), "error: soon does not fit here");
        assert_eq!(say(&["record", HOME, "81.2.69.10"]), "ok");
        assert_eq!(lab.record(HOME, Family::Ipv4), Some(NEW));
    });
}

#[test]
fn every_word_of_the_usage_is_understood() {
    let lab = lab();
    let samples = |word: &str| match word {
        "TEXT" => "text",
        "CODE" => "429",
        "URL" => "http://192.0.2.1/",
        "IP" => "81.2.69.10",
        "MS" => "1",
        "HEADER" => "Retry-After",
        "VALUE" => "7200",
        _ => "",
    };
    let faults = control::COMMANDS.lines().filter_map(|line| line.strip_prefix("  "));
    let mut understood = 0;
    for fault in faults.flat_map(|line| line.split('|')) {
        let fault = fault.replace(['[', ']'], "");
        let words = fault.split_whitespace().map(|word| match samples(word) {
            "" => word,
            sample => sample,
        });
        let words: Vec<&str> = std::iter::once("fault").chain(words).collect();
        assert_eq!(control::obey(&words, &lab), Ok(()), "{words:?}");
        understood += 1;
    }
    assert_eq!(understood, 20);
}
