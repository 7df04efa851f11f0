//! Text -> its commands and the bytes they take.

use std::ops::Range;

use super::super::SyntaxFault;
use super::super::words::{Cursor, Word};

/// What a command does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verb {
    /// Begins a section.
    Config,
    /// Sets an option.
    Option,
    /// Adds to a list.
    List,
    /// Says nothing, as a file holds one package.
    Package,
}

/// One command of the text.
#[derive(Debug)]
pub(super) struct Command {
    /// Its keyword.
    pub(super) verb: Verb,
    /// The section's or the option's name, empty if there is none.
    pub(super) name: String,
    /// The byte of its keyword.
    pub(super) start: usize,
    /// The byte behind its last word.
    pub(super) end: usize,
    /// The bytes of its value; empty, and behind the name, if there is none.
    pub(super) value: Range<usize>,
    /// Where the next command begins, or the text ends.
    pub(super) next: usize,
}

/// Every command, in order; it has a fault only if [`super::super::parse`] finds one.
pub(super) fn scan(text: &[u8]) -> Result<Vec<Command>, SyntaxFault> {
    let mut cursor = Cursor::new(text);
    let mut commands: Vec<Command> = Vec::new();
    while cursor.next_command() {
        if let Some(previous) = commands.last_mut() {
            previous.next = cursor.at;
        }
        commands.push(command(&mut cursor)?);
    }
    if let Some(last) = commands.last_mut() {
        last.next = text.len();
    }
    Ok(commands)
}

fn command(cursor: &mut Cursor<'_>) -> Result<Command, SyntaxFault> {
    let start = cursor.at;
    let verb = match cursor.keyword() {
        b"config" | b"c" => Verb::Config,
        b"list" | b"l" => Verb::List,
        b"package" | b"p" => Verb::Package,
        _ => Verb::Option,
    };
    let mut command =
        Command { verb, name: String::new(), start, end: cursor.at, value: 0..0, next: 0 };
    let first = word(cursor, &mut command)?;
    // An empty word ends a command where no other may follow.
    let second = if verb == Verb::Package { None } else { word(cursor, &mut command)? };
    let last_end = command.end;
    let name = match verb {
        Verb::Config => second.map(|(word, _)| word),
        _ => {
            command.value = second.map_or(last_end..last_end, |(_, span)| span);
            first.map(|(word, _)| word)
        }
    };
    command.name = name.and_then(Word::name).unwrap_or_default().into_owned();
    word(cursor, &mut command)?;
    Ok(command)
}

fn word<'a>(
    cursor: &mut Cursor<'a>,
    command: &mut Command,
) -> Result<Option<(Word<'a>, Range<usize>)>, SyntaxFault> {
    let Some(word) = cursor.word()? else { return Ok(None) };
    command.end = cursor.at;
    let span = word.start..cursor.at;
    Ok(Some((word, span)))
}
