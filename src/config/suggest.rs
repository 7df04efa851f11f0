//! "Did you mean": the known name nearest to a mistyped one.

/// Longest name that is compared, in bytes: no option's name is half as long.
const MAX_NAME: usize = 32;

/// The known name that differs by at most two typing errors, and by at most half of its length.
pub(super) fn nearest<'n>(typed: &str, known: impl Iterator<Item = &'n str>) -> Option<&'n str> {
    if typed.len() > MAX_NAME {
        return None;
    }
    known
        .map(|name| (distance(typed.as_bytes(), name.as_bytes()), name))
        .filter(|(errors, name)| *errors <= 2 && errors * 2 <= name.len())
        .min_by_key(|(errors, _)| *errors)
        .map(|(_, name)| name)
}

/// Levenshtein distance, with case and the kind of dash not counted; one row is kept.
fn distance(typed: &[u8], name: &[u8]) -> usize {
    let mut row: Vec<usize> = (0..=name.len()).collect();
    for (i, a) in typed.iter().enumerate() {
        let mut diagonal = i;
        let mut left = i + 1;
        if let Some(first) = row.first_mut() {
            *first = left;
        }
        for (cell, b) in row.iter_mut().skip(1).zip(name) {
            let same = fold(*a) == fold(*b);
            let cost = (diagonal + usize::from(!same)).min(left + 1).min(*cell + 1);
            diagonal = std::mem::replace(cell, cost);
            left = cost;
        }
    }
    row.last().copied().unwrap_or_default()
}

fn fold(byte: u8) -> u8 {
    if byte == b'-' { b'_' } else { byte.to_ascii_lowercase() }
}

#[cfg(test)]
mod tests {
    use super::{distance, nearest};

    #[test]
    fn the_distance_counts_insertions_deletions_and_replacements() {
        let rows = [
            ("", "", 0),
            ("", "abc", 3),
            ("abc", "", 3),
            ("hostname", "hostname", 0),
            ("HostName", "hostname", 0),
            ("hostnme", "hostname", 1),
            ("hostnaame", "hostname", 1),
            ("hostnane", "hostname", 1),
            ("hostnmae", "hostname", 2),
            ("kitten", "sitting", 3),
        ];
        for (a, b, expected) in rows {
            assert_eq!(distance(a.as_bytes(), b.as_bytes()), expected, "{a} {b}");
        }
    }

    #[test]
    fn the_nearest_name_wins_and_a_far_one_is_not_named() {
        let known = ["bind", "device", "hostname", "password", "password_file"];
        let rows = [
            ("hostnme", Some("hostname")),
            ("pasword_file", Some("password_file")),
            ("passwrd", Some("password")),
            ("bnd", Some("bind")),
            ("band", Some("bind")),
            ("find", Some("bind")),
            ("bidn", Some("bind")),
            ("grinding", None),
            ("url", None),
            ("hostname_of_the_router_in_the_attic", None),
        ];
        for (typed, expected) in rows {
            assert_eq!(nearest(typed, known.into_iter()), expected, "{typed}");
        }
    }
}
