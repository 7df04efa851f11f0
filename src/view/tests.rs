//! One event, three renderings: the line of `update`, the line of the log, what a program is told.

use std::net::IpAddr;

use super::line::{Line, exit_code};
use super::sample::{NOW, held};
use super::{hook, log};

use crate::address::{Family, Found, NoAddress};
use crate::judge::{Event, Jitter, Outcome, Phase, Repeat, Rules, Why, begin, judge, learn};
use crate::provider::failure::Failure;
use crate::provider::reply;
use crate::state::Record;

const A: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(81, 2, 69, 10));
const B: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(81, 2, 69, 20));

/// A record, and what was rendered of its last judgement.
struct Home {
    record: Record,
    force: bool,
    line: String,
    exit: u8,
    log: Vec<String>,
    told: Vec<&'static str>,
}

impl Home {
    fn new() -> Self {
        let record = Record::new(held().identity);
        Self { record, force: false, line: String::new(), exit: 0, log: vec![], told: vec![] }
    }

    fn looks(&mut self, found: Result<IpAddr, NoAddress>) -> &Self {
        let found = found.map(|address| Found { address, device: None, source: "interface" });
        let rules =
            Rules { enabled: true, force: self.force, jitter: Jitter::NONE, ..Rules::default() };
        let step = judge(NOW, rules, &self.record.past, &found);
        self.record = self.record.clone().after(&step);
        let line = Line::of(&self.record, &step.events, NOW);
        (self.line, self.exit) = (line.to_string(), exit_code(&[line]));
        let events = || step.events.iter().copied();
        let log = |event| log::line(event, &self.record, NOW);
        self.log =
            events().filter_map(log).map(|(level, text)| format!("{level} {text}")).collect();
        self.told = events().filter_map(hook::token).collect();
        self
    }

    fn sends(&mut self, address: IpAddr, outcome: &Outcome) -> &Self {
        self.record.past = begin(NOW, &self.record.past, address);
        self.record.past = learn(NOW, &self.record.past, address, outcome);
        self.looks(Ok(address))
    }

    fn hears(&mut self, address: IpAddr, word: &str) -> &Self {
        let reply = reply::read(200, None, word.as_bytes(), address);
        self.sends(address, &Outcome::Replied(reply))
    }

    fn rendered(&self) -> (&str, u8, Vec<&str>, &[&str]) {
        (&self.line, self.exit, self.log.iter().map(String::as_str).collect(), &self.told)
    }
}

#[test]
fn an_update_that_had_success() {
    let mut home = Home::new();
    assert_eq!(
        home.hears(A, "good").rendered(),
        (
            "home\tipv4\tupdated\t81.2.69.10\tIP is now 81.2.69.10: address stored",
            0,
            vec!["INFO home: ipv4 IP is now 81.2.69.10"],
            &["published"][..]
        )
    );
    assert_eq!(
        home.hears(B, "nochg").rendered(),
        (
            "home\tipv4\tunchanged\t81.2.69.20\tIP changed from 81.2.69.10 to 81.2.69.20: \
             the provider had this address already",
            0,
            vec!["INFO home: ipv4 IP changed from 81.2.69.10 to 81.2.69.20"],
            &["published"][..]
        )
    );
    let nothing =
        "home\tipv4\tunchanged\t81.2.69.20\tthe provider has this address, nothing was sent";
    assert_eq!(home.looks(Ok(B)).rendered(), (nothing, 0, vec![], &[][..]));
    home.force = true;
    let confirmed = "home\tipv4\tupdated\t81.2.69.20\tIP is now 81.2.69.20: address stored";
    assert_eq!(home.hears(B, "good").rendered(), (confirmed, 0, vec![], &[][..]));
}

#[test]
fn an_update_that_was_rejected() {
    let mut home = Home::new();
    let sentence = "badauth: login or password is wrong, or this login may not update this name; \
                    compare username, password and hostname with those of your account; next: one try in 1 d, or after dynhost resume or a change of \
                    its configuration";
    let line = format!("home\tipv4\theld\t81.2.69.10\t{sentence}");
    let log = format!("ERROR home: ipv4 update rejected, {sentence}");
    assert_eq!(home.hears(A, "badauth").rendered(), (&*line, 77, vec![&*log], &["held"][..]));
    assert_eq!(home.looks(Ok(A)).rendered(), (&*line, 77, vec![], &[][..]));
    assert_eq!(home.hears(A, "badauth").rendered(), (&*line, 77, vec![], &[][..]));
    home.looks(Err(NoAddress::NotAsked));
    assert_eq!(home.looks(Ok(A)).rendered(), (&*line, 77, vec![&*log], &[][..]));
    home.record.past = home.record.past.of_another_account(true);
    home.looks(Ok(A));
    assert_eq!((&home.log[..], &home.told[..]), (&[][..], &["released"][..]));
}

