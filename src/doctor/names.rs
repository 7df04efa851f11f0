//! Hostname and login: whether they can belong together at OVHcloud.

use super::report::Finding;
use super::trouble::Trouble;

/// What is wrong with a login, `<zone>-<suffix>`, for a hostname, if anything is.
///
/// A zone may have hyphens itself, so it is looked for from the hostname: one of the names above
/// it, or itself, has to begin the login.
#[must_use]
pub fn login(hostname: &str, login: &str) -> Option<Finding> {
    let (hostname, login) = (hostname.to_ascii_lowercase(), login.to_ascii_lowercase());
    let Some(zone) = zones(&hostname).find(|zone| is_of(&login, zone)) else {
        let text = format!("login {login} begins with no zone that {hostname} lies in");
        return Some(Finding::trouble(Trouble::ForeignLogin, text));
    };
    let rest = hostname.strip_suffix(zone)?.strip_suffix('.')?;
    let is_doubled =
        rest == zone || rest.strip_suffix(zone).is_some_and(|rest| rest.ends_with('.'));
    is_doubled.then(|| {
        let text = format!("{hostname} has the zone {zone} twice");
        Finding::trouble(Trouble::Doubled, text)
    })
}

/// The names that may be the zone of this one: itself, and what is above it.
fn zones(hostname: &str) -> impl Iterator<Item = &str> {
    let above = hostname.match_indices('.').map(|(dot, _)| &hostname[dot + 1..]);
    // The shortest first: of a doubled name, the zone is what stands at its end.
    let mut zones: Vec<&str> = std::iter::once(hostname).chain(above).collect();
    zones.reverse();
    zones.into_iter().filter(|zone| zone.contains('.'))
}

fn is_of(login: &str, zone: &str) -> bool {
    login.strip_prefix(zone).is_some_and(|suffix| suffix.len() > 1 && suffix.starts_with('-'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_login_is_of_the_zone_that_the_hostname_lies_in() {
        let rows = [
            ("home.example.com", "example.com-home", None),
            ("home.example.com", "Example.COM-home", None),
            ("example.com", "example.com-apex", None),
            ("a.b.my-zone.co.uk", "my-zone.co.uk-a-b", None),
            ("*.example.com", "example.com-all", None),
            ("home.example.com", "example.org-home", Some(Trouble::ForeignLogin)),
            ("home.example.com", "example.com", Some(Trouble::ForeignLogin)),
            ("home.example.com", "example.com-", Some(Trouble::ForeignLogin)),
            ("home.example.com", "com-home", Some(Trouble::ForeignLogin)),
            ("home.example.com", "me@example.com", Some(Trouble::ForeignLogin)),
            ("home.myexample.com", "example.com-home", Some(Trouble::ForeignLogin)),
            ("home.example.com.example.com", "example.com-home", Some(Trouble::Doubled)),
            ("example.com.example.com", "example.com-home", Some(Trouble::Doubled)),
            ("home.notexample.com.example.com", "example.com-home", None),
        ];
        for (hostname, name, expected) in rows {
            let found = login(hostname, name);
            assert_eq!(
                found.as_ref().and_then(|found| found.trouble),
                expected,
                "{hostname} {name}"
            );
        }
    }
}
