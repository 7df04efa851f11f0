//! UCI text -> sections with line numbers, as strictly as libuci reads it.
//!
//! In scope: one file as `/etc/config` has it, every syntax fault in one go. Out of scope: what
//! the options mean ([`crate::config`]), `uci` deltas, several packages in one file, `;`.
//! [`edit`] writes options of one section back in place.
//! No fault repeats text of the file: it could be a password that lost a quote.

pub mod edit;
mod parse;
mod words;

use std::borrow::Cow;

pub use parse::parse;

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

#[cfg(test)]
mod tests;
