//! The methods there are, and their arguments, each checked once.

use super::arguments::Arguments;
use super::json::{self, Object, Value};
use super::{Change, Refused};

/// Longest text of an argument, in bytes: a URL or a path has at most as many.
const MAX_TEXT: usize = 1024;
/// What rpcd adds to the arguments of a call that came over HTTP: whoever has it is logged in.
const SESSION: &str = "ubus_rpc_session";

/// What is asked for.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Call {
    /// The state of every record.
    Status,
    /// The hosts of the configuration, without secrets.
    Config,
    /// The faults of the configuration.
    Check,
    /// A pass over this host, or over all.
    Update {
        /// The section's name.
        host: Option<String>,
        /// As `--force` has it.
        force: bool,
    },
    /// Release the hold of this host, and send.
    Resume {
        /// The section's name.
        host: String,
    },
    /// Switch a host off, or on again.
    Pause {
        /// The section's name.
        host: String,
        /// Off.
        paused: bool,
    },
    /// Set options of a host.
    Set(Box<Change>),
    /// Take a host out of the configuration.
    Remove {
        /// The section's name.
        host: String,
    },
    /// What `doctor` has found so far.
    Doctor {
        /// Have it begin, unless it is at work.
        start: bool,
        /// The section's name; all of them without one.
        host: Option<String>,
    },
    /// The way from an account at OVHcloud to a name that works.
    #[cfg(feature = "ovh")]
    Setup(super::setup::Step),
}

/// What an argument takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Text,
    Flag,
    Texts,
}

use Kind::{Flag, Text, Texts};

