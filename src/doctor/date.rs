//! A time as a person reads it.

use crate::Time;

const DAY: Time = 86_400;

/// `2026-11-26 17:45 UTC`, by the Gregorian calendar.
#[must_use]
pub fn date(time: Time) -> String {
    let (days, seconds) = (time / DAY, time % DAY);
    let (mut year, mut left) = (1970, days);
    while left >= length_of(year) && year < 9999 {
        left -= length_of(year);
        year += 1;
    }
    let february = if length_of(year) == 366 { 29 } else { 28 };
    let mut month = 1;
    for length in [31, february, 31, 30, 31, 30, 31, 31, 30, 31, 30] {
        if left < length {
            break;
        }
        left -= length;
        month += 1;
    }
    let (hours, minutes) = (seconds / 3600, seconds / 60 % 60);
    format!("{year}-{month:02}-{:02} {hours:02}:{minutes:02} UTC", left + 1)
}

/// Whole days from `now` until `then`, 0 if it is over.
#[must_use]
pub fn days_until(then: Time, now: Time) -> Time {
    then.saturating_sub(now) / DAY
}

fn length_of(year: u64) -> Time {
    let is_leap = year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
    if is_leap { 366 } else { 365 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_the_date_that_the_calendar_has() {
        let rows = [
            (0, "1970-01-01 00:00 UTC"),
            (951_782_399, "2000-02-28 23:59 UTC"),
            (951_782_400, "2000-02-29 00:00 UTC"),
            (951_868_800, "2000-03-01 00:00 UTC"),
            (1_767_225_599, "2025-12-31 23:59 UTC"),
            (1_795_392_000, "2026-11-23 00:00 UTC"),
            (4_107_542_400, "2100-03-01 00:00 UTC"),
        ];
        for (time, expected) in rows {
            assert_eq!(date(time), expected);
        }
        assert!(date(Time::MAX).starts_with("9999-"));
        assert_eq!((days_until(DAY * 3 - 1, 0), days_until(0, 5)), (2, 0));
    }
}
