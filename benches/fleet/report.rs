//! The figures as a table.

use crate::crowd::Figures;
use crate::{Row, Rows};

const BEGIN: &str = "<!-- by the program: begin -->\n";
const END: &str = "<!-- by the program: end -->\n";
const LINES: usize = 100_000;

/// The tables in Markdown.
pub fn table(rows: &Rows, rejected: &[(&str, u64)]) -> String {
    let mut lines = vec![
        "| 100,000 lines | 50 % right | 99 % | 100 % | peak, in a second | requests |".to_owned(),
        "| --- | ---: | ---: | ---: | ---: | ---: |".to_owned(),
    ];
    for (title, of_all) in rows {
        lines.push(format!("| **{title}** | | | | | |"));
        lines.extend(of_all.iter().map(of_client));
    }
    lines.push(String::new());
    lines.push("| 1,000 rejected accounts | requests in 30 days |".to_owned());
    lines.push("| --- | ---: |".to_owned());
    lines.extend(rejected.iter().map(|(who, count)| format!("| {who} | {} |", grouped(*count))));
    lines.join("\n") + "\n"
}

fn of_client((who, figures): &Row) -> String {
    let [half, most, all] = [50, 99, 100].map(|percent| after(figures, percent));
    let (peak, total) = (grouped(figures.peak().into()), grouped(figures.total()));
    format!("| {who} | {half} | {most} | {all} | {peak} | {total} |")
}

fn after(figures: &Figures, percent: usize) -> String {
    match figures.right_after(percent, LINES) {
        Some(seconds) if seconds < 600 => format!("{seconds} s"),
        Some(seconds) => format!("{} min", seconds.div_ceil(60)),
        None => "not in a day".to_owned(),
    }
}

fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// The document with this table in place of the one before.
pub fn replaced(document: &str, table: &str) -> String {
    let around = document.split_once(BEGIN).and_then(|(before, rest)| {
        rest.split_once(END).map(|(_, after)| format!("{before}{BEGIN}\n{table}\n{END}{after}"))
    });
    around.unwrap_or_else(|| format!("{document}\n{BEGIN}\n{table}\n{END}"))
}
