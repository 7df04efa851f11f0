//! Where in the API things are.

use super::super::call::{Call, Method, encoded};

pub(super) fn get(path: String) -> Call {
    Call::new(Method::Get, path)
}

pub(super) fn path(zone: &str, rest: &str) -> String {
    format!("/domain/zone/{}{rest}", encoded(zone))
}

pub(super) fn login_path(zone: &str, login: &str) -> String {
    path(zone, &format!("/dynHost/login/{}", encoded(login)))
}

/// The filter for the apex would be an empty one, which filters nothing.
pub(super) fn filtered(list: &str, like: Option<&str>) -> String {
    let separator = if list.contains('?') { '&' } else { '?' };
    match like {
        Some(name) if !name.is_empty() => format!("{list}{separator}subDomain={}", encoded(name)),
        _ => list.to_owned(),
    }
}
