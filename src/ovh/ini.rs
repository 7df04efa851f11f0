//! `ovh.conf` as the vendor's Python SDK reads it: `configparser.RawConfigParser`, no more.
//!
//! Sections are told apart by case, options are not; `=` or `:` parts name and value, the first
//! of them counts; `#` and `;` begin comments at the start of a line only. A line that is indented
//! deeper than its option continues the value there; here it is a fault, as no key has two lines.

use std::ops::Range;

/// Longest file, in bytes.
pub const MAX_TEXT: usize = 16 * 1024;

/// Sections in the order of the file, options with names in lower case.
#[derive(Debug, Default)]
pub(super) struct Ini<'a> {
    entries: Vec<Entry<'a>>,
}

#[derive(Debug)]
struct Entry<'a> {
    section: &'a str,
    name: String,
    value: &'a str,
}

impl<'a> Ini<'a> {
    /// Reads a whole file; the error is the line, from 1, and a sentence without text of the file.
    pub(super) fn parse(text: &'a str) -> Result<Self, (usize, &'static str)> {
        if text.len() > MAX_TEXT {
            return Err((0, "the file has more than 16384 bytes, keep the keys alone in it"));
        }
        let mut ini = Self::default();
        let mut section = None;
        for (index, line) in text.lines().enumerate() {
            let fault = |text| (index + 1, text);
            let trimmed = line.trim();
            if trimmed.is_empty() || trimmed.starts_with(['#', ';']) {
                continue;
            }
            if line.starts_with([' ', '\t']) {
                return Err(fault("a line is not indented, take the blanks before it away"));
            }
            if let Some(rest) = trimmed.strip_prefix('[') {
                let name = rest.split_once(']').map(|(name, _)| name);
                section = Some(name.ok_or(fault("a section reads [name], close the bracket"))?);
                continue;
            }
            let section = section.ok_or(fault("an option needs a [section] above it"))?;
            let (name, value) = trimmed.split_once(['=', ':']).ok_or(fault(OPTION))?;
            let (name, value) = (name.trim().to_ascii_lowercase(), unquoted(value.trim()));
            if ini.find(section, &name).is_some() {
                return Err(fault("this option is there twice, remove one"));
            }
            ini.entries.push(Entry { section, name, value });
        }
        Ok(ini)
    }

    /// An option of a section, or of `[DEFAULT]`, which stands for all; empty is not set.
    pub(super) fn value(&self, section: &str, name: &str) -> Option<&'a str> {
        let value = self.find(section, name).or_else(|| self.find("DEFAULT", name))?;
        (!value.is_empty()).then_some(value)
    }

    fn find(&self, section: &str, name: &str) -> Option<&'a str> {
        let found = self.entries.iter().find(|e| e.section == section && e.name == name)?;
        Some(found.value)
    }
}

const OPTION: &str = "an option reads name=value";

/// The text with one option of a section set, every other byte as it is.
///
/// An option that is there gets the new value in its line; else it goes behind the last option of
/// the section, else a section is added at the end.
///
/// # Errors
/// The line, from 1, and a sentence: a file with a fault is not edited, nor a value with blanks.
pub fn set(
    text: &str,
    section: &str,
    (name, value): (&str, &str),
) -> Result<String, (usize, &'static str)> {
    Ini::parse(text)?;
    let is_word = |word: &str| !word.is_empty() && word.bytes().all(|b| b.is_ascii_graphic());
    if !is_word(value) || !is_word(name) || !is_word(section) || section.contains(']') {
        return Err((0, "a value of ovh.conf is printable ASCII without blanks"));
    }
    let eol = if text.contains("\r\n") { "\r\n" } else { "\n" };
    let (range, new) = match place(text, section, name) {
        Place::Value(range) => (range, value.to_owned()),
        Place::Behind(at) => (at..at, format!("{eol}{name}={value}")),
        Place::None => {
            let gap = match text {
                "" => "",
                text if text.ends_with('\n') => eol,
                _ => return set(&format!("{text}{eol}"), section, (name, value)),
            };
            let new = format!("{gap}[{section}]{eol}{name}={value}{eol}");
            (text.len()..text.len(), new)
        }
    };
    let before = text.get(..range.start).unwrap_or_default();
    let after = text.get(range.end..).unwrap_or_default();
    Ok(format!("{before}{new}{after}"))
}

/// The text in which an option of a section, if it is there, has no value, which is as good as
/// its not being there.
///
/// # Errors
/// As [`set`].
pub fn unset(text: &str, section: &str, name: &str) -> Result<String, (usize, &'static str)> {
    if Ini::parse(text)?.find(section, name).is_none() {
        return Ok(text.to_owned());
    }
    Ok(match place(text, section, name) {
        Place::Value(range) => {
            let after = text.get(range.end..).unwrap_or_default();
            format!("{}{after}", text.get(..range.start).unwrap_or_default())
        }
        _ => text.to_owned(),
    })
}

