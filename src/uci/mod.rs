//! UCI text -> sections with line numbers, as strictly as libuci reads it.
//!
//! In scope: one file as `/etc/config` has it, every syntax fault in one go. Out of scope: what
//! the options mean ([`crate::config`]), `uci` deltas, several packages in one file, `;`.
//! [`edit`] writes options of one section back in place.
//! No fault repeats text of the file: it could be a password that lost a quote.

pub mod edit;
mod words;

use std::borrow::Cow;

use words::{Cursor, Word};

/// Longest text, in bytes; a configuration for [`crate::config::MAX_HOSTS`] hosts takes a tenth.
pub const MAX_TEXT: usize = 64 * 1024;
/// Longest word, in bytes after quotes and escapes are resolved.
pub const MAX_WORD: usize = 2048;
/// Most sections in one file.
pub const MAX_SECTIONS: usize = 64;
/// Most options in one section, and most items in one list.
pub const MAX_OPTIONS: usize = 64;
/// After this many faults the rest of the text is not read.
pub const MAX_FAULTS: usize = 32;

/// What a text says, and what is wrong with it.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Parsed<'a> {
    /// In the order of the file; sections of one name are merged into the first.
    pub sections: Vec<Section<'a>>,
    /// In the order they were met; the commands they were met in are left out above.
    pub faults: Vec<SyntaxFault>,
    /// What is UCI but probably not meant.
    pub warnings: Vec<SyntaxFault>,
}

/// `config KIND 'NAME'` and what follows it.
#[derive(Debug, PartialEq, Eq)]
pub struct Section<'a> {
    /// The section's type, printable ASCII.
    pub kind: Cow<'a, str>,
    /// `[A-Za-z0-9_]+`; `None` for an anonymous section.
    pub name: Option<Cow<'a, str>>,
    /// The line of `config`, from 1.
    pub line: u32,
    /// In the order they were first set, each name once.
    pub options: Vec<Entry<'a>>,
}

impl Section<'_> {
    /// The option of that name, if it is set.
    #[must_use]
    pub fn option(&self, name: &str) -> Option<&Entry<'_>> {
        self.options.iter().find(|entry| entry.name == name)
    }
}

/// `option NAME VALUE`, or all `list NAME VALUE` of one name.
#[derive(Debug, PartialEq, Eq)]
pub struct Entry<'a> {
    /// `[A-Za-z0-9_]+`.
    pub name: Cow<'a, str>,
    /// The line that set it last, from 1; for a list, the line of its first item.
    pub line: u32,
    /// What it is set to.
    pub value: Value<'a>,
}

/// The value of an option.
#[derive(Debug, PartialEq, Eq)]
pub enum Value<'a> {
    /// Set by `option`, never empty.
    String(Cow<'a, str>),
    /// Set by `list`, item by item with its line; an item may be empty.
    List(Vec<(u32, Cow<'a, str>)>),
}

/// A place where the text is not UCI.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SyntaxFault {
    /// The line, from 1; 0 if it concerns the whole text.
    pub line: u32,
    /// What is wrong and what is allowed; lower case, no trailing dot.
    pub text: String,
}

impl SyntaxFault {
    fn new(line: u32, text: &str) -> Self {
        Self { line, text: text.to_owned() }
    }
}

/// Reads a whole text; after a fault it goes on with the next line.
#[must_use]
pub fn parse(text: &[u8]) -> Parsed<'_> {
    let mut parsed = Parsed::default();
    if text.len() > MAX_TEXT {
        let text = format!("the file has {} bytes, allowed are {MAX_TEXT}", text.len());
        parsed.faults.push(SyntaxFault { line: 0, text });
        return parsed;
    }
    let mut text = text.split(|byte| *byte == 0).next().unwrap_or_default();
    if let Some(rest) = text.strip_prefix(b"\xef\xbb\xbf") {
        text = rest;
        parsed.faults.push(SyntaxFault::new(1, BYTE_ORDER_MARK));
    }
    let mut cursor = Cursor::new(text);
    let mut place = Place::Before;
    while cursor.next_command() {
        cursor.cut = None;
        match command(&mut cursor, &mut place, &mut parsed.sections) {
            Ok(()) if parsed.warnings.len() < MAX_FAULTS => {
                let cut = cursor.cut.map(|line| SyntaxFault::new(line, CUT));
                parsed.warnings.extend(cut);
            }
            Ok(()) => {}
            Err(fault) => {
                parsed.faults.push(fault);
                cursor.skip_line();
            }
        }
        if parsed.faults.len() >= MAX_FAULTS {
            let sentence = "too many faults, the rest of the file is not read";
            parsed.faults.push(SyntaxFault::new(cursor.line, sentence));
            break;
        }
    }
    parsed
}

