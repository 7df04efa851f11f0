//! The wizard of OVHcloud: each step's words for `dynhost ovh`, and the keys into `ovh.conf`.
//!
//! Keys come in and never go out: what is told of them is of which kind they are, and where they
//! count. The sentences of a zone or a sub-domain that is none are those of `dynhost ovh`.

use super::Refused;
use super::arguments::Arguments;
use super::json::Object;
use crate::config::Secret;
use crate::ovh::credentials::{Access, Credentials, Lack};
use crate::ovh::ini;

/// The endpoints that can be chosen; another one has to stand in the file already.
const ENDPOINTS: [&str; 3] = ["ovh-eu", "ovh-ca", "ovh-us"];
/// What is stored of an application, and of a service account.
const APPLICATION: [&str; 3] = ["application_key", "application_secret", "consumer_key"];
const SERVICE: [&str; 2] = ["client_id", "client_secret"];
/// How long the link is waited for, and then the DNS, in seconds.
const AUTHORIZE_WAIT: &str = "600";
const SETUP_WAIT: &str = "120";

/// What is to be done.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Step {
    /// Say how far it has come.
    Look,
    /// Store keys.
    Keys(Keys),
    /// Have `dynhost ovh` begin.
    Work(Work),
}

/// Words for `dynhost`, none of them secret.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Work {
    /// As the caller has it.
    pub(crate) task: &'static str,
    /// Behind the program's name.
    pub(crate) words: Vec<String>,
}

/// Keys that replace those of the endpoint.
#[derive(PartialEq, Eq)]
pub(crate) struct Keys {
    /// `None` leaves the one that counts.
    endpoint: Option<String>,
    /// By their names in `ovh.conf`.
    values: Vec<(&'static str, Secret)>,
}

impl core::fmt::Debug for Keys {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Keys").field("endpoint", &self.endpoint).finish_non_exhaustive()
    }
}

/// Reads the arguments of `setup`.
pub(super) fn step(mut given: Arguments) -> Result<Step, Refused> {
    match given.text("task").as_deref() {
        None | Some("") => Ok(Step::Look),
        Some("keys") => keys(&mut given).map(Step::Keys),
        Some("zones") => Ok(work("zones", &["ovh", "zone", "list"])),
        Some("names") => {
            Ok(work("names", &["ovh", "record", "list", "--zone", &zone(&mut given)?]))
        }
        Some("authorize") => {
            let zone = zone(&mut given)?;
            let words = ["ovh", "authorize", "--zone", &zone, "--wait", AUTHORIZE_WAIT];
            Ok(flagged(work("authorize", &words), &mut given, &["replace"]))
        }
        Some("setup") => {
            let (zone, name) = (zone(&mut given)?, word(&mut given, "subdomain")?);
            let families = given.texts("family").unwrap_or_default().join(",");
            let mut words = vec!["ovh", "setup", "--zone", &zone, "--subdomain", &name];
            words.extend(["--wait", SETUP_WAIT]);
            if !families.is_empty() {
                words.extend(["--family", check("family", &families)?]);
            }
            Ok(flagged(work("setup", &words), &mut given, &["new_password", "replace"]))
        }
        Some(_) => {
            let text = "is none of keys, zones, names, authorize and setup";
            Err(Refused::of_field("task", text.into()))
        }
    }
}

fn work(task: &'static str, words: &[&str]) -> Step {
    Step::Work(Work { task, words: words.iter().map(|&word| word.to_owned()).collect() })
}

fn flagged(step: Step, given: &mut Arguments, flags: &[&str]) -> Step {
    let Step::Work(mut work) = step else { return step };
    for flag in flags {
        if given.flag(flag) == Some(true) {
            work.words.push(format!("--{}", flag.replace('_', "-")));
        }
    }
    Step::Work(work)
}

fn zone(given: &mut Arguments) -> Result<String, Refused> {
    let zone = word(given, "zone")?;
    if zone.is_empty() { Err(Refused::of_field("zone", "is missing".into())) } else { Ok(zone) }
}

/// A word of a command line; what it means is looked at there.
fn word(given: &mut Arguments, name: &str) -> Result<String, Refused> {
    let text = given.text(name);
    let text = text.ok_or_else(|| Refused::of_field(name, "is missing".into()))?;
    check(name, &text).map(str::to_owned)
}

