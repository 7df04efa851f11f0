//! The two attributes of libubox: the blob (a number, a payload) and the field (a blob with a
//! name).
//!
//! ```text
//! blob   be32: 1 bit extended, 7 bits id, 24 bits length with this header; payload; zeros to 4
//! field  a blob with the extended bit: be16 length of the name, name, NUL, zeros to 4; value
//! ```
//!
//! The zeros after an attribute count in the length of the one around it, not in its own.

use std::ffi::CStr;

use super::Malformed;

/// Bytes before the payload of a blob.
pub(super) const HEADER: usize = 4;

const EXTENDED: u32 = 0x8000_0000;
const LENGTH: u32 = 0x00ff_ffff;
const NAME_LENGTH: usize = 2;

const ARRAY: u8 = 1;
const TABLE: u8 = 2;
const TEXT: u8 = 3;
const NUMBER: u8 = 5;
const FLAG: u8 = 7;

/// The length that the header of a blob announces: itself and the payload, without padding.
pub(super) fn announced(header: [u8; HEADER]) -> Result<usize, Malformed> {
    let length = usize::try_from(u32::from_be_bytes(header) & LENGTH);
    length.ok().filter(|&length| length >= HEADER).ok_or(Malformed::Length)
}

/// One attribute.
#[derive(Clone, Copy)]
pub(super) struct Blob<'a> {
    pub(super) id: u8,
    pub(super) payload: &'a [u8],
    extended: bool,
}

impl Blob<'_> {
    /// The payload as the four bytes of a number.
    pub(super) fn number(&self) -> Result<u32, Malformed> {
        self.payload.try_into().map(u32::from_be_bytes).map_err(|_| Malformed::Length)
    }

    /// The payload as a text that ends in NUL; `None` if it is not UTF-8.
    pub(super) fn text(&self) -> Result<Option<&str>, Malformed> {
        text(self.payload)
    }
}

/// The attributes that fill `rest` exactly; ends after the first that does not fit.
pub(super) struct Blobs<'a> {
    pub(super) rest: &'a [u8],
}

impl<'a> Blobs<'a> {
    fn split(&mut self) -> Result<Blob<'a>, Malformed> {
        let rest = std::mem::take(&mut self.rest);
        let (header, body) = rest.split_first_chunk().ok_or(Malformed::Length)?;
        let length = announced(*header)? - HEADER;
        let (payload, _) = body.split_at_checked(length).ok_or(Malformed::Length)?;
        self.rest = body.get(length.next_multiple_of(4)..).ok_or(Malformed::Length)?;
        let word = u32::from_be_bytes(*header);
        Ok(Blob { id: header[0] & 0x7f, payload, extended: word & EXTENDED != 0 })
    }
}

impl<'a> Iterator for Blobs<'a> {
    type Item = Result<Blob<'a>, Malformed>;

    fn next(&mut self) -> Option<Self::Item> {
        (!self.rest.is_empty()).then(|| self.split())
    }
}

/// A named value of a table; elements of an array have an empty name.
pub(super) struct Field<'a> {
    pub(super) name: &'a [u8],
    pub(super) value: Value<'a>,
}

/// What a field holds, as far as netifd's answer needs it told apart.
#[derive(Clone, Copy)]
pub(super) enum Value<'a> {
    /// An array or a table; not entered unless asked for, so bytes alone cannot make it recurse.
    Nested(&'a [u8]),
    Text(&'a str),
    Number(u32),
    Flag(bool),
    /// Numbers of other widths, text that is not UTF-8, types still unknown.
    Other,
}

/// The name of the field that these bytes begin with, also if the rest is still missing; empty if
/// its name is not whole.
pub(super) fn name_of(bytes: &[u8]) -> &[u8] {
    let payload = bytes.get(HEADER..).and_then(<[u8]>::split_first_chunk);
    let Some((length, name)) = payload else { return &[] };
    name.get(..usize::from(u16::from_be_bytes(*length))).unwrap_or_default()
}

/// The value of the first field of this name in a table.
pub(super) fn find<'a>(table: &'a [u8], name: &[u8]) -> Result<Option<Value<'a>>, Malformed> {
    for field in Fields::new(table) {
        let field = field?;
        if field.name == name {
            return Ok(Some(field.value));
        }
    }
    Ok(None)
}

