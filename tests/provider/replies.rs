//! Every kind of answer: exit code, RESULT, code in the state file, and when the next request goes.

use std::net::IpAddr;
use std::time::Duration;

use dynhost::address::Family;

use crate::support::agent::Agent;
use crate::support::background::pause;
use crate::support::lab::Lab;
use crate::support::lab::fault::Fault;
use crate::support::lab::options::LabOptions;
use crate::support::lab::reply::{Framing, Reply};
use crate::support::netns;
use crate::support::stage::{BEFORE, HOME, Stage, WAN, one_host};

const MINUTE: u64 = 60;
const HOUR: u64 = 60 * MINUTE;

/// How long after an answer nothing may be sent.
#[derive(Clone, Copy, Debug)]
enum Silence {
    /// At least so many seconds, and no more than a fifth longer.
    For(u64),
    /// Until the user acts.
    Held,
}

/// Ten failures in a row, each a rung of the ladder, are more than a test has time for.
fn on_the_last_rung(agent: &Agent) {
    agent.edit_record(|record| record["failures"] = 10.into());
}

/// One pass against a fault: what a script sees, and what the state file then has.
fn seen(stage: &Stage, agent: &Agent) -> (i32, String, String) {
    let output = agent.run(&["update"]);
    let line = output.lines().remove(0);
    let record = agent.record("home");
    assert_eq!(record["published"], serde_json::Value::Null, "{line:?}");
    let code = record["last"]["code"].as_str().unwrap_or("-").to_owned();
    assert_eq!(stage.lab.record(HOME, Family::Ipv4), Some(BEFORE.parse().unwrap()), "{line:?}");
    (output.code(), line.result, code)
}

/// The wait of a record is within these fifths of so many seconds, as each device has its own.
#[track_caller]
fn assert_waits(record: &serde_json::Value, seconds: u64, fifths: [u64; 2]) {
    let [least, most] = fifths.map(|fifths| (seconds * fifths).div_ceil(5));
    let wait = pause(record);
    assert!((least..=most).contains(&wait), "{wait} is not within {least} to {most}: {record}");
}

/// No request leaves before the deadline, and one does after it.
fn keeps_silent(stage: &Stage, agent: &Agent, silence: Silence) {
    let before = stage.lab.requests().len();
    let sent = || stage.lab.requests().len() - before;
    let code = agent.run(&["update"]).code();
    match silence {
        Silence::For(seconds) => {
            // The ladder of a device is up to a fifth shorter or longer.
            agent.age_last(seconds * 4 / 5 - 30);
            assert_eq!((agent.run(&["update"]).code(), code, sent()), (75, 75, 0), "{silence:?}");
            agent.age_last(seconds * 2 / 5 + 60);
            agent.run(&["update"]);
            assert_eq!(sent(), 1, "{silence:?}");
        }
        Silence::Held => {
            agent.age_last(HOUR);
            assert_eq!((agent.run(&["update"]).code(), code, sent()), (77, 77, 0));
        }
    }
}

fn word(text: &str) -> Fault {
    Fault::Word(text.into())
}

fn status(status: u16, text: &str) -> Fault {
    Fault::Reply(Reply::text(status, text))
}

fn json(status: u16, message: &str) -> Fault {
    let body = format!("{{\"class\":\"Client::Error\",\"message\":\"{message}\"}}");
    Fault::Reply(Reply::text(status, body))
}

#[test]
fn a_rejection_is_held_under_its_own_word() {
    let stage = Stage::new();
    let rows = [
        (word("badauth"), "badauth"),
        (word("nohost"), "nohost"),
        (word("!yours"), "!yours"),
        (word("!active"), "!active"),
        (word("notfqdn"), "notfqdn"),
        (word("numhost"), "numhost"),
        (word("!donator"), "!donator"),
        (word("abuse"), "abuse"),
        (word("badagent"), "badagent"),
        (word("badsys"), "badsys"),
        (word("badparam"), "badparam"),
        (word("badop"), "badop"),
        (word("numip"), "numip"),
        (Fault::Unauthorized, "badauth"),
        (Fault::Reply(Reply::text(403, "good 81.2.69.10")), "badauth"),
        (status(400, "nohost"), "nohost"),
        (status(403, "abuse"), "abuse"),
        (status(404, "nohost"), "nohost"),
        (status(405, "badagent"), "badagent"),
        (status(429, "abuse"), "abuse"),
        (word("nofqdn"), "notfqdn"),
        (word("badauth 81.2.69.10"), "badauth"),
        (json(400, "{'system': ['Missing data for required field.']}"), "badsys"),
        (json(400, "{'myip': ['Invalid ip']}"), "badparam"),
        (json(404, "No dynhost record found for this name"), "nohost"),
    ];
    for (fault, code) in rows {
        stage.lab.clear_faults();
        stage.lab.fault(fault.clone());
        let agent = stage.fresh_agent();
        assert_eq!(seen(&stage, &agent), (77, "held".into(), code.into()), "{fault:?}");
        assert_eq!(agent.record("home")["state"], "held");
        keeps_silent(&stage, &agent, Silence::Held);
    }
}

