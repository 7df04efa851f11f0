//! `Retry-After`: seconds, or a date (RFC 9110, section 10.2.3).

use crate::Time;

/// The seconds to wait from `now`; `None` if the value is neither form. A date in the past is 0.
#[must_use]
pub fn seconds(value: &str, now: Time) -> Option<u32> {
    let value = value.trim();
    if !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_digit()) {
        return Some(value.parse().unwrap_or(u32::MAX));
    }
    let wait = date(value)?.saturating_sub(now);
    Some(u32::try_from(wait).unwrap_or(u32::MAX))
}

const MONTHS: [&str; 12] =
    ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/// `Sun, 06 Nov 1994 08:49:37 GMT` (IMF-fixdate, RFC 9110, section 5.6.7).
fn date(value: &str) -> Option<Time> {
    let (_, date) = value.split_once(", ")?;
    let mut parts = date.split(' ');
    let day: Time = parts.next()?.parse().ok()?;
    let month = parts.next()?;
    let month = MONTHS.iter().position(|name| *name == month)?;
    let year: Time = parts.next()?.parse().ok()?;
    let time = time_of_day(parts.next()?)?;
    if parts.next() != Some("GMT") || !(1..=31).contains(&day) || !(1970..=9999).contains(&year) {
        return None;
    }
    Some((days_before_year(year) + days_before_month(year, month) + day - 1) * 86_400 + time)
}

/// Seconds since midnight; a leap second is allowed.
fn time_of_day(clock: &str) -> Option<Time> {
    let mut seconds = 0;
    let mut parts = clock.split(':');
    for (limit, worth) in [(23, 3600), (59, 60), (60, 1)] {
        let part: Time = parts.next()?.parse().ok()?;
        seconds += if part <= limit { part * worth } else { return None };
    }
    Some(seconds)
}

/// Days from 1970-01-01 to the first of January of `year`.
fn days_before_year(year: Time) -> Time {
    let leap_days = |year: Time| year / 4 - year / 100 + year / 400;
    (year - 1970) * 365 + leap_days(year - 1) - leap_days(1969)
}

fn days_before_month(year: Time, month: usize) -> Time {
    const DAYS: [Time; 12] = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
    let century = year.is_multiple_of(100);
    let leap = year.is_multiple_of(if century { 400 } else { 4 });
    DAYS.iter().take(month).sum::<Time>() + Time::from(leap && month > 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seconds_and_dates_are_read_and_everything_else_is_none() {
        let now = 784_111_777 - 60;
        let rows = [
            ("0", Some(0)),
            ("120", Some(120)),
            (" 7200 ", Some(7200)),
            ("99999999999999999999", Some(u32::MAX)),
            ("Sun, 06 Nov 1994 08:49:37 GMT", Some(60)),
            ("Thu, 29 Feb 1996 00:00:00 GMT", Some(41_440_223 + 60)),
            ("Sun, 06 Nov 1994 08:00:00 GMT", Some(0)),
            ("Fri, 31 Dec 9999 23:59:59 GMT", Some(u32::MAX)),
            ("", None),
            ("-5", None),
            ("soon", None),
            ("Sun, 06 Nov 1994 08:49:37", None),
            ("Sun, 06 Nov 1994 25:49:37 GMT", None),
            ("Sun, 99 Nov 1994 08:49:37 GMT", None),
            ("Sun, 06 Foo 1994 08:49:37 GMT", None),
        ];
        for (value, wait) in rows {
            assert_eq!(seconds(value, now), wait, "{value}");
        }
    }

    #[test]
    fn dates_agree_with_the_calendar() {
        let rows = [
            ("Thu, 01 Jan 1970 00:00:00 GMT", 0),
            ("Tue, 29 Feb 2000 12:00:00 GMT", 951_825_600),
            ("Wed, 01 Mar 2000 00:00:00 GMT", 951_868_800),
            ("Mon, 23 Nov 2026 00:00:00 GMT", crate::RELEASED),
            ("Mon, 01 Mar 2100 00:00:00 GMT", 4_107_542_400),
        ];
        for (value, time) in rows {
            assert_eq!(date(value), Some(time), "{value}");
        }
    }
}
