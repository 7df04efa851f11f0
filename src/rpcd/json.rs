//! JSON as rpcd hands it over: one flat object of texts, flags and lists of texts.
//!
//! serde-json-core reads into types that are known before; here an unknown name, or a number where
//! a text belongs, has to be said by its name.

use crate::json::quoted;

/// Most members of an object, and most items of a list.
const MAX_MEMBERS: usize = 32;

/// A member's value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Value {
    /// A string.
    Text(String),
    /// true or false.
    Flag(bool),
    /// An array of strings.
    Texts(Vec<String>),
    /// null, or a number: no argument takes one.
    Other,
}

/// Reads an object; an error says what is not as it is read here.
pub(super) fn object(text: &[u8]) -> Result<Vec<(String, Value)>, &'static str> {
    let text = core::str::from_utf8(text).map_err(|_| "the arguments are not UTF-8")?;
    let mut reader = Reader { rest: text };
    let mut members = Vec::new();
    reader.expect('{')?;
    if !reader.takes('}') {
        loop {
            let name = reader.string()?;
            reader.expect(':')?;
            let value = reader.value()?;
            if members.len() >= MAX_MEMBERS {
                return Err("there are more than 32 arguments");
            }
            members.push((name, value));
            if !reader.takes(',') {
                break;
            }
        }
        reader.expect('}')?;
    }
    if reader.rest.trim_start().is_empty() { Ok(members) } else { Err(MALFORMED) }
}

const MALFORMED: &str = "the arguments are not one JSON object of texts, flags and lists of texts";

struct Reader<'a> {
    rest: &'a str,
}

impl Reader<'_> {
    fn takes(&mut self, wanted: char) -> bool {
        let rest = self.rest.trim_start_matches([' ', '\t', '\n', '\r']);
        let behind = rest.strip_prefix(wanted);
        self.rest = behind.unwrap_or(rest);
        behind.is_some()
    }

    fn expect(&mut self, wanted: char) -> Result<(), &'static str> {
        if self.takes(wanted) { Ok(()) } else { Err(MALFORMED) }
    }

    fn value(&mut self) -> Result<Value, &'static str> {
        if self.takes('[') {
            return self.list();
        }
        if self.rest.starts_with('"') {
            return self.string().map(Value::Text);
        }
        let end = self.rest.find([',', '}', ']', ' ', '\t', '\n', '\r']);
        let (word, rest) = self.rest.split_at(end.unwrap_or(self.rest.len()));
        self.rest = rest;
        match word {
            "true" => Ok(Value::Flag(true)),
            "false" => Ok(Value::Flag(false)),
            "null" => Ok(Value::Other),
            // Reading it as a number would bring tables of 20 KB, only to refuse it.
            _ if is_number(word) => Ok(Value::Other),
            _ => Err(MALFORMED),
        }
    }

    fn list(&mut self) -> Result<Value, &'static str> {
        let mut items = Vec::new();
        if self.takes(']') {
            return Ok(Value::Texts(items));
        }
        loop {
            if items.len() >= MAX_MEMBERS {
                return Err("a list has more than 32 items");
            }
            items.push(self.string()?);
            if !self.takes(',') {
                break;
            }
        }
        self.expect(']').map(|()| Value::Texts(items))
    }

    fn string(&mut self) -> Result<String, &'static str> {
        self.expect('"')?;
        let mut text = String::new();
        loop {
            match self.next()? {
                '"' => return Ok(text),
                '\\' => text.push(self.escaped()?),
                c if c < ' ' => return Err(MALFORMED),
                c => text.push(c),
            }
        }
    }

    fn next(&mut self) -> Result<char, &'static str> {
        let mut characters = self.rest.chars();
        let next = characters.next().ok_or(MALFORMED)?;
        self.rest = characters.as_str();
        Ok(next)
    }

    fn escaped(&mut self) -> Result<char, &'static str> {
        Ok(match self.next()? {
            'b' => '\u{8}',
            'f' => '\u{c}',
            'n' => '\n',
            'r' => '\r',
            't' => '\t',
            'u' => return self.unicode(),
            c @ ('"' | '\\' | '/') => c,
            _ => return Err(MALFORMED),
        })
    }

    /// One UTF-16 unit, or two for what lies beyond them.
    fn unicode(&mut self) -> Result<char, &'static str> {
        let first = self.unit()?;
        let mut units = vec![first];
        if (0xd800..0xdc00).contains(&first) {
            let follows = self.rest.strip_prefix("\\u").ok_or(MALFORMED)?;
            self.rest = follows;
            units.push(self.unit()?);
        }
        char::decode_utf16(units).next().and_then(Result::ok).ok_or(MALFORMED)
    }

    fn unit(&mut self) -> Result<u16, &'static str> {
        let digits = self.rest.get(..4).ok_or(MALFORMED)?;
        if !digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return Err(MALFORMED);
        }
        self.rest = self.rest.get(4..).unwrap_or_default();
        u16::from_str_radix(digits, 16).map_err(|_| MALFORMED)
    }
}

