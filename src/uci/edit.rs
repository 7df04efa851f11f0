//! Writes options of one section in place: every other byte of the text stays as it is.
//!
//! ```text
//! text -> scan: commands with spans -> patches -> new text -> read again and compared
//! ```
//!
//! The last step makes it safe: a text that does not read as wanted is never handed out. In
//! scope: what [`super::parse`] reads without a fault. Out of scope: anonymous sections.

mod check;
mod patch;
mod remove;
mod scan;

use std::fmt;

use patch::Patches;
pub use remove::remove;
use scan::{Command, Verb, scan};

use super::parse;

/// `config KIND 'NAME'`.
#[derive(Clone, Copy, Debug)]
pub struct Target<'a> {
    /// The section's type, printable ASCII.
    pub kind: &'a str,
    /// Its name, `[A-Za-z0-9_]+`.
    pub name: &'a str,
}

/// What an option is to be afterwards.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wanted<'a> {
    /// Not set; so is an empty value.
    Absent,
    /// One `option` line.
    Value(&'a str),
    /// A `list` line for each item; without items it is not set.
    List(&'a [&'a str]),
}

/// Why a text was left as it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// The text has this fault already; the line from 1, or 0 for the whole text.
    Faulty(u32, String),
    /// A zero byte ends the text for every reader, and what follows would go unseen.
    ZeroByte,
    /// Type, name or option are none that UCI can hold.
    BadName,
    /// A section of another type has this name, on that line.
    Taken(u32),
    /// The new text would not read as wanted; the sentence says why.
    Unfit(String),
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Faulty(0, text) => write!(f, "{text}; mend this first"),
            Self::Faulty(line, text) => write!(f, "line {line}: {text}; mend this first"),
            Self::ZeroByte => f.write_str("it holds a zero byte, save it as plain text first"),
            Self::BadName => f.write_str("a section or option takes letters, digits and _ only"),
            Self::Taken(line) => write!(
                f,
                "line {line}: a section of another type has this name, choose another name"
            ),
            Self::Unfit(why) => write!(f, "it cannot be edited in place ({why}), edit it by hand"),
        }
    }
}

/// The text with these options of that section set; without such a section, one more at the end.
///
/// What holds already is not touched, so the same call twice changes nothing the second time.
///
/// # Errors
/// A [`Refusal`], and then there is nothing to write.
pub fn set(
    text: &[u8],
    target: Target<'_>,
    options: &[(&str, Wanted<'_>)],
) -> Result<Vec<u8>, Refusal> {
    if text.contains(&0) {
        return Err(Refusal::ZeroByte);
    }
    let names = options.iter().map(|(name, _)| *name).chain([target.name]);
    if !names.into_iter().all(is_name) || !is_kind(target.kind) {
        return Err(Refusal::BadName);
    }
    let before = parse(text);
    if let Some(fault) = before.faults.first() {
        return Err(Refusal::Faulty(fault.line, fault.text.clone()));
    }
    let section =
        before.sections.iter().find(|section| section.name.as_deref() == Some(target.name));
    if let Some(section) = section.filter(|section| section.kind != target.kind) {
        return Err(Refusal::Taken(section.line));
    }
    let after = match section {
        None => patch::append(text, &new_section(target, options)),
        Some(section) => {
            let mut after = text.to_vec();
            for (name, wanted) in options {
                if !check::holds(section, name, *wanted) {
                    after = change(&after, target.name, (name, *wanted))?;
                }
            }
            after
        }
    };
    check::reads_as_wanted(&before, &after, target, options).map_err(Refusal::Unfit)?;
    Ok(after)
}

fn is_name(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
}

/// A type that needs no quotes; the reader takes more.
fn is_kind(kind: &str) -> bool {
    !kind.is_empty() && kind.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-'))
}

/// The commands of every part of the section, `config` lines included.
fn own_commands<'c>(commands: &'c [Command], name: &str) -> Vec<&'c Command> {
    let mut inside = false;
    let mut own = Vec::new();
    for command in commands {
        if command.verb == Verb::Config {
            inside = command.name == name;
        }
        if inside && command.verb != Verb::Package {
            own.push(command);
        }
    }
    own
}

/// One option: lines that can be kept get the new values, the rest goes, the missing are added.
fn change(
    text: &[u8],
    section: &str,
    (name, wanted): (&str, Wanted<'_>),
) -> Result<Vec<u8>, Refusal> {
    let commands = scan(text).map_err(|fault| Refusal::Faulty(fault.line, fault.text))?;
    let own = own_commands(&commands, section);
    let (verb, values) = lines_of(wanted);
    let found: Vec<&Command> = own
        .iter()
        .filter(|command| command.verb != Verb::Config && command.name == name)
        .copied()
        .collect();
    let kept = kept(&found, verb, values.len());
    let missing: Vec<String> =
        values.iter().skip(kept.len()).map(|value| line(verb, name, value)).collect();
    let mut patches = Patches::new(text);
    for (command, value) in kept.iter().zip(&values) {
        patches.replace_value(command, value);
    }
    let mut gone = found.iter().filter(|command| kept.iter().all(|k| k.start != command.start));
    let replaced = if kept.is_empty() && !missing.is_empty() { gone.next() } else { None };
    let anchor = kept.last().copied().or_else(|| end_of_first_part(&own));
    if let Some(first) = replaced {
        patches.replace(first, &missing);
    } else if let Some(anchor) = anchor {
        patches.insert_after(anchor, &missing);
    }
    gone.for_each(|command| patches.remove(command));
    Ok(patches.apply())
}

/// The commands that stay, at most `count`; of several `option`s the last is the one in force.
fn kept<'c>(found: &[&'c Command], verb: Verb, count: usize) -> Vec<&'c Command> {
    let mut kept: Vec<&Command> =
        found.iter().copied().filter(|command| command.verb == verb).collect();
    if verb == Verb::Option {
        kept.drain(..kept.len().saturating_sub(1));
    }
    kept.truncate(count);
    kept
}

/// The last command before the section is left for the first time.
fn end_of_first_part<'c>(own: &[&'c Command]) -> Option<&'c Command> {
    let later = own.iter().skip(1).position(|command| command.verb == Verb::Config);
    own.get(later.unwrap_or(own.len().saturating_sub(1))).copied()
}

/// The verb and the values that stand for it in the text; none if it is not to be set.
fn lines_of(wanted: Wanted<'_>) -> (Verb, Vec<&str>) {
    match wanted {
        Wanted::Absent | Wanted::Value("") => (Verb::Option, Vec::new()),
        Wanted::Value(value) => (Verb::Option, vec![value]),
        Wanted::List(items) => (Verb::List, items.to_vec()),
    }
}

/// A value as libuci writes it: a quote is closed, protected, and opened again.
fn quoted(value: &str) -> String {
    format!("'{}'", value.replace('\'', r"'\''"))
}

fn line(verb: Verb, name: &str, value: &str) -> String {
    let keyword = if verb == Verb::List { "list" } else { "option" };
    format!("{keyword} {name} {}", quoted(value))
}

fn new_section(target: Target<'_>, options: &[(&str, Wanted<'_>)]) -> Vec<String> {
    let mut lines = vec![format!("config {} {}", target.kind, quoted(target.name))];
    for (name, wanted) in options {
        let (verb, values) = lines_of(*wanted);
        lines.extend(values.iter().map(|value| format!("\t{}", line(verb, name, value))));
    }
    lines
}

#[cfg(test)]
mod tests;
