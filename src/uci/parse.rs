//! The commands of a text, one after the other -> sections and faults.

use std::borrow::Cow;

use super::words::{Cursor, Word};
use super::{
    Entry, MAX_FAULTS, MAX_OPTIONS, MAX_SECTIONS, MAX_TEXT, Parsed, Section, SyntaxFault, Value,
};

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
pub(super) const TOO_MANY: &str = "too many words, put a value with blanks in quotes";

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
