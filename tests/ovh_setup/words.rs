//! What stands in the way is said in words, with what to do, and nothing is changed.

use super::*;
use crate::support::lab::api::KeyState;
use crate::support::lab::fault::Fault;
use crate::support::lab::options::{Identifier, ZoneOptions};
use crate::support::lab::reply::Reply;

/// What is wrong, the exit code, and parts of the one sentence.
type Row = (&'static str, fn(&mut Room), i32, &'static [&'static str]);

fn door(status: u16, code: &str, message: &str) -> Fault {
    let body = format!("{{\"errorCode\":\"{code}\",\"message\":\"{message}\"}}");
    Fault::Reply(Reply::json(status, body))
}

fn behind(status: u16, message: &str) -> Fault {
    let body = format!("{{\"class\":\"Client::X\",\"message\":\"{message}\"}}");
    Fault::Reply(Reply::json(status, body))
}

const ROWS: &[Row] = &[
    (
        "no credentials",
        |room| {
            for name in ["OVH_APPLICATION_KEY", "OVH_APPLICATION_SECRET", "OVH_CONSUMER_KEY"] {
                room.agent.set_env(name, "");
            }
        },
        77,
        &["no credentials for the API", "dynhost ovh authorize", "client_id and client_secret"],
    ),
    (
        "no consumer key",
        |room| room.agent.set_env("OVH_CONSUMER_KEY", ""),
        77,
        &["no consumer key", "run dynhost ovh authorize"],
    ),
    (
        "half of the credentials",
        |room| room.agent.set_env("OVH_APPLICATION_SECRET", ""),
        77,
        &["application_key is set", "set application_secret"],
    ),
    (
        "another endpoint",
        |room| room.agent.set_env("OVH_ENDPOINT", "ovh-xx"),
        77,
        &["endpoint is none of OVHcloud's"],
    ),
    (
        "wrong secret",
        |room| room.agent.set_env("OVH_APPLICATION_SECRET", "wrong"),
        77,
        &["the signature is not accepted", "compare application_secret", "[query id EU.ext-3.lab."],
    ),
    (
        "unknown application key",
        |room| room.agent.set_env("OVH_APPLICATION_KEY", "wrong"),
        77,
        &["the application key is not known at this endpoint", "[query id"],
    ),
    (
        "unknown consumer key",
        |room| room.agent.set_env("OVH_CONSUMER_KEY", "wrong"),
        77,
        &["the consumer key does not exist", "run dynhost ovh authorize"],
    ),
    (
        "expired consumer key",
        |room| room.lab.account().set_key("lab-consumer", KeyState::Expired).unwrap(),
        77,
        &["the consumer key is not valid", "run it again"],
    ),
    (
        "no right",
        |room| room.lab.account().set_rights(&[("GET", "/domain/zone")]),
        77,
        &["GET /domain/zone/example.com: the consumer key has no right to this call"],
    ),
    (
        "zone of another account",
        |room| {
            room.lab = lab(|options| {
                options.dns = server(5);
                options.further_dns.clear();
                options.api.zones[0].name = "example.net".into();
            });
            room.agent.set_env("OVH_ENDPOINT", &room.lab.api_base());
            room.agent.set_env("SSL_CERT_FILE", room.lab.ca_file().to_str().unwrap());
        },
        77,
        &["example.com is no zone of this account, there are example.net"],
    ),
    (
        "zone elsewhere",
        |room| {
            room.lab = lab(|options| {
                let name = "example.com".into();
                options.dns = server(6);
                options.further_dns.clear();
                options.api.zones = vec![ZoneOptions { name, on_provider: false }];
            });
            netns::resolve_by(Ipv4Addr::new(127, 0, 0, 6));
            room.agent.set_env("OVH_ENDPOINT", &room.lab.api_base());
            room.agent.set_env("SSL_CERT_FILE", room.lab.ca_file().to_str().unwrap());
        },
        77,
        &["example.com is served by ns1.elsewhere.example and ns2.elsewhere.example"],
    ),
    (
        "plain record in the way",
        |room| {
            room.lab.add_plain(HOME, ("CNAME", "elsewhere.example."), 0);
        },
        77,
        &["a plain record of this name is in the way (CNAME elsewhere.example.)", "--replace"],
    ),
    (
        "an identifier of somebody else",
        |room| {
            room.lab = lab(|options| {
                (options.dns, options.further_dns) = (server(7), Vec::new());
                options.identifiers = vec![Identifier::new("example.com-home", "theirs00", "home")];
            });
            room.agent.set_env("OVH_ENDPOINT", &room.lab.api_base());
            room.agent.set_env("SSL_CERT_FILE", room.lab.ca_file().to_str().unwrap());
        },
        77,
        &["the identifier example.com-home exists, and its password is not", "--new-password"],
    ),
    (
        "too many calls",
        |room| {
            room.lab = lab(|options| {
                (options.dns, options.further_dns) = (server(8), Vec::new());
                options.api.calls_a_minute = 2;
            });
            room.agent.set_env("OVH_ENDPOINT", &room.lab.api_base());
            room.agent.set_env("SSL_CERT_FILE", room.lab.ca_file().to_str().unwrap());
        },
        75,
        &["there were too many calls", "wait a minute"],
    ),
    (
        "a front end in trouble",
        |room| room.lab.fault(Fault::Reply(Reply::html(502, "<html></html>"))),
        75,
        &["the API has trouble of its own"],
    ),
    (
        "a call long on its way",
        |room| room.lab.fault(door(400, "QUERY_TIME_OUT", "Query out of time")),
        75,
        &["the call was too long on its way for its time stamp, try again"],
    ),
    (
        "an account without a policy",
        |room| room.lab.fault(behind(403, "User not granted for this request")),
        77,
        &["the account is not granted this call", "under IAM"],
    ),
    (
        "no login",
        |room| room.lab.fault(behind(401, "You must login first")),
        77,
        &["the call came without a login"],
    ),
    (
        "a service account without the scope",
        |room| {
            let body = "{\"error\":\"invalid_scope\"}";
            room.lab.fault(Fault::Reply(Reply::json(400, body)));
        },
        77,
        &["the service account does not take the scope 'all'"],
    ),
    (
        "a page in the place of an answer",
        |room| room.lab.fault(Fault::Html200),
        75,
        &["what came back is no answer of the API"],
    ),
    (
        "an answer without end",
        |room| room.lab.fault(Fault::BigBody),
        75,
        &["the answer is too long"],
    ),
    (
        "a door that is closed",
        |room| room.lab.close(),
        75,
        &["GET /auth/time: the provider refused the connection"],
    ),
    (
        "an unknown authority",
        |room| room.agent.set_env("SSL_CERT_FILE", "/etc/ssl/certs/ca-certificates.crt"),
        75,
        &["GET /auth/time: ", "certificate"],
    ),
    (
        "no authorities",
        |room| room.agent.set_env("SSL_CERT_FILE", "/nowhere"),
        77,
        &["correct SSL_CERT_FILE"],
    ),
    ("no address", |_| netns::remove_address(&format!("{WAN}/24")), 69, &["ipv4: "]),
    (
        "a private address",
        |_| {
            netns::move_wan(WAN, "192.168.1.2");
        },
        69,
        &["192.168.1.2 is a private address"],
    ),
];

#[test]
fn every_obstacle_is_named_with_what_to_do_and_nothing_is_changed() {
    for (what, prepare, exit, parts) in ROWS {
        let mut room = Room::new();
        prepare(&mut room);
        let before = room.config();
        let output = room.setup(&[]);
        assert_eq!(output.code(), *exit, "{what}: {}", output.said());
        for part in *parts {
            assert!(output.stderr.contains(part), "{what}: no {part} in {}", output.said());
        }
        let said: Vec<&str> =
            output.stderr.lines().filter(|line| line.starts_with("dynhost: ")).collect();
        assert_eq!(said.len(), 1, "{what}: {}", output.said());
        assert_eq!(room.config(), before, "{what}");
        let is_change = |call: &String| call.contains("/domain/") && !call.starts_with("GET");
        assert!(!room.calls_since(0).iter().any(is_change), "{what}");
    }
}

#[test]
fn what_was_asked_for_mends_it() {
    let room = Room::new();
    room.lab.add_plain(HOME, ("CNAME", "elsewhere.example."), 0);
    room.lab.add_plain("homes.example.com", ("A", "81.2.69.1"), 0);
    let output = room.setup(&["--replace"]);
    assert_eq!(output.code(), 0, "{}", output.said());
    let left: Vec<_> = room.lab.plain().into_iter().map(|plain| plain.hostname).collect();
    assert_eq!(left, ["homes.example.com"]);
    let first = room.option("password").unwrap();
    let output = room.setup(&["--new-password"]);
    assert_eq!(output.code(), 0, "{}", output.said());
    assert_ne!(room.option("password").unwrap(), first);
    room.assert_complete("a new password");
    let output = room.setup(&["--suffix", "other"]);
    assert_eq!(output.code(), 77, "{}", output.said());
    assert!(output.stderr.contains("the section is for the login example.com-home"));
}

#[test]
fn a_command_line_without_zone_or_sub_domain_asks_nobody_where_there_is_no_terminal() {
    let room = Room::new();
    let rows: [(&[&str], &str); 5] = [
        (&["ovh", "setup", "--subdomain", "home"], "--zone is missing"),
        (&["ovh", "setup", "--zone", "example.com"], "--subdomain is missing"),
        (&["ovh", "login", "list"], "--zone is missing"),
        (&["ovh", "authorize"], "--zone is missing"),
        (
            &["ovh", "setup", "--zone", "example.com", "--subdomain", "home.example.com"],
            "the zone is no part of the sub-domain, write it as home",
        ),
    ];
    for (arguments, sentence) in rows {
        let output = room.agent.run(arguments);
        assert_eq!(output.code(), 64, "{}", output.said());
        assert!(output.stderr.contains(sentence), "{}", output.said());
    }
    assert!(room.calls_since(0).is_empty());
}

#[test]
fn keys_of_a_file_that_strangers_may_write_are_not_used() {
    let mut room = Room::new();
    let home = room.agent.config_file().parent().unwrap().join("home");
    std::fs::create_dir(&home).unwrap();
    room.agent.set_env("HOME", home.to_str().unwrap());
    let file = home.join(".ovh.conf");
    for (mode, owner, expected) in [(0o666, 0, true), (0o600, 1234, true), (0o600, 0, false)] {
        std::fs::write(&file, "[default]\n").unwrap();
        std::fs::set_permissions(&file, std::fs::Permissions::from_mode(mode)).unwrap();
        std::os::unix::fs::chown(&file, Some(owner), None).unwrap();
        let output = room.agent.run(&["ovh", "login", "list", "--zone", "example.com"]);
        assert_eq!(
            output.stderr.contains("it belongs to another user"),
            expected,
            "{}",
            output.said()
        );
        assert_eq!(output.code(), if expected { 74 } else { 0 }, "{}", output.said());
        std::fs::remove_file(&file).unwrap();
    }
}

#[test]
fn changes_that_uci_has_staged_come_first() {
    let room = Room::new();
    netns::mount_tmpfs(std::path::Path::new("/run"), "size=1m");
    netns::mount_tmpfs(std::path::Path::new("/tmp/.uci"), "size=1m");
    std::fs::create_dir("/run/uci").unwrap();
    let path = "/var/run/uci/dynhost";
    std::fs::write(path, room.config()).unwrap();
    std::fs::write("/tmp/.uci/dynhost", "dynhost.home.enabled='1'\n").unwrap();
    let output = room.agent.run(&[&SETUP, &["--config", path][..]].concat());
    assert_eq!(output.code(), 74, "{}", output.said());
    assert!(output.stderr.contains("'uci commit dynhost' or 'uci revert dynhost'"));
    assert!(room.calls_since(0).is_empty());
}
