//! Tables: what there is, what is asked for, what is done or said.

use super::*;

const ZONE: &str = "example.com";
const V4: &str = "203.0.113.7";
const V6: &str = "2001:db8::7";

fn address(text: &str) -> IpAddr {
    text.parse().unwrap()
}

fn wanted(addresses: &[IpAddr]) -> Wanted<'_> {
    Wanted {
        zone: ZONE,
        sub_domain: "home",
        addresses,
        suffix: None,
        new_password: false,
        replace: false,
    }
}

fn empty() -> Existing {
    Existing {
        zones: vec![String::from("example.net"), ZONE.into()],
        name_servers: vec![String::from("dns1.ovh.net"), String::from("ns1.ovh.net")],
        ..Existing::default()
    }
}

fn login(suffix: &str, sub_domain: &str) -> Login {
    Login { login: format!("{ZONE}-{suffix}"), sub_domain: sub_domain.into() }
}

fn with_logins(logins: &[Login]) -> Existing {
    let login_names = logins.iter().map(|login| login.login.clone()).collect();
    Existing { login_names, logins: logins.to_vec(), ..empty() }
}

#[allow(clippy::unnecessary_wraps, reason = "as it is wanted")]
fn section(login: &str, has_password: bool, enabled: bool) -> Option<Section> {
    Some(Section { login: login.into(), has_password, enabled })
}

fn record(sub_domain: &str, ip: &str) -> Record {
    Record { id: 1, sub_domain: sub_domain.into(), ip: address(ip) }
}

fn plain(kind: &str, sub_domain: &str, ttl: u32) -> PlainRecord {
    let target = match kind {
        "A" => V4,
        "AAAA" => V6,
        _ => "elsewhere.example.",
    };
    let (kind, sub_domain) = (kind.into(), sub_domain.into());
    PlainRecord { id: 9, kind, sub_domain, target: target.into(), ttl: Some(ttl) }
}

/// The actions as `--dry-run` shows them, or the obstacle.
fn said(wanted: &Wanted<'_>, existing: &Existing) -> Vec<String> {
    match plan(wanted, existing) {
        Ok(actions) => actions.iter().map(ToString::to_string).collect(),
        Err(obstacle) => vec![format!("! {obstacle}")],
    }
}

#[test]
fn from_nothing_every_step_is_done_in_order() {
    let both = [address(V4), address(V6)];
    let expected = [
        "write a new password for example.com-home into the configuration",
        "create the identifier with suffix home",
        "create the DynHost record for 203.0.113.7",
        "create the DynHost record for 2001:db8::7",
        "refresh the zone",
        "switch the section on",
    ];
    assert_eq!(said(&wanted(&both), &empty()), expected);
    let one = [address(V4)];
    let apex = Wanted { sub_domain: "", suffix: Some("me"), ..wanted(&one) };
    assert_eq!(said(&apex, &empty())[1], "create the identifier with suffix me");
    let apex = Wanted { sub_domain: "", ..wanted(&one) };
    assert_eq!(said(&apex, &empty())[1], "create the identifier with suffix dynhost");
}

#[test]
fn a_second_run_changes_nothing() {
    let both = [address(V4), address(V6)];
    let mut existing = with_logins(&[login("home", "home")]);
    existing.section = section("example.com-home", true, true);
    existing.records = vec![record("home", "198.51.100.1"), record("Home", V6)];
    existing.plain = vec![plain("A", "home", 60), plain("TXT", "home", 0)];
    assert_eq!(plan(&wanted(&both), &existing).unwrap().pop(), Some(Action::Refresh));
    existing.is_visible = true;
    let actions = plan(&wanted(&both), &existing).unwrap();
    assert!(!actions.iter().any(Action::changes), "{actions:?}");
    let expected = [
        "keep the identifier example.com-home",
        "keep the DynHost record that points at 198.51.100.1",
        "keep the DynHost record that points at 2001:db8::7",
    ];
    assert_eq!(said(&wanted(&both), &existing), expected);
}

