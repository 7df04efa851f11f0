//! Hostname and login: whether they can belong together at OVHcloud.

use super::report::Finding;
use super::trouble::Trouble;

/// What is wrong with a login, `<zone>-<suffix>`, for a hostname, if anything is.
///
/// A zone may have hyphens itself, so it is looked for from the hostname: one of the names above
/// it, or itself, has to begin the login. At another provider a login that begins with a domain
/// and a hyphen is at least odd.
#[must_use]
pub fn login(hostname: &str, login: &str, at_ovh: bool) -> Option<Finding> {
    let (hostname, login) = (hostname.to_ascii_lowercase(), login.to_ascii_lowercase());
    let zone = zones(&hostname).find_map(|zone| Some((zone, suffix_of(&login, zone)?)));
    let (trouble, text) = match zone {
        Some((zone, suffix)) if suffix.starts_with(zone) => {
            (Trouble::Doubled, format!("login {login} has the zone {zone} twice"))
        }
        None if at_ovh || is_like_one(&login) => {
            let trouble = if at_ovh { Trouble::ForeignLogin } else { Trouble::OddLogin };
            (trouble, format!("login {login} begins with no zone that {hostname} lies in"))
        }
        _ => return None,
    };
    Some(Finding::trouble(trouble, text))
}

/// What is wrong with a hostname in this zone, if anything is: the customer area adds the zone to
/// whatever is typed there.
#[must_use]
pub fn hostname(hostname: &str, zone: &str) -> Option<Finding> {
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

fn suffix_of<'l>(login: &'l str, zone: &str) -> Option<&'l str> {
    login.strip_prefix(zone)?.strip_prefix('-').filter(|suffix| !suffix.is_empty())
}

/// Whether a login looks like `<zone>-<suffix>`; an e-mail address does not.
fn is_like_one(login: &str) -> bool {
    let is_name = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '.');
    let Some((zone, suffix)) = login.rsplit_once('-') else { return false };
    zone.contains('.') && !suffix.is_empty() && login.chars().all(is_name)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn trouble(finding: Option<Finding>) -> Option<Trouble> {
        finding.and_then(|finding| finding.trouble)
    }

    #[test]
    fn a_login_is_of_the_zone_that_the_hostname_lies_in() {
        let foreign = (Some(Trouble::ForeignLogin), Some(Trouble::OddLogin));
        let rows = [
            ("home.example.com", "example.com-home", (None, None)),
            ("home.example.com", "Example.COM-home", (None, None)),
            ("example.com", "example.com-apex", (None, None)),
            ("a.b.my-zone.co.uk", "my-zone.co.uk-a-b", (None, None)),
            ("*.example.com", "example.com-all", (None, None)),
            ("home.example.com", "example.org-home", foreign),
            ("home.myexample.com", "example.com-home", foreign),
            ("home.example.com", "example.com", (foreign.0, None)),
            ("home.example.com", "example.com-", (foreign.0, None)),
            ("home.example.com", "com-home", (foreign.0, None)),
            ("home.example.com", "me@example-mail.com", (foreign.0, None)),
            (
                "home.example.com",
                "example.com-example.com-home",
                (Some(Trouble::Doubled), Some(Trouble::Doubled)),
            ),
        ];
        for (hostname, name, (at_ovh, elsewhere)) in rows {
            assert_eq!(trouble(login(hostname, name, true)), at_ovh, "{hostname} {name}");
            assert_eq!(trouble(login(hostname, name, false)), elsewhere, "{hostname} {name}");
        }
    }

    #[test]
    fn a_hostname_with_its_zone_twice_is_seen() {
        let rows = [
            ("home.example.com", "example.com", None),
            ("example.com", "example.com", None),
            ("home.notexample.com.example.com", "example.com", None),
            ("home.example.com.example.com", "example.com", Some(Trouble::Doubled)),
            ("example.com.example.com", "example.com", Some(Trouble::Doubled)),
        ];
        for (name, zone, expected) in rows {
            assert_eq!(trouble(hostname(name, zone)), expected, "{name} {zone}");
        }
    }
}