fn check<'t>(name: &str, text: &'t str) -> Result<&'t str, Refused> {
    if text.len() > 255 || text.contains(|c: char| c.is_control() || c.is_whitespace()) {
        let text = "takes a name of up to 255 bytes, without blanks".into();
        return Err(Refused::of_field(name, text));
    }
    Ok(text)
}

fn keys(given: &mut Arguments) -> Result<Keys, Refused> {
    let endpoint = given.text("endpoint").filter(|name| !name.is_empty());
    if endpoint.as_deref().is_some_and(|name| !ENDPOINTS.contains(&name)) {
        let text = format!("is none of {}", ENDPOINTS.join(", "));
        return Err(Refused::of_field("endpoint", text));
    }
    let mut read = |names: &[&'static str]| {
        let values = names.iter().map(|name| (*name, given.text(name).unwrap_or_default()));
        values.filter(|(_, value)| !value.is_empty()).collect::<Vec<_>>()
    };
    let (application, service) = (read(&APPLICATION), read(&SERVICE));
    let (given, wanted) = match (application.is_empty(), service.is_empty()) {
        (false, false) => {
            let text = "belongs to a service account: give that, or an application, not both";
            return Err(Refused::of_field("client_id", text.into()));
        }
        (true, false) => (service, &SERVICE[..]),
        _ => (application, &APPLICATION[..2]),
    };
    let missing = wanted.iter().find(|name| given.iter().all(|(other, _)| other != *name));
    if let Some(name) = missing {
        return Err(Refused::of_field(name, "is missing".into()));
    }
    let is_odd = |value: &str| value.len() > 256 || !value.bytes().all(|b| b.is_ascii_graphic());
    if let Some((name, _)) = given.iter().find(|(_, value)| is_odd(value)) {
        return Err(Refused::of_field(name, "is no key, copy it again without blanks".into()));
    }
    let values = given.into_iter().map(|(name, value)| (name, Secret::new(value))).collect();
    Ok(Keys { endpoint, values })
}

impl Keys {
    /// The new text of `ovh.conf`; what it had for the endpoint is replaced as a whole, as a
    /// consumer key belongs to its application.
    pub(crate) fn put(&self, text: &[u8], current: &str) -> Result<String, Refused> {
        let refused = |(line, fault): (usize, &str)| {
            Refused::new("config", format!("/etc/ovh.conf:{line}: {fault}"))
        };
        let mut text = String::from_utf8(text.to_vec()).map_err(|_| refused((0, "no UTF-8")))?;
        let section = self.endpoint.as_deref().unwrap_or(current);
        if let Some(endpoint) = &self.endpoint {
            text = ini::set(&text, "default", ("endpoint", endpoint)).map_err(refused)?;
        }
        for name in APPLICATION.into_iter().chain(SERVICE) {
            let value = self.values.iter().find(|(other, _)| *other == name);
            text = match value {
                Some((_, value)) => ini::set(&text, section, (name, value.reveal())),
                None => ini::unset(&text, section, name),
            }
            .map_err(refused)?;
        }
        Ok(text)
    }
}

/// Of which kind the keys are that count; never what they are.
pub(crate) fn credentials(read: &Result<Credentials, Lack>) -> String {
    let (kind, endpoint, text) = match read {
        Ok(Credentials { endpoint, access }) => {
            let kind = match access {
                Access::Service { .. } => "service",
                Access::Keys { consumer_key: Some(_), .. } => "keys",
                Access::Keys { consumer_key: None, .. } => "unauthorized",
            };
            (kind, endpoint.name.as_str(), String::new())
        }
        Err(Lack::Missing(endpoint)) => ("none", endpoint.as_str(), String::new()),
        Err(lack) => ("faulty", "", lack.to_string()),
    };
    Object::default().text("kind", kind).text("endpoint", endpoint).text("text", &text).finish()
}

#[cfg(test)]
mod tests {
    use super::super::{Call, call};
    use super::*;
    use crate::ovh::credentials;

    fn read(input: &str) -> Result<Step, String> {
        match call("setup", input.as_bytes()).map_err(|refused| refused.to_json())? {
            Call::Setup(step) => Ok(step),
            other => panic!("{other:?}"),
        }
    }

    fn put(input: &str, text: &str) -> Result<String, String> {
        let Ok(Step::Keys(keys)) = read(input) else { panic!("{input}") };
        keys.put(text.as_bytes(), "ovh-eu").map_err(|refused| refused.to_json())
    }

