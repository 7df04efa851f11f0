//! `ovh.conf` as the vendor's Python SDK reads it: `configparser.RawConfigParser`, no more.
//!
//! Sections are told apart by case, options are not; `=` or `:` parts name and value, the first
//! of them counts; `#` and `;` begin comments at the start of a line only. A line that is indented
//! deeper than its option continues the value there; here it is a fault, as no key has two lines.

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