#[test]
fn trouble_of_the_provider_is_waited_out() {
    let busy = |seconds: &str| {
        Fault::Reply(Reply::text(429, "slow down").with_header("Retry-After", seconds))
    };
    let stage = Stage::new();
    let rows = [
        (word("911"), "911", 30 * MINUTE),
        (word("dnserr"), "dnserr", 30 * MINUTE),
        (status(422, "dnserr"), "dnserr", 30 * MINUTE),
        (word("interval"), "interval", 30 * MINUTE),
        (word("fatal"), "911", 30 * MINUTE),
        (busy("10"), "busy", 30 * MINUTE),
        (busy("7200"), "busy", 2 * HOUR),
    ];
    for (fault, code, seconds) in rows {
        stage.lab.clear_faults();
        stage.lab.fault(fault.clone());
        let agent = stage.fresh_agent();
        assert_eq!(seen(&stage, &agent), (75, "failed".into(), code.into()), "{fault:?}");
        let record = agent.record("home");
        assert_eq!(record["state"], "backoff");
        assert_waits(&record, seconds, [5, 6]);
        keeps_silent(&stage, &agent, Silence::For(seconds));
    }
}

/// A 5xx is of a front end, and the provider has judged nothing.
#[test]
fn a_front_end_out_of_order_is_asked_again_in_minutes() {
    let asked = |seconds: &str| {
        Fault::Reply(Reply::html(503, "<html>").with_header("Retry-After", seconds))
    };
    let rows = [
        (Fault::Html503, MINUTE, [4, 6]),
        (asked("0"), 5, [5, 6]),
        (asked("7200"), 2 * HOUR, [5, 6]),
        (asked("86400"), 6 * HOUR, [5, 6]),
    ];
    let stage = Stage::new();
    for (fault, seconds, fifths) in rows {
        stage.lab.clear_faults();
        stage.lab.fault(fault.clone());
        let agent = stage.fresh_agent();
        assert_eq!(seen(&stage, &agent), (75, "failed".into(), "busy".into()), "{fault:?}");
        let record = agent.record("home");
        assert_eq!(record["last"]["hiccup"], true);
        assert_waits(&record, seconds, fifths);
    }
}

#[test]
fn the_waits_for_a_front_end_grow_and_only_force_and_a_new_address_cut_them_short_once_each() {
    let stage = Stage::new();
    stage.lab.fault(Fault::Html503);
    let agent = stage.fresh_agent();
    let sent = || stage.lab.requests().len();
    for (minutes, count) in [1, 2, 5, 10, 30, 30].into_iter().zip(1..) {
        assert_eq!(agent.run(&["update"]).code(), 75);
        assert_eq!(agent.run(&["update"]).code(), 75, "waits");
        assert_eq!(sent(), count);
        let record = agent.record("home");
        let at = record["last"]["at"].as_u64().unwrap();
        assert_waits(&record, minutes * MINUTE, [4, 6]);
        let began = at - minutes * MINUTE * 6 / 5;
        // That long ago, and the flap limit with it.
        agent.edit_record(|record| {
            record["last"]["at"] = began.into();
            record["failing_since"] = began.into();
            record["bucket_full_at"] = serde_json::Value::Null;
        });
    }
    assert_eq!(agent.run(&["update"]).code(), 75);
    for arguments in [&["update", "--force"][..], &["update"]] {
        assert_eq!(agent.run(arguments).code(), 75);
        assert_eq!(sent(), 8, "{arguments:?}: forced once");
    }
    netns::move_wan(WAN, "81.2.69.20");
    for _ in 0..2 {
        assert_eq!(agent.run(&["update"]).code(), 75);
        assert_eq!(sent(), 9, "a new address, once");
    }
}