#[test]
fn prerequisites_come_in_the_order_of_the_guide() {
    let one = [address(V4)];
    let mut existing = with_logins(&[login("home", "home")]);
    existing.plain = vec![plain("CNAME", "home", 0)];
    existing.zones = vec![String::from("example.net")];
    existing.delegated = Some(vec![String::from("ns1.elsewhere.example.")]);
    let mut steps = Vec::new();
    steps.push(said(&wanted(&one), &existing));
    existing.zones.push(ZONE.into());
    steps.push(said(&wanted(&one), &existing));
    existing.delegated = Some(vec![String::from("DNS1.ovh.net.")]);
    steps.push(said(&wanted(&one), &existing));
    existing.section = section("example.com-home", true, true);
    steps.push(said(&wanted(&one), &existing));
    let expected = [
        "! example.com is no zone of this account, there are example.net",
        "! example.com is served by ns1.elsewhere.example., which the provider does not run: make \
         its own servers (dns1.ovh.net, ns1.ovh.net) those of the domain in the customer area, or \
         use a zone that is there",
        "! the identifier example.com-home exists, and its password is not in the configuration: \
         write it there, or give it a new one with --new-password (whoever uses it elsewhere \
         needs that, too)",
        "! a plain record of this name is in the way (CNAME elsewhere.example.): delete it in the \
         customer area, or with --replace",
    ];
    assert_eq!(steps.concat(), expected);
    let below = Wanted { zone: "home.example.com", ..wanted(&one) };
    let sentence = said(&below, &empty()).concat();
    assert!(sentence.contains("but example.com is: give that"), "{sentence}");
}

#[test]
#[allow(clippy::too_many_lines, reason = "a table")]
fn identifiers() {
    let one = [address(V4)];
    let plain = wanted(&one);
    let suffix = |suffix| Wanted { suffix: Some(suffix), ..wanted(&one) };
    let new_password = Wanted { new_password: true, ..wanted(&one) };
    let known = |login, enabled| section(login, true, enabled);
    let home = || vec![login("home", "home")];
    let rows: Vec<(&str, Wanted<'_>, Vec<Login>, Option<Section>, &[&str])> = vec![
        (
            "taken by another sub-domain",
            plain.clone(),
            vec![login("home", "work")],
            None,
            &[
                "write a new password for example.com-home2",
                "create the identifier with suffix home2",
            ],
        ),
        (
            "a star is left to those who use it",
            plain.clone(),
            vec![login("all", "*")],
            None,
            &["write a new password for example.com-home into", "create the identifier"],
        ),
        (
            "a star that is asked for",
            suffix("all"),
            vec![login("all", "*")],
            None,
            &["! the identifier example.com-all exists, and its password"],
        ),
        (
            "a star whose password is known",
            plain.clone(),
            vec![login("all", "*")],
            known("example.com-all", true),
            &["keep the identifier example.com-all"],
        ),
        (
            "unknown password",
            plain.clone(),
            home(),
            None,
            &["! the identifier example.com-home exists"],
        ),
        (
            "a section without one",
            plain.clone(),
            home(),
            section("example.com-home", false, false),
            &["! the identifier example.com-home exists"],
        ),
        (
            "a new one is asked for",
            new_password.clone(),
            home(),
            None,
            &["write a new password", "set the password of example.com-home"],
        ),
        (
            "also if it is known",
            new_password,
            home(),
            known("example.com-home", true),
            &["write a new password", "set the password of example.com-home"],
        ),
        (
            "cut before the login was made",
            plain.clone(),
            vec![],
            known("example.com-home", false),
            &["create the identifier with suffix home"],
        ),
        (
            "cut after it",
            plain.clone(),
            home(),
            known("example.com-home", false),
            &["set the password of example.com-home"],
        ),
        (
            "cut, and another one has the name",
            plain.clone(),
            vec![login("home", "work")],
            known("example.com-home", false),
            &["! the identifier example.com-home is for the sub-domain 'work'"],
        ),
        (
            "asked for, and another one's",
            suffix("home"),
            vec![login("home", "work")],
            None,
            &["! the identifier example.com-home is for the sub-domain 'work'"],
        ),
        (
            "asked for, and free",
            suffix("x"),
            home(),
            None,
            &["write a new password for example.com-x", "create the identifier with suffix x"],
        ),
        ("no suffix", suffix("elevenchars"), vec![], None, &["! a suffix takes 1 to 10"]),
        (
            "the section of another zone",
            plain.clone(),
            vec![],
            known("example.net-home", true),
            &["! the section is for the login example.net-home"],
        ),
        (
            "the section of another suffix",
            suffix("x"),
            vec![],
            known("example.com-home", true),
            &["! the section is for the login example.com-home"],
        ),
        (
            "an empty section",
            plain,
            vec![],
            section("", false, true),
            &["write a new password", "create the identifier with suffix home"],
        ),
    ];
    for (what, wanted, logins, section, expected) in rows {
        let existing = Existing { section, ..with_logins(&logins) };
        let said = said(&wanted, &existing);
        for (index, expected) in expected.iter().enumerate() {
            assert!(said[index].starts_with(expected), "{what}: {said:?}");
        }
        let is_obstacle = expected[0].starts_with('!');
        let record = said.get(expected.len()).map_or("", String::as_str);
        assert_eq!(record.starts_with("create the DynHost"), !is_obstacle, "{what}: {said:?}");
    }
}

