//! Any bytes from a name server, one that looks names up or one that holds the zone: no panic and no
//! circle, only addresses that were asked for, and no name that could not be asked for next.
//!
//! `seeds/dns_answer/` holds what hickory-server, dnsmasq and unbound answered for `provider.lab`.
#![no_main]

use dynhost::address::Family;
use dynhost::dns::authority::{self, Delegation, Told};
use dynhost::dns::resolv_conf::{MAX_ROUNDS, MAX_SECONDS};
use dynhost::dns::{Answer, LookUp, MAX_ADDRESSES, Outcome, Question, Subject, hosts, resolv_conf};
use dynhost::net::MAX_NAME_SERVERS;
use libfuzzer_sys::fuzz_target;

const NAME: &str = "provider.lab";

fuzz_target!(|message: &[u8]| {
    check_answer(message);
    check_authority(message);
    check_files(&String::from_utf8_lossy(message));
});

fn check_answer(message: &[u8]) {
    let Some((id, _)) = message.split_first_chunk() else { return };
    let id = u16::from_be_bytes(*id);
    let mut look_up = LookUp::default();
    for family in [Family::Ipv4, Family::Ipv6] {
        let ask = |id| Question::new(NAME, family, id).expect("a host's name");
        assert_eq!(ask(id ^ 1).judge(message), None);
        let Some(answer) = ask(id).judge(message) else { continue };
        match &answer {
            Answer::Addresses(addresses) => {
                assert!((1..=MAX_ADDRESSES).contains(&addresses.len()));
                assert!(addresses.iter().all(|address| Family::of(*address) == family));
            }
            Answer::Alias(name) => assert!(Question::new(name, family, id).is_some(), "{name}"),
            _ => {}
        }
        look_up.take(family, answer);
    }
    if let Outcome::Found(addresses) = look_up.outcome() {
        assert!(addresses.is_sorted_by_key(std::net::IpAddr::is_ipv6) && !addresses.is_empty());
    }
}

fn check_authority(message: &[u8]) {
    let Some((id, _)) = message.split_first_chunk() else { return };
    let id = u16::from_be_bytes(*id);
    let is_name = |name: &str| Question::new(name, Family::Ipv4, id).is_some();
    for family in [Family::Ipv4, Family::Ipv6] {
        let subject = Subject::Addresses(family);
        let question = Question::to_authority(NAME, subject, id).expect("a host's name");
        match authority::judge(&question, message) {
            Some(Told::Addresses(addresses, _)) => {
                assert!((1..=MAX_ADDRESSES).contains(&addresses.len()));
                assert!(addresses.iter().all(|address| Family::of(*address) == family));
            }
            Some(Told::Alias(name)) => assert!(is_name(&name), "{name}"),
            _ => {}
        }
    }
    let question = Question::about(NAME, Subject::Servers, id).expect("a host's name");
    if let Some(Delegation::Servers(servers)) = authority::judge_servers(&question, message) {
        assert!((1..=authority::MAX_SERVERS).contains(&servers.len()));
        assert!(servers.iter().all(|name| is_name(name)), "{servers:?}");
    }
}

fn check_files(text: &str) {
    let conf = resolv_conf::read(text);
    assert!((1..=MAX_NAME_SERVERS).contains(&conf.servers.len()));
    assert!((1..=MAX_ROUNDS).contains(&conf.rounds) && (1..=MAX_SECONDS).contains(&conf.seconds));
    assert!(hosts::find(text, NAME).is_sorted_by_key(std::net::IpAddr::is_ipv6));
}