#[test]
fn an_update_that_failed() {
    let mut home = Home::new();
    let failed = Outcome::Failed(Failure::Refused);
    let sentence = "the provider refused the connection: try again later; next: try in";
    let line = format!("home\tipv4\tfailed\t81.2.69.10\t{sentence} 2 s");
    let log = format!("WARN home: ipv4 {sentence} 2 s");
    assert_eq!(home.sends(A, &failed).rendered(), (&*line, 75, vec![&*log], &[][..]));
    let line = format!("home\tipv4\tfailed\t81.2.69.10\t{sentence} 5 s");
    assert_eq!(home.sends(A, &failed).rendered(), (&*line, 75, vec![], &[][..]));
}

#[test]
fn a_forced_update_that_failed_says_so_although_the_name_is_current() {
    let mut home = Home::new();
    home.hears(A, "good");
    home.force = true;
    let failed = Outcome::Failed(Failure::Refused);
    assert_eq!(
        home.sends(A, &failed).rendered(),
        (
            "home\tipv4\tfailed\t81.2.69.10\tthe provider refused the connection: try again \
             later; next: when the address changes",
            75,
            vec![
                "WARN home: ipv4 update failed (refused), the provider refused the connection: \
                 try again later"
            ],
            &[][..]
        )
    );
    assert_eq!(home.record.shown.phase, Phase::Current);
}

#[test]
fn a_record_that_waits_without_an_update() {
    let mut home = Home::new();
    let down = || Err(NoAddress::DeviceDown("wan".try_into().expect("short")));
    let log = "WARN home: ipv4 device wan is down: bring it up; next: when an address appears";
    let line = "home\tipv4\tno-address\t-\tdevice wan is down: bring it up";
    assert_eq!(home.looks(down()).rendered(), (line, 69, vec![log], &[][..]));
    assert_eq!(home.looks(down()).rendered(), (line, 69, vec![], &[][..]));
    home.hears(A, "good");
    home.looks(down());
    let log = "INFO home: ipv4 address 81.2.69.10 is published and current";
    assert_eq!(home.looks(Ok(A)).log, [log]);
    home.record.past = begin(NOW, &home.record.past, B);
    let under_way = "home\tipv4\tfailed\t81.2.69.20\tan update to 81.2.69.20 is on its way; \
                     next: at the next pass";
    assert_eq!(home.looks(Ok(B)).rendered(), (under_way, 75, vec![], &[][..]));
}

#[test]
fn every_state_has_its_line_in_the_log() {
    let mut record = held();
    record.shown.reason = crate::text::text(format_args!("for a reason"));
    record.shown.next_at = Some(NOW + 60);
    let mut rows = vec![];
    for (why, phase) in [
        (Why::Disabled, Phase::Disabled),
        (Why::Backoff, Phase::Backoff),
        (Why::Flapping, Phase::Pending),
        (Why::Clock, Phase::Pending),
    ] {
        record.shown.phase = phase;
        rows.push(
            log::line(Event::Waits(why), &record, NOW)
                .map(|(level, text)| (level, text.replace("home: ipv4 ", ""))),
        );
    }
    let warn = Some((::log::Level::Warn, "for a reason; next: try in 1 min".to_owned()));
    let info = Some((::log::Level::Info, "for a reason".to_owned()));
    assert_eq!(rows, [info, warn.clone(), warn.clone(), warn]);
    assert_eq!(log::line(Event::Waits(Why::UnderWay), &record, NOW), None);
    let confirmed = log::line(Event::Confirmed(Repeat::New), &record, NOW);
    let text = "home: ipv4 address 81.2.69.10 is published and current".to_owned();
    assert_eq!(confirmed, Some((::log::Level::Info, text)));
}

#[test]
fn lines_that_no_judgement_led_to() {
    let mut record = held();
    record.shown.address = None;
    let dry = Line::would_update(&record, "GET it".into(), B);
    assert_eq!(dry.to_string(), "home\tipv4\twould-update\t81.2.69.20\tGET it");
    let faulty = Line::faulty("home", "dynhost.conf:1: no\nsuch option");
    assert_eq!(faulty.to_string(), "home\t-\tfailed\t-\tdynhost.conf:1: no\\nsuch option");
    let unknown = Line::unknown("home", Family::Ipv6);
    assert!(unknown.to_string().starts_with("home\tipv6\tfailed\t-\tthe dynhost that runs"));
    record.shown.phase = Phase::Disabled;
    let disabled = Line::waiting(&record, NOW);
    assert!(disabled.to_string().starts_with("home\tipv4\tdisabled\t-\tbadauth"));
    for (lines, code) in [
        (vec![], 0),
        (vec![dry.clone(), disabled.clone()], 0),
        (vec![unknown.clone(), dry, disabled], 75),
        (vec![unknown, faulty], 78),
    ] {
        assert_eq!(exit_code(&lines), code);
    }
}
