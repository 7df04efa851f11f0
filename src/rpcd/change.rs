//! A change of one host -> the new text of the configuration, if the host is right afterwards.

use super::Refused;
use super::show::{items, option_at};
use crate::config::{self, Fault, Severity};
use crate::uci::edit::{self, Refusal, Target, Wanted};
use crate::uci::{self, Section};

/// What `set` asks for; what is `None` stays as it is.
#[derive(Default, PartialEq, Eq)]
pub(crate) struct Change {
    pub(super) host: String,
    /// There must be no such host yet; else there must be one.
    pub(super) is_new: bool,
    pub(super) enabled: Option<bool>,
    pub(super) hostname: Option<String>,
    pub(super) username: Option<String>,
    pub(super) password: Option<String>,
    pub(super) provider: Option<String>,
    pub(super) family: Option<Vec<String>>,
    pub(super) interface: Option<Vec<String>>,
    pub(super) device: Option<String>,
}

impl core::fmt::Debug for Change {
    /// The password is in it.
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Change").field("host", &self.host).finish_non_exhaustive()
    }
}

/// Reads the content of a `password_file`.
type ReadSecret<'r> = &'r dyn Fn(&str) -> Result<String, String>;

/// The text with the change made; `None` if it holds already.
pub(crate) fn set(
    text: &[u8],
    change: &Change,
    read_secret: ReadSecret<'_>,
) -> Result<Option<Vec<u8>>, Refused> {
    let now = uci::parse(text);
    let section = find(&now.sections, &change.host);
    match section {
        Some(_) if change.is_new => {
            return Err(Refused::of_field("host", "is there already, choose another name".into()));
        }
        None if !change.is_new => return Err(unknown()),
        _ => {}
    }
    let lists = [("family", &change.family), ("interface", &change.interface)]
        .map(|(name, items)| (name, items.as_ref().map(|items| as_texts(items))));
    let options = wanted(change, &lists, section);
    edited(text, &change.host, &options, Some(read_secret))
}

/// The text with the host switched off, or on again; what is wrong with it counts only then.
pub(crate) fn pause(
    text: &[u8],
    (host, paused): (&str, bool),
    read_secret: ReadSecret<'_>,
) -> Result<Option<Vec<u8>>, Refused> {
    let now = uci::parse(text);
    find(&now.sections, host).ok_or_else(unknown)?;
    let value = Wanted::Value(if paused { "0" } else { "1" });
    edited(text, host, &[("enabled", value)], (!paused).then_some(read_secret))
}

/// The text without that host.
pub(crate) fn remove(text: &[u8], host: &str) -> Result<Option<Vec<u8>>, Refused> {
    let now = uci::parse(text);
    find(&now.sections, host).ok_or_else(unknown)?;
    edit::remove(text, target(host)).map(Some).map_err(refused)
}

fn unknown() -> Refused {
    Refused::of_field("host", "is not in the configuration".into())
}

fn target(host: &str) -> Target<'_> {
    Target { kind: "host", name: host }
}

fn find<'s, 't>(sections: &'s [Section<'t>], name: &str) -> Option<&'s Section<'t>> {
    sections.iter().find(|section| section.kind == "host" && section.name.as_deref() == Some(name))
}

fn as_texts(items: &[String]) -> Vec<&str> {
    items.iter().map(String::as_str).collect()
}