#[test]
fn an_answer_that_is_none_is_no_success_and_repeated_slowly() {
    let stage = Stage::new();
    let page = "<html>\n<body>\ngood 81.2.69.10\n</body></html>";
    let rows = [
        (Fault::Html200, "unknown"),
        (Fault::Reply(Reply::html(200, page)), "unknown"),
        (Fault::Reply(Reply::text(202, "good 81.2.69.10")), "unknown"),
        (Fault::Reply(Reply::text(200, "")), "unknown"),
        (word("goodbye"), "unknown"),
        (word("good 82.6"), "unknown"),
        (word("good 081.002.069.010"), "unknown"),
        (status(204, ""), "unknown"),
        (word("not good 81.2.69.10"), "unknown"),
        (word("good 81.2.69.99"), "wrong-echo"),
        (word("nochg 127.0.0.1"), "wrong-echo"),
        (word("good 2a01:cb00:1:2::10"), "wrong-echo"),
        (Fault::Redirect("/nic/update".into()), "unknown"),
    ];
    for (fault, code) in rows {
        stage.lab.clear_faults();
        stage.lab.fault(fault.clone());
        let agent = stage.fresh_agent();
        assert_eq!(seen(&stage, &agent), (75, "failed".into(), code.into()), "{fault:?}");
        keeps_silent(&stage, &agent, Silence::For(10 * MINUTE));
    }
}

#[test]
fn a_connection_that_ends_badly_is_one_request_and_one_rung_of_the_ladder() {
    let stage = Stage::new();
    for (fault, code) in [(Fault::CloseBeforeReply, "closed"), (Fault::BigBody, "too-large")] {
        stage.lab.clear_faults();
        stage.lab.fault(fault.clone());
        let agent = stage.fresh_agent();
        let before = stage.lab.requests().len();
        assert_eq!(seen(&stage, &agent), (75, "failed".into(), code.into()), "{fault:?}");
        assert_eq!(stage.lab.requests().len(), before + 1, "{fault:?} was repeated at once");
        assert_eq!(agent.record("home")["in_doubt"], true);
        on_the_last_rung(&agent);
        keeps_silent(&stage, &agent, Silence::For(15 * MINUTE));
    }
}

/// A head of exactly so many bytes, with the blank line, in lines of at most `line` bytes.
fn headed(status: u16, length: usize, line: usize, body: &str) -> Fault {
    let mut head = format!("HTTP/1.1 {status} Status\r\nContent-Length: {}\r\n", body.len());
    while head.len() + 2 < length {
        let left = length - 2 - head.len();
        // None too short to be a header.
        let next = if left > line + 16 { line } else { left };
        head.extend(["X: ", &"x".repeat(next.saturating_sub(5)), "\r\n"]);
    }
    assert_eq!(head.len() + 2, length);
    Fault::Raw((head + "\r\n" + body).into_bytes())
}

#[test]
fn a_head_is_read_up_to_its_limit_and_beyond_it_has_a_code_of_its_own() {
    let good = format!("good {WAN}");
    let rows = [
        (headed(200, 4095, 200, &good), 0, "good"),
        (headed(200, 4096, 200, &good), 0, "good"),
        (headed(200, 4097, 200, &good), 0, "good"),
        (headed(200, 8192, 8000, &good), 0, "good"),
        (headed(200, 16 * 1024, 200, &good), 0, "good"),
        (headed(200, 16 * 1024 + 1, 200, &good), 75, "head-too-large"),
        (headed(200, 64 * 1024, 1000, &good), 75, "head-too-large"),
        (headed(401, 9000, 200, "no"), 77, "badauth"),
        (headed(503, 9000, 200, "no"), 75, "busy"),
        (headed(200, 5000, 30, &good), 75, "head-too-large"),
    ];
    let stage = Stage::new();
    for (number, (fault, exit, code)) in rows.into_iter().enumerate() {
        stage.lab.clear_faults();
        stage.lab.fault(fault);
        let agent = stage.fresh_agent();
        assert_eq!(agent.run(&["update"]).code(), exit, "row {number}");
        assert_eq!(agent.record("home")["last"]["code"], code, "row {number}");
    }
}