/// Which section an option belongs to.
#[derive(Clone, Copy)]
enum Place {
    /// None: no section has begun.
    Before,
    /// The section of that index.
    In(usize),
    /// One whose `config` line has a fault: its options are read, but belong nowhere.
    Lost,
}

const BYTE_ORDER_MARK: &str =
    "the file starts with a byte order mark, save it as UTF-8 without one";
const KEYWORDS: &str = "a line starts with config, option or list, or with # for a comment";
const TYPE: &str = "config takes a type and a name, like: config host 'home'";
const NAMES: &str = "a name takes letters, digits and _ only";
const CUT: &str = "the # directly behind a word begins a comment and cuts the word short: put the \
                   word in quotes, or a blank before the #";
const TOO_MANY: &str = "too many words, put a value with blanks in quotes";

fn command<'a>(
    cursor: &mut Cursor<'a>,
    place: &mut Place,
    sections: &mut Vec<Section<'a>>,
) -> Result<(), SyntaxFault> {
    let line = cursor.line;
    match cursor.keyword() {
        b"config" | b"c" => {
            *place = Place::Lost;
            *place = Place::In(config(cursor, sections)?);
            Ok(())
        }
        b"option" | b"o" => {
            let (name, value) = name_and_value(cursor)?;
            let Some(options) = options_at(*place, line, sections)? else { return Ok(()) };
            set(options, Entry { name, line, value: Value::String(value) })
        }
        b"list" | b"l" => {
            let (name, value) = name_and_value(cursor)?;
            let Some(options) = options_at(*place, line, sections)? else { return Ok(()) };
            add(options, Entry { name, line, value: Value::List(vec![(line, value)]) })
        }
        b"package" | b"p" => package(cursor),
        _ => Err(SyntaxFault::new(line, KEYWORDS)),
    }
}

/// `package NAME`: a file holds one package, so its name says nothing.
fn package(cursor: &mut Cursor<'_>) -> Result<(), SyntaxFault> {
    let line = cursor.line;
    let name = cursor.word()?.map(Word::text).transpose()?.unwrap_or_default();
    if name.is_empty() || !name.bytes().all(|b| b.is_ascii_alphanumeric() || b"_-".contains(&b)) {
        return Err(SyntaxFault::new(line, "package takes a name of letters, digits, _ and -"));
    }
    end(cursor)
}

/// `config TYPE [NAME]` -> the index of that section, new or met before.
fn config<'a>(
    cursor: &mut Cursor<'a>,
    sections: &mut Vec<Section<'a>>,
) -> Result<usize, SyntaxFault> {
    let line = cursor.line;
    let fault = |text| SyntaxFault::new(line, text);
    let kind = cursor.word()?.ok_or_else(|| fault(TYPE))?.text()?;
    let name = cursor.word()?.map(|word| word.name().ok_or_else(|| fault(NAMES))).transpose()?;
    end(cursor)?;
    if kind.is_empty() || !kind.bytes().all(|b| b.is_ascii_graphic()) {
        return Err(fault(TYPE));
    }
    let name = name.filter(|name| !name.is_empty());
    if name.is_some()
        && let Some(index) = sections.iter().position(|earlier| earlier.name == name)
        && let Some(earlier) = sections.get(index)
    {
        if earlier.kind == kind {
            return Ok(index);
        }
        let text = format!(
            "this name is taken by a section of another type on line {}, choose another name",
            earlier.line
        );
        return Err(SyntaxFault { line, text });
    }
    if sections.len() >= MAX_SECTIONS {
        let text = format!("more than {MAX_SECTIONS} sections");
        return Err(SyntaxFault { line, text });
    }
    sections.push(Section { kind, name, line, options: Vec::new() });
    Ok(sections.len() - 1)
}