/// The options of a change, without those that say what is said already in another way.
fn wanted<'c>(
    change: &'c Change,
    lists: &'c [(&'static str, Option<Vec<&'c str>>); 2],
    section: Option<&Section<'_>>,
) -> Vec<(&'static str, Wanted<'c>)> {
    let mut options = Vec::new();
    if let Some(enabled) = change.enabled {
        options.push(("enabled", Wanted::Value(if enabled { "1" } else { "0" })));
    }
    let texts = [
        ("hostname", &change.hostname),
        ("username", &change.username),
        ("password", &change.password),
        ("provider", &change.provider),
        ("device", &change.device),
    ];
    let texts = texts.into_iter().filter_map(|(name, text)| Some((name, text.as_deref()?)));
    options.extend(texts.map(|(name, text)| (name, Wanted::Value(text))));
    if change.password.is_some() {
        options.push(("password_file", Wanted::Absent));
    }
    for (name, list) in lists {
        match list.as_deref() {
            None => {}
            // One as an option, as people write it.
            Some([one]) => options.push((name, Wanted::Value(one))),
            Some(several) => options.push((name, Wanted::List(several))),
        }
    }
    options.retain(|(name, wanted)| {
        let said = section.map(|section| items(section, name)).unwrap_or_default();
        match wanted {
            Wanted::Absent | Wanted::Value("") => !said.is_empty(),
            Wanted::Value(value) => said != [*value],
            Wanted::List(values) => said != *values,
        }
    });
    options
}