/// A method, what it takes, and what it becomes.
type Method = (&'static str, &'static [(&'static str, Kind)], fn(Arguments) -> Outcome);
type Outcome = Result<Call, Refused>;

/// The one table: `list` prints it, a call is checked by it.
const METHODS: &[Method] = &[
    ("status", &[], |_| Ok(Call::Status)),
    ("config", &[], |_| Ok(Call::Config)),
    ("check", &[], |_| Ok(Call::Check)),
    ("update", &[("host", Text), ("force", Flag)], |mut given| {
        let force = given.flag("force").unwrap_or(false);
        Ok(Call::Update { host: given.some_host()?, force })
    }),
    ("resume", &[("host", Text)], |mut given| Ok(Call::Resume { host: given.host()? })),
    ("pause", &[("host", Text), ("paused", Flag)], |mut given| {
        let paused = given.flag("paused").unwrap_or(true);
        Ok(Call::Pause { host: given.host()?, paused })
    }),
    (
        "set",
        &[
            ("host", Text),
            ("new", Flag),
            ("enabled", Flag),
            ("hostname", Text),
            ("username", Text),
            ("password", Text),
            ("provider", Text),
            ("family", Texts),
            ("interface", Texts),
            ("device", Text),
        ],
        |mut given| given.change().map(Box::new).map(Call::Set),
    ),
    ("remove", &[("host", Text)], |mut given| Ok(Call::Remove { host: given.host()? })),
    ("doctor", &[("start", Flag), ("host", Text)], |mut given| {
        let start = given.flag("start").unwrap_or(false);
        Ok(Call::Doctor { start, host: given.some_host()? })
    }),
    (
        "setup",
        &[
            ("task", Text),
            ("endpoint", Text),
            ("application_key", Text),
            ("application_secret", Text),
            ("consumer_key", Text),
            ("client_id", Text),
            ("client_secret", Text),
            ("zone", Text),
            ("subdomain", Text),
            ("family", Texts),
            ("new_password", Flag),
            ("replace", Flag),
        ],
        setup,
    ),
];

#[cfg(feature = "ovh")]
fn setup(given: Arguments) -> Outcome {
    super::setup::step(given).map(Call::Setup)
}

#[cfg(not(feature = "ovh"))]
fn setup(_: Arguments) -> Outcome {
    let text = "this program was built without the feature ovh: the package dynhost-full has it";
    Err(Refused::new("unsupported", text))
}

/// What rpcd is told of the methods: each argument's type by an example.
pub(crate) fn list() -> String {
    let example = |kind: Kind| match kind {
        Text => "\"\"",
        Flag => "true",
        Texts => "[]",
    };
    let methods = METHODS.iter().fold(Object::default(), |methods, (name, arguments, _)| {
        let arguments = arguments
            .iter()
            .fold(Object::default(), |arguments, (name, kind)| arguments.raw(name, example(*kind)));
        methods.raw(name, &arguments.finish())
    });
    methods.finish()
}

/// Reads a call: the method's name, and what rpcd wrote to standard input.
pub(crate) fn call(method: &str, input: &[u8]) -> Result<Call, Refused> {
    let Some((_, arguments, build)) = METHODS.iter().find(|(name, ..)| *name == method) else {
        return Err(Refused::new("unknown-method", "there is no method of this name"));
    };
    // Without arguments some callers write nothing at all.
    let input = if input.trim_ascii().is_empty() { b"{}" } else { input };
    let members = json::object(input).map_err(|text| Refused::new("invalid", text))?;
    let mut given = Arguments::default();
    for (name, value) in members {
        if name == SESSION {
            continue;
        }
        let Some((name, kind)) = arguments.iter().find(|(known, _)| *known == name) else {
            let text = "there is an argument that this method does not know";
            return Err(Refused::new("unknown-argument", text));
        };
        check(&value, *kind).map_err(|text| Refused::of_field(name, text))?;
        given.add(name, value);
    }
    build(given)
}

fn check(value: &Value, kind: Kind) -> Result<(), String> {
    let too_long = |text: &String| text.len() > MAX_TEXT;
    let long = format!("has more than {MAX_TEXT} bytes");
    match (value, kind) {
        (Value::Text(text), Text) if too_long(text) => Err(long),
        (Value::Texts(items), Texts) if items.iter().any(too_long) => Err(long),
        (Value::Text(_), Text) | (Value::Flag(_), Flag) | (Value::Texts(_), Texts) => Ok(()),
        (_, Text) => Err("takes a text".into()),
        (_, Flag) => Err("takes true or false".into()),
        (_, Texts) => Err("takes a list of texts".into()),
    }
}

#[cfg(test)]
mod tests {
    use super::super::arguments::MAX_NAME;
    use super::*;

    fn read(method: &str, input: &str) -> Result<Call, String> {
        call(method, input.as_bytes()).map_err(|refused| refused.to_json())
    }

    #[test]
    fn the_list_has_every_method_with_the_types_of_its_arguments() {
        let list = list();
        assert!(list.starts_with(r#"{"status":{},"config":{},"check":{},"update":{"host":"","#));
        assert!(list.contains(r#""pause":{"host":"","paused":true}"#), "{list}");
        assert!(list.contains(r#""family":[],"interface":[]"#), "{list}");
        assert!(
            list.contains(r#""doctor":{"start":true,"host":""},"setup":{"task":"","#),
            "{list}"
        );
        assert!(!list.contains(SESSION), "{list}");
    }

    #[test]
    fn calls_are_read_and_the_session_is_dropped() {
        let session = r#"{"ubus_rpc_session":"secret","host":"home"}"#;
        let host = || String::from("home");
        let rows = [
            ("status", "", Call::Status),
            ("status", "{}\n", Call::Status),
            ("check", r#"{"ubus_rpc_session":7}"#, Call::Check),
            ("update", "{}", Call::Update { host: None, force: false }),
            ("update", session, Call::Update { host: Some(host()), force: false }),
            ("resume", session, Call::Resume { host: host() }),
            ("pause", session, Call::Pause { host: host(), paused: true }),
            ("remove", session, Call::Remove { host: host() }),
            ("doctor", "{}", Call::Doctor { start: false, host: None }),
            (
                "doctor",
                r#"{"start":true,"host":"home"}"#,
                Call::Doctor { start: true, host: Some(host()) },
            ),
            (
                "pause",
                r#"{"host":"a","host":"home","paused":false}"#,
                Call::Pause { host: host(), paused: false },
            ),
        ];
        for (method, input, expected) in rows {
            assert_eq!(read(method, input), Ok(expected), "{method} {input}");
        }
        let Ok(Call::Set(change)) = read("set", r#"{"host":"home","password":"","family":[]}"#)
        else {
            panic!("set is read");
        };
        assert_eq!((change.password, change.family), (None, Some(vec![])));
    }

    #[test]
    fn what_is_wrong_is_named_and_no_value_is_repeated() {
        let long = format!(r#"{{"host":"home","hostname":"{}"}}"#, "x".repeat(MAX_TEXT + 1));
        let name = format!(r#"{{"host":"{}"}}"#, "x".repeat(MAX_NAME + 1));
        let rows = [
            ("secret", "{}", "unknown-method", ""),
            ("status", r#"{"secret":1}"#, "unknown-argument", ""),
            ("status", "secret", "invalid", ""),
            ("update", r#"{"host":7}"#, "invalid", "host"),
            ("update", r#"{"host":null}"#, "invalid", "host"),
            ("update", r#"{"host":"--secret"}"#, "invalid", "host"),
            ("update", r#"{"force":"secret"}"#, "invalid", "force"),
            ("resume", "{}", "invalid", "host"),
            ("resume", r#"{"host":"$(secret)"}"#, "invalid", "host"),
            ("remove", &name, "invalid", "host"),
            ("set", r#"{"host":"home","family":"secret"}"#, "invalid", "family"),
            ("set", &long, "invalid", "hostname"),
            ("doctor", r#"{"host":"--secret"}"#, "invalid", "host"),
            ("doctor", r#"{"start":"secret"}"#, "invalid", "start"),
        ];
        for (method, input, code, field) in rows {
            let error = read(method, input).expect_err(input);
            assert!(error.contains(&format!(r#"{{"error":{{"code":"{code}""#)), "{error}");
            let has_field = error.contains(&format!(r#""field":"{field}""#));
            assert_eq!(has_field, !field.is_empty(), "{error}");
            assert!(!error.contains("secret"), "{error}");
        }
    }
}