/// The fields of an array, a table, or a whole answer.
pub(super) struct Fields<'a>(Blobs<'a>);

impl<'a> Fields<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Self(Blobs { rest: bytes })
    }
}

impl<'a> Iterator for Fields<'a> {
    type Item = Result<Field<'a>, Malformed>;

    fn next(&mut self) -> Option<Self::Item> {
        self.0.next().map(|blob| field(blob?))
    }
}

fn field(blob: Blob<'_>) -> Result<Field<'_>, Malformed> {
    let (name, value) = if blob.extended { named(blob.payload)? } else { (&[][..], blob.payload) };
    let value = match blob.id {
        ARRAY | TABLE => Value::Nested(value),
        TEXT => text(value)?.map_or(Value::Other, Value::Text),
        NUMBER => Value::Number(Blob { payload: value, ..blob }.number()?),
        FLAG => match value {
            [byte] => Value::Flag(*byte != 0),
            _ => return Err(Malformed::Length),
        },
        _ => Value::Other,
    };
    Ok(Field { name, value })
}

fn named(payload: &[u8]) -> Result<(&[u8], &[u8]), Malformed> {
    let (length, body) = payload.split_first_chunk().ok_or(Malformed::Length)?;
    let length = usize::from(u16::from_be_bytes(*length));
    let (name, end) = body.split_at_checked(length).ok_or(Malformed::Length)?;
    if end.first() != Some(&0) {
        return Err(Malformed::Unterminated);
    }
    let value = (NAME_LENGTH + length + 1).next_multiple_of(4);
    Ok((name, payload.get(value..).ok_or(Malformed::Length)?))
}

fn text(payload: &[u8]) -> Result<Option<&str>, Malformed> {
    if payload.last() != Some(&0) {
        return Err(Malformed::Unterminated);
    }
    let text = CStr::from_bytes_until_nul(payload).map_err(|_| Malformed::Unterminated)?;
    Ok(text.to_str().ok())
}

/// Appends a blob; a payload beyond 24 bits of length does not occur, questions are short.
pub(super) fn put(out: &mut Vec<u8>, id: u8, payload: &[u8]) {
    put_word(out, u32::from(id) << 24, payload);
}

/// Appends a field that holds a text.
pub(super) fn put_text(out: &mut Vec<u8>, name: &str, text: &str) {
    put_field(out, TEXT, name, &[text.as_bytes(), &[0]].concat());
}

/// Appends a field of this type and name.
pub(super) fn put_field(out: &mut Vec<u8>, kind: u8, name: &str, value: &[u8]) {
    let mut payload = u16::try_from(name.len()).unwrap_or(u16::MAX).to_be_bytes().to_vec();
    payload.extend_from_slice(name.as_bytes());
    payload.resize((payload.len() + 1).next_multiple_of(4), 0);
    payload.extend_from_slice(value);
    put_word(out, EXTENDED | u32::from(kind) << 24, &payload);
}

fn put_word(out: &mut Vec<u8>, head: u32, payload: &[u8]) {
    let length = u32::try_from(HEADER + payload.len()).unwrap_or(LENGTH) & LENGTH;
    out.extend_from_slice(&(head | length).to_be_bytes());
    out.extend_from_slice(payload);
    out.resize(out.len().next_multiple_of(4), 0);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hex(text: &str) -> Vec<u8> {
        let digits: Vec<u8> = text.bytes().filter(u8::is_ascii_hexdigit).collect();
        let byte = |pair: &[u8]| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16);
        digits.chunks(2).map(|pair| byte(pair).unwrap()).collect()
    }

    fn fault(bytes: &[u8]) -> Option<Malformed> {
        Fields::new(bytes).find_map(Result::err)
    }

    #[test]
    fn a_blob_counts_its_header_but_not_its_padding() {
        let rows: [(&[u8], &str); 4] = [
            (b"", "02000004"),
            (b"a", "02000005 61000000"),
            (b"abcd", "02000008 61626364"),
            (b"abcde", "02000009 61626364 65000000"),
        ];
        for (payload, expected) in rows {
            let mut out = Vec::new();
            put(&mut out, 2, payload);
            assert_eq!(out, hex(expected));
            let mut blobs = Blobs { rest: &out };
            let blob = blobs.next().unwrap().unwrap();
            assert_eq!((blob.id, blob.payload, blob.extended), (2, payload, false));
            assert!(blobs.next().is_none());
        }
    }

    #[test]
    fn a_name_is_padded_to_four_bytes_with_its_length_and_its_nul() {
        let rows = [
            ("m", "8300000a 0001 6d 00 3100 0000"),
            ("me", "8300000e 0002 6d65 00 000000 3100 0000"),
            ("interface", "83000012 0009 696e74657266616365 00 3100 0000"),
        ];
        for (name, expected) in rows {
            let mut out = Vec::new();
            put_text(&mut out, name, "1");
            assert_eq!(out, hex(expected));
            let field = Fields::new(&out).next().unwrap().unwrap();
            assert_eq!(field.name, name.as_bytes());
            assert!(matches!(field.value, Value::Text("1")));
        }
    }

    #[test]
    fn each_type_is_read_with_its_own_width() {
        let number = hex("8500000c 0001 6d 00 00000040");
        assert!(matches!(find(&number, b"m"), Ok(Some(Value::Number(64)))));
        let flag = hex("87000009 0001 6d 00 01000000");
        assert!(matches!(find(&flag, b"m"), Ok(Some(Value::Flag(true)))));
        let wide = hex("84000010 0001 6d 00 0000000000000040");
        assert!(matches!(find(&wide, b"m"), Ok(Some(Value::Other))));
        let latin = hex("8300000a 0001 6d 00 ff00 0000");
        assert!(matches!(find(&latin, b"m"), Ok(Some(Value::Other))));
        let element = hex("03000006 6100 0000");
        assert!(matches!(find(&element, b""), Ok(Some(Value::Text("a")))));
        assert!(matches!(find(&number, b"n"), Ok(None)));
    }

    #[test]
    fn a_text_ends_at_its_first_nul() {
        let text = hex("8300000e 0001 6d 00 6100 6200 6300 0000");
        assert!(matches!(find(&text, b"m"), Ok(Some(Value::Text("a")))));
    }

    #[test]
    fn lengths_that_cannot_be_right_are_faults() {
        let rows = [
            ("half a header", "0200", Malformed::Length),
            ("shorter than its header", "02000003", Malformed::Length),
            ("longer than its place", "02000009 61626364", Malformed::Length),
            ("without its padding", "02000005 61", Malformed::Length),
            ("a number of two bytes", "8500000a 0001 6d 00 0040 0000", Malformed::Length),
            ("a flag of no byte", "87000008 0001 6d 00", Malformed::Length),
            ("a name without a length", "87000005 00 000000", Malformed::Length),
            ("a name longer than its place", "87000009 0009 6d 00 01 000000", Malformed::Length),
            ("a name at the end of its place", "87000007 0001 6d 00", Malformed::Unterminated),
            ("a name without its nul", "87000009 0001 6d 6d 01 000000", Malformed::Unterminated),
            ("a text without its nul", "83000009 0001 6d 00 61 000000", Malformed::Unterminated),
            ("a text of no byte", "83000008 0001 6d 00", Malformed::Unterminated),
        ];
        for (what, bytes, expected) in rows {
            assert_eq!(fault(&hex(bytes)), Some(expected), "{what}");
        }
    }

    #[test]
    fn nothing_follows_a_fault() {
        let bytes = hex("02000003 02000004 02000004");
        assert_eq!(Blobs { rest: &bytes }.count(), 1);
    }
}
