//! Findings as they come: a line for a person, or one of a JSON document.

use super::trouble::{Topic, Trouble, Verdict};
use crate::error::EXIT_OK;
use crate::json::quoted;
use crate::text::Printable;

/// Something that was looked at, and how it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// Where it belongs.
    pub topic: Topic,
    /// The trouble, if there is one.
    pub trouble: Option<Trouble>,
    /// The section's name, if it is about one host.
    pub host: Option<String>,
    /// One sentence.
    pub text: String,
}

impl Finding {
    /// All is well with this.
    #[must_use]
    pub fn ok(topic: Topic, text: String) -> Self {
        Self { topic, trouble: None, host: None, text }
    }

    /// Something is wrong, or to be known.
    #[must_use]
    pub fn trouble(trouble: Trouble, text: String) -> Self {
        Self { topic: trouble.topic(), trouble: Some(trouble), host: None, text }
    }

    /// The same about one host.
    #[must_use]
    pub fn of(self, host: &str) -> Self {
        Self { host: Some(host.to_owned()), ..self }
    }

    /// How it counts.
    #[must_use]
    pub fn verdict(&self) -> Verdict {
        self.trouble.map_or(Verdict::Ok, Trouble::verdict)
    }
}

/// How findings are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Style {
    /// For a person.
    Plain,
    /// For a person at a terminal.
    Coloured,
    /// For a program: one document, an object on each line as it is found.
    Json,
}

/// What was found so far: how the next line is written, and the exit code.
#[derive(Debug)]
pub struct Report {
    style: Style,
    is_first: bool,
    exit: u8,
}

impl Report {
    /// Nothing was found yet.
    #[must_use]
    pub fn new(style: Style) -> Self {
        Self { style, is_first: true, exit: EXIT_OK }
    }

    /// What stands before the first finding.
    #[must_use]
    pub fn begin(&self) -> &'static str {
        if self.style == Style::Json { "{\"version\":1,\"lines\":[\n" } else { "" }
    }

    /// The lines of one finding; it counts from now on.
    #[must_use]
    pub fn line(&mut self, finding: &Finding) -> String {
        self.exit = self.exit.max(finding.trouble.map_or(EXIT_OK, Trouble::exit));
        let comma = if std::mem::take(&mut self.is_first) { "" } else { "," };
        match self.style {
            Style::Json => comma.to_owned() + &json(finding) + "\n",
            Style::Plain => text(finding, ["", ""]),
            Style::Coloured => text(finding, [finding.verdict().colour(), "\x1b[0m"]),
        }
    }

    /// What stands behind the last one.
    #[must_use]
    pub fn end(&self) -> String {
        match self.style {
            Style::Json => format!("],\"exit\":{}}}\n", self.exit),
            _ => String::new(),
        }
    }

    /// The exit code of the gravest, as `update` orders them.
    #[must_use]
    pub fn exit(&self) -> u8 {
        self.exit
    }
}

fn text(finding: &Finding, [colour, end]: [&str; 2]) -> String {
    let (verdict, topic) = (finding.verdict().token(), finding.topic.token());
    let host = finding.host.as_ref().map(|host| format!("{host}: ")).unwrap_or_default();
    let sentence = Printable(&finding.text);
    let mut lines = format!("{colour}{verdict:5}{end}  {topic:13}  {host}{sentence}\n");
    let remedy = finding.trouble.map_or("", Trouble::remedy);
    if !remedy.is_empty() {
        lines.extend(["                      -> ", remedy, "\n"]);
    }
    lines
}

fn json(finding: &Finding) -> String {
    let mut object = format!(
        "{{\"verdict\":\"{}\",\"topic\":\"{}\"",
        finding.verdict().token(),
        finding.topic.token()
    );
    let remedy = finding.trouble.map_or("", Trouble::remedy);
    let members = [
        ("host", finding.host.as_deref()),
        ("text", Some(&*finding.text)),
        ("remedy", Some(remedy).filter(|remedy| !remedy.is_empty())),
    ];
    for (name, value) in members {
        if let Some(value) = value {
            object.extend([",\"", name, "\":", &quoted(value)]);
        }
    }
    object + "}"
}

#[cfg(test)]
mod tests {
    use super::*;

    fn findings() -> [Finding; 2] {
        let text = "home.example.com \"has\" no\u{1b}[2J record\n".to_owned();
        [
            Finding::ok(Topic::Clock, "2026-11-26 12:00 UTC".into()),
            Finding::trouble(Trouble::Missing, text).of("home"),
        ]
    }

    #[test]
    fn a_person_reads_a_line_and_below_it_what_to_do() {
        let mut report = Report::new(Style::Plain);
        let lines: String = findings().iter().map(|finding| report.line(finding)).collect();
        let expected = format!(
            "ok     clock          2026-11-26 12:00 UTC\n\
             fault  dns            home: home.example.com \"has\" no\\u{{1b}}[2J record\\n\n                      \
             -> {}\n",
            Trouble::Missing.remedy()
        );
        assert_eq!((report.begin(), lines, report.end().as_str()), ("", expected, ""));
        assert_eq!(report.exit(), Trouble::Missing.exit());
        let coloured = Report::new(Style::Coloured).line(&findings()[1]);
        assert!(coloured.starts_with("\u{1b}[31mfault\u{1b}[0m  dns"), "{coloured}");
    }

    #[test]
    fn a_program_reads_one_document_with_an_object_on_each_line() {
        let mut report = Report::new(Style::Json);
        let mut document = report.begin().to_owned();
        for finding in &findings() {
            let line = report.line(finding);
            let object: serde_json::Value =
                serde_json::from_str(line.trim_start_matches(',')).expect(&line);
            assert_eq!(object["text"], finding.text, "{line}");
            assert!(line.is_ascii() && line.matches('\n').count() == 1, "{line}");
            document += &line;
        }
        document += &report.end();
        let document: serde_json::Value = serde_json::from_str(&document).expect(&document);
        assert_eq!(document["exit"], 77);
        let [clock, missing] = [&document["lines"][0], &document["lines"][1]];
        assert_eq!(
            (&clock["verdict"], clock.get("host"), clock.get("remedy")),
            (&"ok".into(), None, None)
        );
        assert_eq!((&missing["topic"], &missing["host"]), (&"dns".into(), &"home".into()));
        let nothing = Report::new(Style::Json);
        let empty = nothing.begin().to_owned() + &nothing.end();
        assert!(serde_json::from_str::<serde_json::Value>(&empty).is_ok(), "{empty}");
    }

    #[test]
    fn every_fault_ends_with_a_code_and_no_note_does() {
        for trouble in Trouble::ALL {
            let is_fault = trouble.verdict() == Verdict::Fault;
            assert_eq!(is_fault, trouble.exit() != EXIT_OK, "{trouble:?}");
            assert!(trouble.verdict() != Verdict::Ok && !trouble.meaning().is_empty());
        }
    }
}