#[test]
fn a_body_is_read_up_to_its_limit_however_it_is_framed() {
    let padded = |length: usize| {
        let start = format!("good {WAN}\n");
        let rest = " ".repeat(length - start.len());
        Reply::text(200, start + &rest)
    };
    let raw = |chunk: &str| {
        let head = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
        Fault::Raw(format!("{head}{chunk}").into_bytes())
    };
    let words = format!("good {WAN}");
    let size = format!("{:x}", words.len());
    let rows = [
        (Fault::Reply(padded(4095)), "good"),
        (Fault::Reply(padded(4096)), "good"),
        (Fault::Reply(padded(4096).framed(Framing::Chunked)), "good"),
        (Fault::Reply(padded(4096).framed(Framing::Close)), "good"),
        (Fault::Reply(padded(4097)), "too-large"),
        (Fault::Reply(padded(4097).framed(Framing::Chunked)), "too-large"),
        (Fault::Reply(padded(4097).framed(Framing::Close)), "too-large"),
        (raw(&format!("{size};a=b\r\n{words}\r\n0\r\n\r\n")), "good"),
        (raw(&format!("{size}\r\n{words}\r\n0\r\nTrailer: x\r\n\r\n")), "good"),
        (raw(&format!("{size};a={}\r\n{words}\r\n0\r\n\r\n", "b".repeat(60))), "malformed"),
        (raw(&format!("{size};a={}", "b".repeat(20_000))), "too-large"),
        (raw(&format!("{size}\r\n{words}\r\n0\r\nX: {}", "b".repeat(20_000))), "too-large"),
        (raw(&format!("{size}\r\n{}", &words[..5])), "closed"),
    ];
    let stage = Stage::new();
    for (number, (fault, code)) in rows.into_iter().enumerate() {
        stage.lab.clear_faults();
        stage.lab.fault(fault);
        let agent = stage.fresh_agent();
        agent.run(&["update"]);
        assert_eq!(agent.record("home")["last"]["code"], code, "row {number}");
    }
}

#[test]
fn the_right_answer_is_understood_however_it_comes() {
    let blanks = Reply::text(200, "\r\n\n  GOOD 81.2.69.10 \r\n\r\n");
    let rows = [
        Fault::Chunked,
        Fault::EndedByClose,
        Fault::Delay(Duration::from_millis(50)),
        Fault::Reply(blanks.clone()),
        Fault::Reply(blanks.framed(Framing::Chunked)),
        word("good"),
        word("good ::ffff:81.2.69.10"),
        word("good 81.2.69.10 2a01:cb00:1:2::10"),
        word("good 2a01:cb00:1:2::10,81.2.69.10"),
    ];
    let stage = Stage::new();
    for fault in rows {
        stage.lab.clear_faults();
        stage.lab.fault(fault.clone());
        stage.lab.set_record(HOME, BEFORE.parse().unwrap());
        let agent = stage.fresh_agent();
        assert_eq!(agent.run(&["update"]).verdict(), (0, "updated"), "{fault:?}");
        let record = agent.record("home");
        assert_eq!(record["published"]["address"], WAN, "{fault:?}");
        assert_eq!(
            (&record["state"], &record["last"]["code"]),
            (&"current".into(), &"good".into())
        );
    }
}

#[test]
fn both_versions_of_tls_do() {
    for only_tls12 in [false, true] {
        let stage = Stage::with(LabOptions { only_tls12, ..LabOptions::default() });
        assert_eq!(stage.update().code(), 0);
        let version = if only_tls12 { "TLSv1_2" } else { "TLSv1_3" };
        assert_eq!(stage.lab.requests()[0].tls_version, version);
    }
}

#[test]
fn nochg_is_a_success_and_asked_for_once() {
    let stage = Stage::new();
    stage.lab.set_record(HOME, WAN.parse().unwrap());
    for _ in 0..3 {
        assert_eq!(stage.update().verdict(), (0, "unchanged"));
    }
    assert_eq!(stage.agent.record("home")["last"]["code"], "nochg");
    assert_eq!(stage.lab.requests().len(), 1);
}

#[test]
fn another_address_stored_is_shown_as_the_error_it_is() {
    let stage = Stage::new();
    stage.lab.fault(Fault::WrongEcho(IpAddr::from([81, 2, 69, 99])));
    let line = stage.update().lines().remove(0);
    assert!(line.text.contains("81.2.69.99 instead of 81.2.69.10"), "{}", line.text);
    assert_eq!(stage.agent.record("home")["published"], serde_json::Value::Null);
}

#[test]
fn a_redirect_carries_the_credentials_nowhere() {
    netns::enter();
    netns::add_wan(&format!("{WAN}/24"));
    let (lab, other) = (Lab::start(LabOptions::default()), Lab::start(LabOptions::default()));
    let agent = Agent::new(&one_host(&lab, &[]));
    for status in [301, 302, 303, 307, 308] {
        let query = format!("system=dyndns&hostname={HOME}&myip={WAN}");
        let url = format!("https://localhost:{}/nic/update?{query}", other.https_address().port());
        lab.clear_faults();
        lab.fault(Fault::Reply(Reply::html(status, "moved").with_header("Location", &url)));
        assert_eq!(agent.run(&["update", "--force"]).code(), 75, "{status}");
        assert_eq!(agent.record("home")["published"], serde_json::Value::Null);
    }
    assert_eq!(lab.requests().len(), 5);
    assert_eq!((other.connections(), other.requests().len()), (0, 0));
}