fn edited(
    text: &[u8],
    host: &str,
    options: &[(&str, Wanted<'_>)],
    check_with: Option<ReadSecret<'_>>,
) -> Result<Option<Vec<u8>>, Refused> {
    let new = edit::set(text, target(host), options).map_err(refused)?;
    if let Some(read_secret) = check_with {
        let faults = faults_of(&new, host, read_secret);
        if !faults.is_empty() {
            return Err(Refused::of_fields(faults));
        }
    }
    Ok((new != text).then_some(new))
}

fn refused(refusal: Refusal) -> Refused {
    Refused::new("config", format!("the configuration: {refusal}"))
}

/// What `check` says of this host, option by option.
fn faults_of(text: &[u8], host: &str, read_secret: ReadSecret<'_>) -> Vec<(String, String)> {
    let parsed = uci::parse(text);
    let Some(section) = find(&parsed.sections, host) else { return Vec::new() };
    let read = config::read("", text, read_secret);
    let faults = read.faults.iter().filter(|fault| fault.severity == Severity::Host);
    faults.filter_map(|fault| beside(section, fault)).collect()
}

/// The option that a fault of this section stands beside, and the fault without its name.
fn beside(section: &Section<'_>, fault: &Fault) -> Option<(String, String)> {
    if let Some(name) = option_at(section, fault.line) {
        return Some((name.into(), without_name(name, &fault.text).into()));
    }
    if fault.line != section.line {
        return None;
    }
    // What is missing has no line of its own.
    let missing = ["hostname", "username", "password"];
    let missing = missing.iter().find(|name| fault.text.contains(&format!("has no {name}")));
    Some((missing.map_or("host", |name| name).into(), fault.text.clone()))
}

/// `hostname 'a b': has a blank` -> `has a blank`.
fn without_name<'t>(name: &str, text: &'t str) -> &'t str {
    let rest = text.strip_prefix(name);
    let behind = |rest: &'t str| match rest.strip_prefix(" '") {
        Some(value) => value.split_once("': ").map(|(_, behind)| behind),
        None => rest.strip_prefix(": "),
    };
    rest.and_then(behind).unwrap_or(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "\
config host 'home' # mine
	option hostname 'home.example.com'
	option username 'example.com-home'
	option password_file '/etc/secret'
	list family 'ipv4'

config host 'bad'
	option hostname 'no name'
";

    fn apply(text: &str, change: &Change) -> Result<Option<String>, String> {
        let text = set(text.as_bytes(), change, &|_| Ok("from the file".into()));
        let text = text.map(|text| text.map(|text| String::from_utf8(text).expect("UTF-8")));
        text.map_err(|refused| refused.to_json())
    }

    fn home() -> Change {
        Change { host: "home".into(), ..Change::default() }
    }

    #[allow(clippy::unnecessary_wraps, reason = "rows are narrower")]
    fn some(text: &str) -> Option<String> {
        Some(text.into())
    }

    #[test]
    fn options_are_set_in_place_and_a_password_replaces_the_file_with_one() {
        let change = Change {
            username: some("it's me"),
            password: some("p\"'#\\"),
            family: Some(vec!["ipv4".into()]),
            interface: Some(vec!["wan".into()]),
            ..home()
        };
        let text = apply(TEXT, &change).expect("taken").expect("changed");
        let expected = TEXT
            .replace("'example.com-home'", "'it'\\''s me'")
            .replace("\toption password_file '/etc/secret'\n", "")
            .replace(
                "ipv4'\n",
                "ipv4'\n\toption password 'p\"'\\''#\\'\n\toption interface 'wan'\n",
            );
        assert_eq!(text, expected);
        assert_eq!(apply(&text, &change), Ok(None));
    }

    #[test]
    fn a_new_host_is_added_and_an_old_one_is_not_made_anew() {
        let change = Change {
            host: "nas".into(),
            is_new: true,
            hostname: some("nas.example.com"),
            username: some("example.com-nas"),
            password: some("secret"),
            family: Some(vec!["ipv4".into(), "ipv6".into()]),
            ..Change::default()
        };
        let text = apply(TEXT, &change).expect("taken").expect("changed");
        let new = "
config host 'nas'
	option hostname 'nas.example.com'
	option username 'example.com-nas'
	option password 'secret'
	list family 'ipv4'
	list family 'ipv6'
";
        assert_eq!(text, format!("{TEXT}{new}"));
        assert!(apply(&text, &change).is_err_and(|error| error.contains("\"field\":\"host\"")));
        let missing = Change { is_new: false, ..change };
        assert!(apply(TEXT, &missing).is_err_and(|error| error.contains("not in the conf")));
    }

    #[test]
    fn faults_stand_beside_their_fields_and_repeat_no_value() {
        let long = "x".repeat(300);
        let rows = [
            (Change { hostname: some("<secret>"), ..home() }, "hostname", "has '<', allowed"),
            (Change { hostname: some(""), ..home() }, "hostname", "this host has no hostname"),
            (Change { username: some("a:secret"), ..home() }, "username", "must not hold ':'"),
            (Change { password: some("se\ncret"), ..home() }, "password", "a line break"),
            (Change { password: Some(long.clone()), ..home() }, "password", "has 300 bytes"),
            (Change { provider: some("secret"), ..home() }, "provider", "allowed are ovh"),
            (Change { family: Some(vec!["secret".into()]), ..home() }, "family", "ipv4 and ipv6"),
            (
                Change { interface: Some(vec!["$(secret)".into()]), ..home() },
                "interface",
                "letters",
            ),
            (Change { device: some("a/b"), ..home() }, "device", "no blanks, slashes"),
        ];
        for (change, field, text) in rows {
            let error = apply(TEXT, &change).expect_err(field);
            assert!(error.contains(&format!("\"field\":\"{field}\"")), "{error}");
            assert!(error.contains(text) && !error.contains("secret"), "{error}");
        }
        let two = Change { hostname: some("a"), username: some(":"), ..home() };
        assert_eq!(apply(TEXT, &two).expect_err("two").matches("\"field\"").count(), 3);
    }

    #[test]
    fn a_host_is_switched_off_whatever_is_wrong_with_it_and_on_if_it_is_right() {
        let read = |host, paused| pause(TEXT.as_bytes(), (host, paused), &|_| Ok("x".into()));
        let off = read("bad", true).expect("taken").expect("changed");
        assert_eq!(String::from_utf8_lossy(&off), format!("{TEXT}\toption enabled '0'\n"));
        assert!(read("bad", false).is_err());
        assert!(read("home", false).is_ok_and(|text| text.is_some()));
        assert!(read("nobody", true).is_err());
    }

    #[test]
    fn a_host_is_removed_with_its_options_and_nothing_else() {
        let text = remove(TEXT.as_bytes(), "home").expect("taken").expect("changed");
        let expected = " # mine\n\nconfig host 'bad'\n\toption hostname 'no name'\n";
        assert_eq!(String::from_utf8_lossy(&text), expected);
        assert!(remove(TEXT.as_bytes(), "nobody").is_err());
        assert!(remove(b"config host home\nbogus\n", "home").is_err());
    }
}