fn is_number(word: &str) -> bool {
    let is_part =
        |byte: u8| byte.is_ascii_digit() || matches!(byte, b'-' | b'+' | b'.' | b'e' | b'E');
    word.bytes().next().is_some_and(|byte| byte.is_ascii_digit() || byte == b'-')
        && word.bytes().all(is_part)
}

/// An object that is being written.
#[derive(Debug, Default)]
pub(crate) struct Object(String);

impl Object {
    /// A member whose value is JSON already.
    pub(crate) fn raw(mut self, name: &str, json: &str) -> Self {
        self.0.push(if self.0.is_empty() { '{' } else { ',' });
        self.0 += &quoted(name);
        self.0.push(':');
        self.0 += json;
        self
    }

    /// A member that is a string.
    pub(crate) fn text(self, name: &str, value: &str) -> Self {
        self.raw(name, &quoted(value))
    }

    /// A member that is a number.
    pub(crate) fn number(self, name: &str, value: u64) -> Self {
        self.raw(name, &value.to_string())
    }

    /// A member that is true or false.
    pub(crate) fn flag(self, name: &str, value: bool) -> Self {
        self.raw(name, if value { "true" } else { "false" })
    }

    /// The object as JSON.
    pub(crate) fn finish(self) -> String {
        if self.0.is_empty() { "{}".into() } else { self.0 + "}" }
    }
}

/// An array of what is JSON already.
pub(crate) fn list(items: &[String]) -> String {
    format!("[{}]", items.join(","))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_flags_and_lists_of_texts_are_read() {
        let text = r#" {"a" : "x\"\\\/\n\u00e9\ud83d\ude00é", "b":true,"c":false, "d":[ "1", "" ],
            "e":[], "f":null, "g":-1.5e3}"#;
        let texts = |items: &[&str]| Value::Texts(items.iter().map(|&i| i.to_owned()).collect());
        let expected = [
            ("a", Value::Text("x\"\\/\né😀é".into())),
            ("b", Value::Flag(true)),
            ("c", Value::Flag(false)),
            ("d", texts(&["1", ""])),
            ("e", texts(&[])),
            ("f", Value::Other),
            ("g", Value::Other),
        ];
        let expected = expected.map(|(name, value)| (name.to_owned(), value));
        assert_eq!(object(text.as_bytes()), Ok(expected.to_vec()));
        assert_eq!(object(b"{}"), Ok(vec![]));
    }

    #[test]
    fn anything_else_is_refused() {
        let many = format!("{{{}}}", vec!["\"a\":true"; MAX_MEMBERS + 1].join(","));
        let long = format!("{{\"a\":[{}]}}", vec!["\"b\""; MAX_MEMBERS + 1].join(","));
        let rows = [
            "",
            "[]",
            "{",
            "{\"a\"}",
            "{\"a\":}",
            "{\"a\":1,}",
            "{\"a\":{}}",
            "{\"a\":[1]}",
            "{\"a\":[[]]}",
            "{} {}",
            "{\"a\":\"\n\"}",
            "{\"a\":\"\\x\"}",
            "{\"a\":\"\\ud800\"}",
            "{\"a\":\"\\udc00\"}",
            "{\"a\":\"\\u+123\"}",
            "{\"a\":\"\\u00é\"}",
            "{'a':1}",
            "{\"a\":nul}",
            "{\"a\":\"x}",
            &many,
            &long,
        ];
        for row in rows {
            assert!(object(row.as_bytes()).is_err(), "{row}");
        }
        assert!(object(b"{\"a\":\"\xff\"}").is_err());
        for length in 0..many.len() {
            let _ = object(&many.as_bytes()[..length]);
        }
    }

    #[test]
    fn what_is_written_is_ascii_and_reads_back() {
        for text in ["", "a\"b\\c/", "\u{1b}[2J\n\r\t\0\u{7f}", "é\u{202e}\u{2028}😀", "</script>"]
        {
            let json = Object::default().text("a", text).finish();
            assert!(json.bytes().all(|byte| matches!(byte, b' '..=b'~')), "{json}");
            let read = object(json.as_bytes());
            assert_eq!(read, Ok(vec![("a".into(), Value::Text(text.into()))]), "{json}");
        }
        let json = Object::default().number("n", 7).flag("f", false).raw("l", &list(&[]));
        assert_eq!(json.finish(), r#"{"n":7,"f":false,"l":[]}"#);
        assert_eq!(Object::default().finish(), "{}");
    }
}
