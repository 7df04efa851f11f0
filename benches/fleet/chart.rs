//! The share of names that are right over time, a panel for each scenario.

use std::fmt::Write as _;

use crate::Rows;
use crate::crowd::Figures;

const WIDTH: usize = 300;
const HEIGHT: usize = 150;
const COLUMNS: usize = 2;
/// Around each panel.
const MARGIN: usize = 50;
/// Points of a curve.
const STEPS: usize = 150;
/// From a second to a day, in powers of ten.
const DECADES: f64 = 5.0;

/// The colour of each client, in the order of the rows; those of Okabe and Ito.
const COLOURS: [&str; 5] = ["#999999", "#009e73", "#0072b2", "#e69f00", "#d55e00"];

/// The chart.
pub fn svg(rows: &Rows) -> String {
    let height = rows.len().div_ceil(COLUMNS) * (HEIGHT + MARGIN) + 2 * MARGIN;
    let width = COLUMNS * (WIDTH + MARGIN) + MARGIN;
    let mut out = vec![format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" \
         font-family=\"sans-serif\" font-size=\"11\">\n\
         <rect width=\"{width}\" height=\"{height}\" fill=\"#fff\"/>\n\
         <text x=\"{MARGIN}\" y=\"20\" font-size=\"14\">Share of 100,000 names that are right, by \
         the time since the power came back</text>"
    )];
    if let Some((_, of_all)) = rows.first() {
        for (index, ((who, _), colour)) in of_all.iter().zip(COLOURS).enumerate() {
            let x = MARGIN + index * 100;
            out.push(format!(
                "<rect x=\"{x}\" y=\"31\" width=\"14\" height=\"4\" fill=\"{colour}\"/>\
                 <text x=\"{}\" y=\"38\">{who}</text>",
                x + 20
            ));
        }
    }
    for (index, (title, of_all)) in rows.iter().enumerate() {
        let x = MARGIN + index % COLUMNS * (WIDTH + MARGIN);
        let y = 2 * MARGIN - 20 + index / COLUMNS * (HEIGHT + MARGIN);
        out.push(format!("<g transform=\"translate({x} {y})\">\n{}", frame(title)));
        for ((_, figures), colour) in of_all.iter().zip(COLOURS) {
            out.push(curve(figures, colour));
        }
        out.push("</g>".to_owned());
    }
    out.push("</svg>\n".to_owned());
    out.join("\n")
}

fn frame(title: &str) -> String {
    let mut out = format!(
        "<text x=\"0\" y=\"-6\">{title}</text>\n\
         <path d=\"M0 0V{HEIGHT}H{WIDTH}\" fill=\"none\" stroke=\"#333\"/>\n\
         <text x=\"-5\" y=\"8\" text-anchor=\"end\">100 %</text>\
         <text x=\"-5\" y=\"{HEIGHT}\" text-anchor=\"end\">0 %</text>"
    );
    let moments = [
        (1.0, "1 s"),
        (10.0, "10 s"),
        (60.0, "1 min"),
        (600.0, "10 min"),
        (3600.0, "1 h"),
        (36_000.0, "10 h"),
    ];
    for (seconds, label) in moments {
        let x = across(seconds);
        let _ = write!(
            out,
            "\n<path d=\"M{x:.1} {HEIGHT}v4\" stroke=\"#333\"/>\
             <text x=\"{x:.1}\" y=\"{}\" text-anchor=\"middle\">{label}</text>",
            HEIGHT + 15
        );
    }
    out
}

/// Where a moment is: a day is five decades of seconds.
#[allow(clippy::cast_precision_loss, reason = "a picture")]
fn across(seconds: f64) -> f64 {
    seconds.log10() / DECADES * WIDTH as f64
}

#[allow(clippy::cast_precision_loss, reason = "a picture")]
fn curve(figures: &Figures, colour: &str) -> String {
    let mut points = Vec::new();
    for step in 0..=STEPS {
        let decades = step as f64 / STEPS as f64 * DECADES;
        let right =
            figures.right_at.partition_point(|at| *at as f64 <= 1000.0 * 10_f64.powf(decades));
        let y = HEIGHT as f64 * (1.0 - right as f64 / 100_000.0);
        points.push(format!("{:.1},{y:.1}", across(10_f64.powf(decades))));
    }
    let points = points.join(" ");
    format!(
        "<polyline points=\"{points}\" fill=\"none\" stroke=\"{colour}\" stroke-width=\"1.5\"/>"
    )
}
