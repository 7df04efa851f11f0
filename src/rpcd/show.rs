//! Answers: the configuration without its secrets, its faults, the lines of `update`.

use super::json::{Object, list};
use crate::config::{Fault, Severity};
use crate::json::quoted;
use crate::uci::{Parsed, Section, Value};

/// Longest value that is shown, in bytes: the longest that a name or a login may have.
const MAX_SHOWN: usize = 255;
/// Options of a host whose value is shown as it is.
const TEXTS: [&str; 4] = ["hostname", "username", "provider", "device"];
/// The same for those that may be lists.
const LISTS: [&str; 3] = ["family", "interface", "source"];

/// The hosts and the names of the providers, as the file has them.
///
/// Where a quote is lost, a value holds lines of others, the password's among them: what no name
/// can be is left out.
pub(crate) fn config(path: &str, parsed: &Parsed<'_>) -> String {
    let of_kind = |kind| parsed.sections.iter().filter(move |section| section.kind == kind);
    let hosts: Vec<String> = of_kind("host").map(host).collect();
    let mut providers = vec![quoted("ovh")];
    let named = of_kind("provider").filter_map(|section| section.name.as_deref());
    providers.extend(named.filter(|name| *name != "ovh").map(quoted));
    Object::default()
        .text("path", path)
        .flag("readable", parsed.faults.is_empty())
        .raw("hosts", &list(&hosts))
        .raw("providers", &list(&providers))
        .finish()
}

fn host(section: &Section<'_>) -> String {
    let mut host = Object::default().text("host", section.name.as_deref().unwrap_or_default());
    for name in TEXTS {
        if let Some(value) = items(section, name).last().copied().filter(|value| is_shown(value)) {
            host = host.text(name, if name == "username" { before_colon(value) } else { value });
        }
    }
    for name in LISTS {
        let items = items(section, name);
        let shown = items.into_iter().filter(|value| is_shown(value)).map(quoted);
        host = host.raw(name, &list(&shown.collect::<Vec<_>>()));
    }
    let is_off = |value: &str| matches!(value, "0" | "false" | "no" | "off" | "disabled");
    let is_enabled = !items(section, "enabled").last().is_some_and(|value| is_off(value));
    let has = |name| section.option(name).is_some();
    host.flag("enabled", is_enabled)
        .flag("has_password", has("password") || has("password_file"))
        .finish()
}

/// What stands behind a colon may be the password that belongs to the login.
fn before_colon(login: &str) -> &str {
    login.split(':').next().unwrap_or_default()
}

fn is_shown(value: &str) -> bool {
    value.len() <= MAX_SHOWN && !value.contains(char::is_control)
}

/// Every value of an option.
pub(super) fn items<'s>(section: &'s Section<'_>, name: &str) -> Vec<&'s str> {
    match section.option(name).map(|entry| &entry.value) {
        None => Vec::new(),
        Some(Value::String(value)) => vec![value],
        Some(Value::List(items)) => items.iter().map(|(_, item)| &**item).collect(),
    }
}

/// The faults of a configuration, and which host and option has them.
pub(crate) fn faults(path: &str, parsed: &Parsed<'_>, faults: &[Fault]) -> String {
    let shown: Vec<String> = faults.iter().map(|fault| one_fault(path, parsed, fault)).collect();
    Object::default().text("path", path).raw("faults", &list(&shown)).finish()
}

fn one_fault(path: &str, parsed: &Parsed<'_>, fault: &Fault) -> String {
    let severity = match fault.severity {
        Severity::File => "file",
        Severity::Host => "host",
        Severity::Warning => "warning",
    };
    let shown = Object::default()
        .text("file", &fault.file)
        .number("line", fault.line.into())
        .text("severity", severity)
        .text("text", &fault.text);
    let owner = parsed.sections.iter().find(|section| {
        fault.file == path && section.kind == "host" && has_line(section, fault.line)
    });
    match owner.and_then(|section| section.name.as_deref()) {
        Some(name) => shown.text("host", name).finish(),
        None => shown.finish(),
    }
}

fn has_line(section: &Section<'_>, line: u32) -> bool {
    section.line == line || option_at(section, line).is_some()
}

/// The option that a line sets.
pub(super) fn option_at<'s>(section: &'s Section<'_>, line: u32) -> Option<&'s str> {
    let is_set = |value: &Value<'_>, at| match value {
        Value::String(_) => at == line,
        Value::List(items) => items.iter().any(|(at, _)| *at == line),
    };
    let entry = section.options.iter().find(|entry| is_set(&entry.value, entry.line))?;
    Some(&entry.name)
}

/// The lines of `update`, as `HOST FAMILY RESULT ADDRESS TEXT` with tabs between them.
pub(crate) fn lines(printed: &str) -> String {
    const NAMES: [&str; 5] = ["host", "family", "result", "address", "text"];
    let line = |line: &str| {
        let fields = NAMES.iter().zip(line.split('\t'));
        fields.fold(Object::default(), |line, (name, value)| line.text(name, value)).finish()
    };
    list(&printed.lines().map(line).collect::<Vec<_>>())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::uci::parse;

    const TEXT: &str = "\
config provider 'lab'
	option url 'https://secret@lab'
config host 'home'
	option hostname 'home.example.com'
	option username 'login:secret'
	option password 'secret'
	list family 'ipv4'
	list family 'ipv6'
	option interface 'wan'
config host
	option enabled 'off'
	option hostname 'lost
	option password secret
'
	option password_file '/secret'
";

    #[test]
    fn the_configuration_is_shown_without_anything_secret() {
        let shown = config("/etc/config/dynhost", &parse(TEXT.as_bytes()));
        assert!(!shown.contains("secret"), "{shown}");
        let home = r#"{"host":"home","hostname":"home.example.com","username":"login","#;
        for part in [
            home,
            r#""family":["ipv4","ipv6"],"interface":["wan"],"source":[],"enabled":true,"#,
            r#"{"host":"","family":[],"interface":[],"source":[],"enabled":false,"has_password":true}"#,
            r#""providers":["ovh","lab"]"#,
            r#""readable":true"#,
        ] {
            assert!(shown.contains(part), "{part} is not in {shown}");
        }
    }

    #[test]
    fn a_fault_is_shown_with_its_host() {
        let parsed = parse(TEXT.as_bytes());
        let read = crate::config::read("f", TEXT.as_bytes(), &|_| Err("no file".into()));
        let shown = faults("f", &parsed, &read.faults);
        assert!(shown.contains(r#""line":5,"severity":"host""#), "{shown}");
        assert!(shown.contains(r#""host":"home""#) && !shown.contains("secret\""), "{shown}");
    }

    #[test]
    fn lines_become_objects() {
        let shown = lines("home\tipv4\tupdated\t81.2.69.10\tIP \"changed\"\n");
        let expected = r#"[{"host":"home","family":"ipv4","result":"updated","address":"81.2.69.10","text":"IP \"changed\""}]"#;
        assert_eq!(shown, expected);
        assert_eq!(lines(""), "[]");
    }
}