/// Where an option belongs.
enum Place {
    /// These bytes are its value.
    Value(Range<usize>),
    /// Behind this byte, the end of the section's last line that says something.
    Behind(usize),
    /// There is no such section.
    None,
}

fn place(text: &str, section: &str, name: &str) -> Place {
    let (mut at, mut inside, mut place) = (0, false, Place::None);
    for line in text.split_inclusive('\n') {
        let trimmed = line.trim_end();
        let end = at + trimmed.len();
        if let Some(rest) = trimmed.strip_prefix('[') {
            inside = rest.split_once(']').is_some_and(|(found, _)| found == section);
        }
        if inside && !trimmed.is_empty() && !trimmed.starts_with(['#', ';']) {
            if let Some((found, value)) = trimmed.split_once(['=', ':'])
                && found.trim().eq_ignore_ascii_case(name)
            {
                let blanks = value.len() - value.trim_start().len();
                return Place::Value(end - value.len() + blanks..end);
            }
            place = Place::Behind(end);
        }
        at += line.len();
    }
    place
}

/// The vendor's Go SDK takes quotes away; no key has any.
fn unquoted(value: &str) -> &str {
    let inner = |quote| value.strip_prefix(quote)?.strip_suffix(quote);
    inner('"').or_else(|| inner('\'')).unwrap_or(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_read_as_configparser_reads_them() {
        let text = "; comment\r\n[default]\r\nendpoint = ovh-eu\r\n\n[ovh-eu]\n# comment\n\
            Application_Key: a=b\nconsumer_key=c ; d\nclient_id=\nquoted=\"q\"\n\n[DEFAULT]\nx=y\n";
        let ini = Ini::parse(text).unwrap();
        let rows = [
            ("default", "endpoint", Some("ovh-eu")),
            ("ovh-eu", "application_key", Some("a=b")),
            ("ovh-eu", "consumer_key", Some("c ; d")),
            ("ovh-eu", "client_id", None),
            ("ovh-eu", "quoted", Some("q")),
            ("ovh-eu", "x", Some("y")),
            ("OVH-EU", "application_key", None),
            ("ovh-ca", "application_key", None),
        ];
        for (section, name, value) in rows {
            assert_eq!(ini.value(section, name), value, "{section} {name}");
        }
    }

    #[test]
    fn one_option_is_set_and_all_else_stays() {
        let key = ("consumer_key", "new");
        let rows = [
            ("", "[ovh-eu]\nconsumer_key=new\n"),
            (
                "[default]\nendpoint=ovh-eu",
                "[default]\nendpoint=ovh-eu\n\n[ovh-eu]\nconsumer_key=new\n",
            ),
            (
                "# mine\n[ovh-eu]\nApplication_Key = a\n\n; more\n[ovh-ca]\nconsumer_key=x\n",
                "# mine\n[ovh-eu]\nApplication_Key = a\nconsumer_key=new\n\n; more\n[ovh-ca]\nconsumer_key=x\n",
            ),
            (
                "[ovh-eu]\r\nConsumer_Key : old \r\nclient_id=\r\n",
                "[ovh-eu]\r\nConsumer_Key : new \r\nclient_id=\r\n",
            ),
            ("[ovh-eu]\nconsumer_key=", "[ovh-eu]\nconsumer_key=new"),
            ("[ovh-eu] # c\r\n", "[ovh-eu] # c\r\nconsumer_key=new\r\n"),
        ];
        for (text, expected) in rows {
            let after = set(text, "ovh-eu", key);
            assert_eq!(after.as_deref(), Ok(expected), "{text:?}");
            assert_eq!(set(expected, "ovh-eu", key).as_deref(), Ok(expected), "twice");
            let ini = Ini::parse(expected).unwrap();
            assert_eq!(ini.value("ovh-eu", "consumer_key"), Some("new"));
        }
        assert!(set("", "ovh-eu", ("consumer_key", "a\n[x]")).is_err());
        assert_eq!(set("[a\n", "ovh-eu", key).unwrap_err().0, 1);
    }

    #[test]
    fn what_is_no_ini_is_named_with_its_line_and_not_repeated() {
        let rows = [
            ("s3cret=x\n", 1, "needs a [section]"),
            ("[a]\n\ns3cret\n", 3, "name=value"),
            ("[a]\nb=c\n s3cret\n", 3, "not indented"),
            ("[s3cret\n", 1, "bracket"),
            ("[a]\nb=s3cret\nB=s3cret\n", 3, "twice"),
        ];
        for (text, line, expected) in rows {
            let (found, sentence) = Ini::parse(text).unwrap_err();
            assert_eq!(found, line, "{text}");
            assert!(sentence.contains(expected) && !sentence.contains("s3cret"), "{sentence}");
        }
        assert_eq!(Ini::parse(&"#\n".repeat(MAX_TEXT)).unwrap_err().0, 0);
    }
}
