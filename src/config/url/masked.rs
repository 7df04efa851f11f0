//! What of a URL may be shown: tokens and passwords stand in paths and queries of some providers.

use std::ops::Range;

/// Parts of paths and values of queries that are the same for everybody, so no secrets.
const COMMON: [&str; 18] = [
    "api",
    "dns",
    "dyndns",
    "dyndns2",
    "dynamic",
    "ip",
    "ipv4",
    "ipv6",
    "json",
    "myip",
    "nic",
    "php",
    "plain",
    "raw",
    "system",
    "text",
    "update",
    "update.php",
];
const MASK: &str = "***";

/// The URL with `***` for each part of its path and each value of its query that is neither a
/// placeholder nor known to be harmless; names of values stay.
pub(crate) fn masked(url: &str) -> String {
    let shown = |piece: Piece<'_>| match piece {
        Piece::Shown(text) => text.to_owned(),
        Piece::Hidden(_) => MASK.to_owned(),
    };
    pieces(url).into_iter().map(shown).collect()
}

/// What stands behind the `***`.
pub(super) fn hidden(url: &str) -> Vec<&str> {
    let hidden = |piece| match piece {
        Piece::Shown(_) => None,
        Piece::Hidden(text) => Some(text),
    };
    pieces(url).into_iter().filter_map(hidden).collect()
}

#[derive(Clone, Copy, Debug)]
enum Piece<'u> {
    Shown(&'u str),
    Hidden(&'u str),
}

/// All of the URL, cut where it begins to be shown or hidden.
fn pieces(url: &str) -> Vec<Piece<'_>> {
    let begin = url.find("//").map_or(0, |slashes| slashes + 2);
    let rest = url.get(begin..).unwrap_or_default();
    let end = begin + rest.find(['/', '?']).unwrap_or(rest.len());
    let (origin, rest) = url.split_at(end);
    let (path, query) = rest.split_at(rest.find('?').unwrap_or(rest.len()));
    let mut pieces = vec![Piece::Shown(origin)];
    for part in path.split_inclusive('/') {
        value(part, "/", &mut pieces);
    }
    let (mark, query) = query.split_at(query.len().min(1));
    pieces.push(Piece::Shown(mark));
    for pair in query.split_inclusive('&') {
        let name = pair.find('=').map_or(0, |equals| equals + 1);
        let (name, of_it) = pair.split_at(name);
        pieces.push(Piece::Shown(name));
        value(of_it, "&", &mut pieces);
    }
    pieces
}

/// Placeholders and what separates values are shown, what is around them only if it is common.
fn value<'u>(text: &'u str, separator: &str, pieces: &mut Vec<Piece<'u>>) {
    let end = text.strip_suffix(separator).map_or(text.len(), str::len);
    let (mut rest, separator) = text.split_at(end);
    while let Some(place) = place(rest) {
        pieces.push(literal(rest.get(..place.start).unwrap_or_default()));
        pieces.push(Piece::Shown(rest.get(place.clone()).unwrap_or_default()));
        rest = rest.get(place.end..).unwrap_or_default();
    }
    pieces.extend([literal(rest), Piece::Shown(separator)]);
}

/// Where the first placeholder stands.
fn place(text: &str) -> Option<Range<usize>> {
    let begin = text.find('{')?;
    let length = text.get(begin..)?.find('}')? + 1;
    Some(begin..begin + length)
}

fn literal(text: &str) -> Piece<'_> {
    let is_shown = text.is_empty() || COMMON.contains(&text);
    if is_shown { Piece::Shown(text) } else { Piece::Hidden(text) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_may_be_a_secret_is_not_shown() {
        let same = [
            "https://dns.example.com/nic/update?system=dyndns&hostname={hostname}&myip={address}",
            "https://ip.example.com",
            "http://[2001:db8::1]:8080/ip?",
            "https://lab/?{ipv4}&b={ipv6}",
            "",
        ];
        for url in same {
            assert_eq!(masked(url), url);
            assert!(hidden(url).is_empty(), "{url}");
        }
        let rows = [
            (
                "https://l/update?d={hostname}&token=S3CRET&ip={address}",
                "/update?d={hostname}&token=***&ip={address}",
            ),
            ("https://l/u/S3CRET/?ip={address}", "/***/***/?ip={address}"),
            ("https://l/update.php?S3CRET&address={address}", "/update.php?***&address={address}"),
            ("https://l/ip?S3CRET", "/ip?***"),
            ("https://l?key=S3CRET==&ip={address}", "?key=***&ip={address}"),
            ("https://l/S3CRET{address}S3CRET?a=b?S3CRET/ip", "/***{address}***?a=***"),
            ("https://l/{address}?S3CRET{hostname}", "/{address}?***{hostname}"),
            ("https://l/ip;S3CRET", "/***"),
        ];
        for (url, expected) in rows {
            assert_eq!(masked(url), format!("https://l{expected}"), "{url}");
            assert!(hidden(url).concat().contains("S3CRET"), "{url}");
        }
    }
}