#[test]
#[allow(clippy::too_many_lines, reason = "a table")]
fn records_of_the_very_name_alone_count() {
    let both = [address(V4), address(V6)];
    let plain_wanted = wanted(&both);
    let replace = Wanted { replace: true, ..wanted(&both) };
    let rows: Vec<(&Wanted<'_>, Vec<Record>, Vec<PlainRecord>, &[&str])> = vec![
        (
            &plain_wanted,
            vec![record("home2", V4), record("myhome", V6), record("", V4)],
            vec![],
            &["create the DynHost record for 203", "create the DynHost record for 2001"],
        ),
        (
            &plain_wanted,
            vec![record("home", V6)],
            vec![],
            &["create the DynHost record for 203", "keep"],
        ),
        (
            &plain_wanted,
            vec![],
            vec![plain("A", "home", 60)],
            &["keep the DynHost record that points at 203", "create the DynHost record for 2001"],
        ),
        (
            &plain_wanted,
            vec![],
            vec![plain("A", "homes", 0), plain("CNAME", "", 0), plain("MX", "home", 0)],
            &["create", "create"],
        ),
        (
            &plain_wanted,
            vec![],
            vec![plain("A", "home", 0)],
            &["! a plain record of this name is in the way (A 203"],
        ),
        (
            &plain_wanted,
            vec![],
            vec![plain("AAAA", "home", 3600), plain("CNAME", "home", 60)],
            &["! a plain record of this name is in the way (AAAA 2001:db8::7, CNAME elsewhere"],
        ),
        (
            &replace,
            vec![],
            vec![plain("A", "home", 0), plain("AAAA", "home", 60), plain("CNAME", "home2", 0)],
            &["delete the plain record A 203", "create the DynHost record for 203", "keep"],
        ),
        (
            &replace,
            vec![],
            vec![plain("CNAME", "home", 60)],
            &["delete the plain record CNAME elsewhere.example.", "create", "create"],
        ),
    ];
    for (wanted, records, plain, expected) in rows {
        let mut existing = with_logins(&[login("home", "home")]);
        existing.section = section("example.com-home", true, true);
        (existing.records, existing.plain, existing.is_visible) = (records, plain, true);
        let mut said = said(wanted, &existing);
        let is_obstacle = expected[0].starts_with('!');
        if !is_obstacle {
            assert_eq!(said.remove(0), "keep the identifier example.com-home");
            let edits = expected.iter().any(|line| !line.starts_with("keep"));
            assert_eq!(said.pop_if(|last| last == "refresh the zone").is_some(), edits, "{said:?}");
        }
        assert_eq!(said.len(), expected.len(), "{said:?}");
        for (said, expected) in said.iter().zip(expected) {
            assert!(said.starts_with(expected), "{said} {expected}");
        }
    }
    let apex = Wanted { sub_domain: "", ..wanted(&both) };
    let mut existing = empty();
    existing.records = vec![record("", V4), record("home", V6)];
    existing.plain = vec![plain("A", "@", 60)];
    let said = said(&apex, &existing);
    assert!(said[2].starts_with("keep") && said[3].starts_with("create"), "{said:?}");
}

#[test]
fn what_was_cut_is_refreshed_and_switched_on_again() {
    let one = [address(V4)];
    let mut existing = with_logins(&[login("home", "home")]);
    existing.section = section("example.com-home", true, false);
    existing.records = vec![record("home", V4)];
    let said = said(&wanted(&one), &existing);
    assert_eq!(said[2..], ["refresh the zone", "switch the section on"]);
}