/// `NAME [VALUE]` of `option` and `list`; a missing value is an empty one, as for libuci.
fn name_and_value<'a>(
    cursor: &mut Cursor<'a>,
) -> Result<(Cow<'a, str>, Cow<'a, str>), SyntaxFault> {
    let line = cursor.line;
    let name = cursor.word()?.and_then(Word::name).filter(|name| !name.is_empty());
    let value = cursor.word()?.map(Word::text).transpose()?.unwrap_or_default();
    end(cursor)?;
    let name = name.ok_or_else(|| SyntaxFault::new(line, NAMES))?;
    Ok((name, value))
}

/// Nothing follows; an empty word ends a command, too, as a joined empty line makes one.
fn end(cursor: &mut Cursor<'_>) -> Result<(), SyntaxFault> {
    let line = cursor.line;
    match cursor.word()? {
        Some(word) if !word.is_empty() => Err(SyntaxFault::new(line, TOO_MANY)),
        _ => Ok(()),
    }
}

fn options_at<'s, 'a>(
    place: Place,
    line: u32,
    sections: &'s mut [Section<'a>],
) -> Result<Option<&'s mut Vec<Entry<'a>>>, SyntaxFault> {
    match place {
        Place::Before => {
            let sentence = "there is no section yet, begin one with: config host 'home'";
            Err(SyntaxFault::new(line, sentence))
        }
        Place::In(index) => Ok(sections.get_mut(index).map(|section| &mut section.options)),
        Place::Lost => Ok(None),
    }
}

/// `option`: replaces what was set before, unless the value is empty: libuci skips such a line.
fn set<'a>(options: &mut Vec<Entry<'a>>, entry: Entry<'a>) -> Result<(), SyntaxFault> {
    if matches!(&entry.value, Value::String(value) if value.is_empty()) {
        return Ok(());
    }
    match options.iter_mut().find(|earlier| earlier.name == entry.name) {
        Some(earlier) => *earlier = entry,
        None => push(options, entry)?,
    }
    Ok(())
}

/// `list`: one more item; an `option` of that name becomes the first one.
fn add<'a>(options: &mut Vec<Entry<'a>>, entry: Entry<'a>) -> Result<(), SyntaxFault> {
    let Some(earlier) = options.iter_mut().find(|earlier| earlier.name == entry.name) else {
        return push(options, entry);
    };
    if let Value::String(first) = &mut earlier.value {
        earlier.value = Value::List(vec![(earlier.line, std::mem::take(first))]);
    }
    if let (Value::List(items), Value::List(more)) = (&mut earlier.value, entry.value) {
        if items.len() >= MAX_OPTIONS {
            let text = format!("more than {MAX_OPTIONS} items in one list");
            return Err(SyntaxFault { line: entry.line, text });
        }
        items.extend(more);
    }
    Ok(())
}

fn push<'a>(options: &mut Vec<Entry<'a>>, entry: Entry<'a>) -> Result<(), SyntaxFault> {
    if options.len() >= MAX_OPTIONS {
        let text = format!("more than {MAX_OPTIONS} options in one section");
        return Err(SyntaxFault { line: entry.line, text });
    }
    options.push(entry);
    Ok(())
}

#[cfg(test)]
mod tests;
