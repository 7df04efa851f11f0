//! One call of the API as it is sent.

use std::fmt::Write as _;

/// The four verbs of the API.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    /// Reads.
    Get,
    /// Creates or does.
    Post,
    /// Changes.
    Put,
    /// Removes.
    Delete,
}

impl Method {
    /// As it stands in the request and in what is signed.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Post => "POST",
            Self::Put => "PUT",
            Self::Delete => "DELETE",
        }
    }
}

/// What is asked of the API.
#[derive(Clone, PartialEq, Eq)]
pub struct Call {
    /// The verb.
    pub method: Method,
    /// Behind the endpoint's base, query included, percent-encoded.
    pub path: String,
    /// JSON, or empty for none.
    pub body: String,
    /// The body holds a password: neither it nor what the provider says about it is shown.
    pub is_secret: bool,
}

impl Call {
    /// A call without a body.
    #[must_use]
    pub fn new(method: Method, path: String) -> Self {
        Self { method, path, body: String::new(), is_secret: false }
    }

    /// The same with a JSON object of text values, in this order.
    #[must_use]
    pub fn with(mut self, values: &[(&str, &str)]) -> Self {
        let mut body = String::from("{");
        for (index, (name, value)) in values.iter().enumerate() {
            let separator = if index == 0 { "" } else { "," };
            let _ = write!(body, "{separator}{}:{}", quoted(name), quoted(value));
        }
        body.push('}');
        self.body = body;
        self
    }

    /// The same, marked as one whose body holds a password.
    #[must_use]
    pub fn secret(mut self) -> Self {
        self.is_secret = true;
        self
    }
}

/// `--dry-run` and `Debug` show a call like this, a secret body as `***`.
impl std::fmt::Display for Call {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {}", self.method.as_str(), self.path)?;
        match (self.body.is_empty(), self.is_secret) {
            (true, _) => Ok(()),
            (false, true) => f.write_str(" ***"),
            (false, false) => write!(f, " {}", self.body),
        }
    }
}

impl std::fmt::Debug for Call {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{self}")
    }
}

/// A text as JSON has it (RFC 8259, section 7), in UTF-8 as the vendor's SDKs send and sign it.
pub(super) fn quoted(text: &str) -> String {
    let mut json = String::from("\"");
    for c in text.chars() {
        match c {
            '"' | '\\' => json.extend(['\\', c]),
            c if c.is_control() => {
                let _ = write!(json, "\\u{:04x}", u32::from(c));
            }
            c => json.push(c),
        }
    }
    json.push('"');
    json
}

/// A text as part of a path or a query: everything but RFC 3986's unreserved is encoded.
pub(super) fn encoded(text: &str) -> String {
    let mut encoded = String::new();
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~') {
            encoded.push(char::from(byte));
        } else {
            let _ = write!(encoded, "%{byte:02X}");
        }
    }
    encoded
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bodies_are_json_and_parts_of_paths_are_encoded() {
        let call =
            Call::new(Method::Post, String::from("/x")).with(&[("a", "b\"\\\n"), ("c", "é")]);
        assert_eq!(call.body, "{\"a\":\"b\\\"\\\\\\u000a\",\"c\":\"é\"}");
        assert_eq!(encoded("a-b_c.d~*/?&é"), "a-b_c.d~%2A%2F%3F%26%C3%A9");
    }

    #[test]
    fn a_secret_body_is_not_shown() {
        let call = Call::new(Method::Post, String::from("/x")).with(&[("password", "s3cret")]);
        assert_eq!(call.clone().to_string(), "POST /x {\"password\":\"s3cret\"}");
        assert_eq!(call.clone().secret().to_string(), "POST /x ***");
        assert_eq!(format!("{:?}", call.secret()), "POST /x ***");
    }
}
