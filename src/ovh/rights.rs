//! The rights that `dynhost ovh authorize` asks for, one by one and no more.

use super::call::Method;

/// One method on one path, in which `*` stands for any text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Right {
    /// The verb.
    pub method: Method,
    /// The path pattern.
    pub path: String,
}

/// What the commands need for `zone`; `replace` adds the right to delete plain records.
///
/// `/domain/zone/*` would not do: it does not cover the list of zones, and covers far too much.
#[must_use]
pub fn rights(zone: &str, replace: bool) -> Vec<Right> {
    use Method::{Delete, Get, Post, Put};
    let of_zone = |rest: &str| format!("/domain/zone/{zone}{rest}");
    let mut rights: Vec<(Method, String)> = vec![
        (Get, String::from("/domain/zone")),
        (Get, of_zone("")),
        (Get, of_zone("/record*")),
        (Get, of_zone("/dynHost/*")),
        (Post, of_zone("/dynHost/*")),
        (Put, of_zone("/dynHost/*")),
        (Delete, of_zone("/dynHost/*")),
        (Post, of_zone("/refresh")),
    ];
    if replace {
        rights.push((Delete, of_zone("/record/*")));
    }
    rights.into_iter().map(|(method, path)| Right { method, path }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_right_is_spelled_out_and_deleting_plain_records_is_extra() {
        let shown = |replace| -> Vec<String> {
            let rights = rights("example.com", replace);
            rights.iter().map(|r| format!("{} {}", r.method.as_str(), r.path)).collect()
        };
        let least = [
            "GET /domain/zone",
            "GET /domain/zone/example.com",
            "GET /domain/zone/example.com/record*",
            "GET /domain/zone/example.com/dynHost/*",
            "POST /domain/zone/example.com/dynHost/*",
            "PUT /domain/zone/example.com/dynHost/*",
            "DELETE /domain/zone/example.com/dynHost/*",
            "POST /domain/zone/example.com/refresh",
        ];
        assert_eq!(shown(false), least);
        assert_eq!(shown(true)[..least.len()], least);
        assert_eq!(shown(true)[least.len()..], ["DELETE /domain/zone/example.com/record/*"]);
    }
}