    #[test]
    fn each_task_has_its_words() {
        assert_eq!(read("{}"), Ok(Step::Look));
        for (input, task, words) in [
            (r#"{"task":"zones"}"#, "zones", "ovh zone list"),
            (r#"{"task":"names","zone":"a.fr"}"#, "names", "ovh record list --zone a.fr"),
            (
                r#"{"task":"authorize","zone":"a.fr","replace":true}"#,
                "authorize",
                "ovh authorize --zone a.fr --wait 600 --replace",
            ),
            (
                r#"{"task":"setup","zone":"--help","subdomain":"$(x)","family":["ipv4","ipv6"],
                    "new_password":true,"replace":false}"#,
                "setup",
                "ovh setup --zone --help --subdomain $(x) --wait 120 --family ipv4,ipv6 \
                 --new-password",
            ),
        ] {
            let words = words.split(' ').map(str::to_owned).collect();
            assert_eq!(read(input), Ok(Step::Work(Work { task, words })), "{input}");
        }
    }

    #[test]
    fn what_is_wrong_stands_beside_its_field_and_no_key_is_repeated() {
        for (input, field) in [
            (r#"{"task":"secret"}"#, "task"),
            (r#"{"task":"names"}"#, "zone"),
            (r#"{"task":"names","zone":""}"#, "zone"),
            (r#"{"task":"setup","zone":"a.fr"}"#, "subdomain"),
            (r#"{"task":"setup","zone":"a.fr","subdomain":"sec ret"}"#, "subdomain"),
            (r#"{"task":"setup","zone":"a\nsecret","subdomain":"x"}"#, "zone"),
            (
                r#"{"task":"setup","zone":"a.fr","subdomain":"x","family":["sec\u0000ret"]}"#,
                "family",
            ),
            (r#"{"task":"keys"}"#, "application_key"),
            (r#"{"task":"keys","application_key":"secret"}"#, "application_secret"),
            (r#"{"task":"keys","client_id":"secret"}"#, "client_secret"),
            (
                r#"{"task":"keys","client_id":"x","client_secret":"secret\n[default]"}"#,
                "client_secret",
            ),
            (
                r#"{"task":"keys","application_key":"secret","application_secret":"secret",
                    "client_id":"x"}"#,
                "client_id",
            ),
            (
                r#"{"task":"keys","endpoint":"https://secret/1.0","client_id":"x",
                    "client_secret":"x"}"#,
                "endpoint",
            ),
        ] {
            let error = read(input).expect_err(input);
            assert!(error.contains(&format!("\"field\":\"{field}\"")), "{input}: {error}");
            assert!(!error.contains("secret\\") && !error.contains("https"), "{error}");
        }
        let shown =
            format!("{:?}", read(r#"{"task":"keys","client_id":"x","client_secret":"y7"}"#));
        assert!(!shown.contains("y7"), "{shown}");
    }

    #[test]
    fn keys_replace_those_of_the_endpoint_and_nothing_else() {
        let application = r#"{"task":"keys","endpoint":"ovh-ca","application_key":"ak","application_secret":"as"}"#;
        let service = r#"{"task":"keys","client_id":"ci","client_secret":"cs"}"#;
        let text = put(application, "# mine\n[ovh-ca]\nconsumer_key=old\n").expect("text");
        let kind =
            |text: &str| credentials(&credentials::read(&|_| None, &[("/etc/ovh.conf", text)]));
        assert!(text.starts_with("# mine\n") && !text.contains("old"), "{text}");
        assert_eq!(kind(&text), r#"{"kind":"unauthorized","endpoint":"ovh-ca","text":""}"#);
        let both = put(service, &text).expect("text");
        assert!(both.contains("[ovh-eu]\nclient_id=ci\nclient_secret=cs\n"), "{both}");
        assert!(kind(&both).contains("ovh-ca"));
        let text =
            put(service, "[ovh-eu]\napplication_key=a\napplication_secret=b\n").expect("text");
        assert_eq!(kind(&text), r#"{"kind":"service","endpoint":"ovh-eu","text":""}"#);
        assert_eq!(put(service, &text), Ok(text.clone()));
        assert!(put(service, "nonsense").expect_err("no INI").contains("ovh.conf:1:"));
        assert_eq!(kind(""), r#"{"kind":"none","endpoint":"ovh-eu","text":""}"#);
        assert!(kind("[ovh-eu]\nclient_id=secret\n").contains(r#""kind":"faulty""#));
        let keys = "[ovh-eu]\napplication_key=a\napplication_secret=b\nconsumer_key=c\n";
        assert!(kind(keys).starts_with(r#"{"kind":"keys""#));
    }
}
