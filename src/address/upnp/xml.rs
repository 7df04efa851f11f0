//! A scan over the XML of small devices: elements, their nesting, their text.
//!
//! Out of scope: attributes, which are passed over, namespaces, whose prefixes are cut off as
//! every box has its own, and document types, which are refused as they can make much of little.

/// No description that was seen nests deeper than ten.
const DEPTH_MAX: usize = 32;
/// Longer names and texts are none of those that are looked for.
const TEXT_MAX: usize = 1024;

/// What is not proper XML, or goes beyond a limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Malformed;

/// Hands each element without children to `leaf`: the names from the root to it, and its text.
/// `closed` hears of every other element that ends.
pub(super) fn scan<'x>(
    text: &'x str,
    leaf: &mut dyn FnMut(&[&'x str], &str),
    closed: &mut dyn FnMut(&[&'x str]),
) -> Result<(), Malformed> {
    let mut scanner = Scanner {
        rest: text.trim_start_matches('\u{feff}'),
        path: Vec::new(),
        ..Scanner::default()
    };
    let mut content = String::new();
    let mut is_leaf = false;
    while let Some(piece) = scanner.next()? {
        match piece {
            Piece::Text(raw) if is_leaf => decode(raw, &mut content)?,
            Piece::Literal(raw) if is_leaf => push(raw, &mut content),
            Piece::Text(_) | Piece::Literal(_) => {}
            Piece::Open => {
                content.clear();
                is_leaf = true;
            }
            Piece::Close => {
                if is_leaf {
                    leaf(&scanner.path, content.trim());
                } else {
                    closed(&scanner.path);
                }
                scanner.path.pop();
                is_leaf = false;
            }
        }
    }
    if scanner.has_root && scanner.path.is_empty() { Ok(()) } else { Err(Malformed) }
}

enum Piece<'x> {
    /// Its name is the last of the path.
    Open,
    /// Likewise; it leaves the path after it.
    Close,
    Text(&'x str),
    /// CDATA.
    Literal(&'x str),
}

#[derive(Default)]
struct Scanner<'x> {
    rest: &'x str,
    path: Vec<&'x str>,
    has_root: bool,
    /// The element that was just opened has no content (`<a/>`).
    is_closing: bool,
}

impl<'x> Scanner<'x> {
    /// The next piece that matters.
    fn next(&mut self) -> Result<Option<Piece<'x>>, Malformed> {
        if std::mem::take(&mut self.is_closing) {
            return Ok(Some(Piece::Close));
        }
        loop {
            if self.rest.is_empty() {
                return Ok(None);
            }
            let Some(tag) = self.rest.strip_prefix('<') else { return self.text().map(Some) };
            if tag.starts_with('?') {
                self.rest = after(tag, "?>")?.1;
            } else if let Some(comment) = tag.strip_prefix("!--") {
                self.rest = after(comment, "-->")?.1;
            } else if let Some(literal) = tag.strip_prefix("![CDATA[") {
                let (literal, rest) = after(literal, "]]>")?;
                self.rest = rest;
                return Ok(Some(Piece::Literal(literal)));
            } else if tag.starts_with('!') {
                return Err(Malformed);
            } else if let Some(tag) = tag.strip_prefix('/') {
                return self.close(tag).map(Some);
            } else {
                return self.open(tag).map(Some);
            }
        }
    }

    fn text(&mut self) -> Result<Piece<'x>, Malformed> {
        let end = self.rest.find('<').unwrap_or(self.rest.len());
        let (text, rest) = self.rest.split_at(end);
        self.rest = rest;
        // Some boxes end their text with a zero.
        let is_blank = |text: &str| text.trim_matches(['\0', ' ', '\r', '\n', '\t']).is_empty();
        if self.path.is_empty() && !is_blank(text) { Err(Malformed) } else { Ok(Piece::Text(text)) }
    }

    fn open(&mut self, tag: &'x str) -> Result<Piece<'x>, Malformed> {
        let (inside, rest) = tag.split_at_checked(end_of_tag(tag)?).ok_or(Malformed)?;
        self.rest = rest.get(1..).unwrap_or_default();
        self.is_closing = inside.ends_with('/');
        let inside = inside.strip_suffix('/').unwrap_or(inside);
        let is_second_root = self.path.is_empty() && std::mem::replace(&mut self.has_root, true);
        if self.path.len() == DEPTH_MAX || is_second_root {
            return Err(Malformed);
        }
        let name = inside.split(|c: char| c.is_ascii_whitespace()).next().unwrap_or_default();
        self.path.push(local(name)?);
        Ok(Piece::Open)
    }

    fn close(&mut self, tag: &'x str) -> Result<Piece<'x>, Malformed> {
        let (name, rest) = after(tag, ">")?;
        self.rest = rest;
        let is_ours = self.path.last() == Some(&local(name.trim_end())?);
        if is_ours { Ok(Piece::Close) } else { Err(Malformed) }
    }
}

/// What stands before `end`, and what after it.
fn after<'x>(text: &'x str, end: &str) -> Result<(&'x str, &'x str), Malformed> {
    text.split_once(end).ok_or(Malformed)
}

/// Where a tag ends: a `>` may stand in the value of an attribute.
fn end_of_tag(tag: &str) -> Result<usize, Malformed> {
    let mut quote = None;
    for (place, byte) in tag.bytes().enumerate() {
        match (quote, byte) {
            (None, b'>') => return Ok(place),
            (None, b'<') => return Err(Malformed),
            (None, b'"' | b'\'') => quote = Some(byte),
            (Some(open), byte) if open == byte => quote = None,
            _ => {}
        }
    }
    Err(Malformed)
}

/// A name without its prefix.
fn local(name: &str) -> Result<&str, Malformed> {
    let local = name.rsplit(':').next().unwrap_or_default();
    let is_name = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-' | '.');
    if local.is_empty() || !local.chars().all(is_name) { Err(Malformed) } else { Ok(local) }
}

fn push(text: &str, content: &mut String) {
    // What is longer is nothing that is looked for: it is cut, and not held.
    let room = TEXT_MAX.saturating_sub(content.len());
    content.extend(text.chars().take(room));
}

/// Text with its references replaced; there are five names, and numbers.
fn decode(mut raw: &str, content: &mut String) -> Result<(), Malformed> {
    while let Some((text, rest)) = raw.split_once('&') {
        push(text, content);
        let (name, rest) = after(rest, ";")?;
        let character = match name {
            "amp" => '&',
            "lt" => '<',
            "gt" => '>',
            "quot" => '"',
            "apos" => '\'',
            name => {
                let digits = name.strip_prefix('#').ok_or(Malformed)?;
                let number = match digits.strip_prefix('x') {
                    Some(digits) => u32::from_str_radix(digits, 16),
                    None => digits.parse(),
                };
                number.ok().and_then(char::from_u32).ok_or(Malformed)?
            }
        };
        push(character.encode_utf8(&mut [0; 4]), content);
        raw = rest;
    }
    push(raw, content);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn leaves(text: &str) -> Result<Vec<String>, Malformed> {
        let mut found = Vec::new();
        let leaf =
            &mut |path: &[&str], text: &str| found.push(format!("{}={text}", path.join("/")));
        scan(text, leaf, &mut |_| {}).map(|()| found)
    }

    #[test]
    fn elements_are_found_whatever_their_prefix_and_the_form_of_their_text() {
        for (text, expected) in [
            ("<a/>", &["a="][..]),
            ("<?xml version=\"1.0\"?>\r\n<a><b>x</b><c /></a>\n", &["a/b=x", "a/c="]),
            ("<s:a xmlns:s='x>y'><s:b> x </s:b ></s:a>", &["a/b=x"]),
            ("<a><!-- <b> --><b><![CDATA[<&]]>x</b></a>", &["a/b=<&x"]),
            ("<a><b>&lt;&#65;&#x42;&amp;&quot;&apos;&gt;</b></a>\0", &["a/b=<AB&\"'>"]),
            ("\u{feff}<a><b>1</b>mixed<b>2</b></a>", &["a/b=1", "a/b=2"]),
        ] {
            assert_eq!(
                leaves(text).as_deref(),
                Ok(&expected.iter().map(|s| (*s).into()).collect::<Vec<String>>()[..]),
                "{text}"
            );
        }
    }

    #[test]
    fn what_is_not_whole_or_not_nested_or_too_clever_is_refused() {
        let deep = "<a>".repeat(40) + &"</a>".repeat(40);
        for text in [
            "",
            "text",
            "<a>",
            "</a>",
            "<a></b>",
            "<a><b></a></b>",
            "<a/><b/>",
            "<a/>text",
            "<a b='>",
            "<a <b>",
            "<>x</>",
            "<a>&nbsp;</a>",
            "<a>&amp</a>",
            "<a>&#xD800;</a>",
            "<!DOCTYPE a [<!ENTITY x \"y\">]><a>&x;</a>",
            "<a><![CDATA[x</a>",
            "<a><!-- </a>",
            "<?xml",
            &deep,
        ] {
            assert_eq!(leaves(text), Err(Malformed), "{text}");
        }
    }

    #[test]
    fn a_long_text_is_cut() {
        let text = format!("<a>{}</a>", "é&amp;".repeat(TEXT_MAX));
        assert!(leaves(&text).unwrap()[0].len() <= 2 * TEXT_MAX);
    }
}
