//! Sources that take their time: a program of the user's.
//!
//! What is asked ([`Question`]) and what came of it ([`Answer`]) are plain values, and [`ask`] needs
//! nothing else: it may be called in a thread of its own, once for all records that put the same
//! question, in both families.

use std::time::Duration;

use crate::address::command::first_address;
use crate::address::uplink::allowed;
use crate::address::{Family, Found, NoAddress};
use crate::config::{Host, Source};
use crate::io::{clock, program};

/// How long all questions of one pass may take together.
pub const BUDGET: Duration = Duration::from_secs(10);

/// What is asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Question {
    /// The program of `option command`, with its arguments.
    Command(Vec<String>),
}

/// What came of it, for any host and family.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// What the program wrote.
    Output {
        /// The program.
        program: String,
        /// Its output, or what went wrong.
        output: Result<Vec<u8>, String>,
    },
}

impl Question {
    /// What this source of the host is asked; `None` if it is none of the slow ones.
    #[must_use]
    pub fn of(host: &Host, source: Source) -> Option<Self> {
        match source {
            Source::Command => Some(Self::Command(host.command.clone())),
            Source::Interface => None,
        }
    }
}

impl Answer {
    /// The address in it.
    ///
    /// # Errors
    ///
    /// Why there is none that may be published.
    pub fn address(&self, family: Family, allow_special: bool) -> Result<Found, NoAddress> {
        let Self::Output { program, output } = self;
        let output = output.as_deref().map_err(Clone::clone);
        let address = output.and_then(|output| first_address(output, family));
        let failed = |why| NoAddress::CommandFailed { program: program.clone(), why };
        let address = allowed(address.map_err(failed)?, allow_special)?;
        Ok(Found { address, device: None, source: "command" })
    }
}

/// Asks, within `limit` and the source's own.
#[must_use]
pub fn ask(question: &Question, limit: Duration) -> Answer {
    let Question::Command(argv) = question;
    let program = argv.first().cloned().unwrap_or_default();
    let output = if limit.is_zero() {
        let budget = BUDGET.as_secs();
        Err(format!("it was not run: other programs used up the {budget} s that all may take"))
    } else {
        program::output_for_address(argv, limit).map_err(|error| error.to_string())
    };
    Answer::Output { program, output }
}

/// The answers of one pass, each question asked once.
#[derive(Debug)]
pub(super) struct Answers {
    known: Vec<(Question, Answer)>,
    left: Duration,
}

impl Default for Answers {
    fn default() -> Self {
        Self { known: Vec::new(), left: BUDGET }
    }
}

impl Answers {
    pub(super) fn to(&mut self, question: Question) -> &Answer {
        let index = match self.known.iter().position(|(known, _)| *known == question) {
            Some(index) => index,
            None => {
                let before = clock::since_boot();
                let answer = ask(&question, self.left);
                self.left = self.left.saturating_sub(clock::since_boot().saturating_sub(before));
                self.known.push((question, answer));
                self.known.len() - 1
            }
        };
        &self.known[index].1
    }
}

#[cfg(test)]
mod tests {
    use std::net::IpAddr;

    use super::*;

    fn sh(script: &str) -> Vec<String> {
        ["/bin/sh", "-c", script].map(str::to_owned).to_vec()
    }

    fn address(argv: Vec<String>, family: Family) -> Result<IpAddr, NoAddress> {
        let answer = ask(&Question::Command(argv), BUDGET);
        answer.address(family, false).map(|found| found.address)
    }

    #[test]
    fn the_first_line_is_the_address() {
        for (script, family, address_read) in [
            ("echo 81.2.69.10", Family::Ipv4, "81.2.69.10"),
            ("printf 81.2.69.10", Family::Ipv4, "81.2.69.10"),
            ("printf ' 81.2.69.10\\r\\nmore\\n'", Family::Ipv4, "81.2.69.10"),
            ("echo 2a01:cb00:1:2::10; exec >&-", Family::Ipv6, "2a01:cb00:1:2::10"),
        ] {
            let found = address(sh(script), family).unwrap();
            assert_eq!(found, address_read.parse::<IpAddr>().unwrap(), "{script}");
        }
    }

    #[test]
    fn anything_else_is_refused_with_a_sentence() {
        for (argv, sentence) in [
            (sh("echo ::1"), "/bin/sh gave no address: its first line is ::1, which is not ipv4"),
            (sh("echo"), "/bin/sh gave no address: its first line is empty"),
            (sh(":"), "/bin/sh gave no address: its first line is empty"),
            (
                sh("printf 'no\\033 idea'"),
                "/bin/sh gave no address: its first line is no address: no\\u{1b} idea",
            ),
            (sh("echo 81.2.69.10; exit 3"), "/bin/sh gave no address: it ended with exit code 3"),
            (sh("kill -9 $$"), "/bin/sh gave no address: it was killed by signal 9"),
            (
                sh("while :; do echo 81.2.69.10; done"),
                "/bin/sh gave no address: it was killed after writing more than 256 bytes",
            ),
            (
                vec!["sh".to_owned()],
                "sh gave no address: write the program with its whole path, from /",
            ),
            (vec![], " gave no address: write the program with its whole path, from /"),
            (
                vec!["/nowhere/program".to_owned()],
                "/nowhere/program gave no address: it cannot be run: No such file or directory \
                 (os error 2)",
            ),
        ] {
            assert_eq!(address(argv, Family::Ipv4).unwrap_err().to_string(), sentence);
        }
    }

    fn echo(words: &[&str]) -> Question {
        let argv = std::iter::once("/bin/echo").chain(words.iter().copied());
        Question::Command(argv.map(str::to_owned).collect())
    }

    #[test]
    fn one_answer_serves_each_family_by_itself() {
        let answer = ask(&echo(&["81.2.69.10"]), BUDGET);
        let found = answer.address(Family::Ipv4, false).unwrap();
        assert_eq!(found.address.to_string(), "81.2.69.10");
        let none = answer.address(Family::Ipv6, false).unwrap_err();
        assert!(none.to_string().contains("not ipv6"), "{none}");
    }

    #[test]
    fn the_same_question_is_asked_once_and_all_have_one_budget() {
        let script =
            |text: &str| Question::Command(["/bin/sh", "-c", text].map(str::to_owned).to_vec());
        let mut answers = Answers { left: Duration::from_millis(30), ..Answers::default() };
        let hangs = answers.to(script("sleep 5")).clone();
        let Answer::Output { output, .. } = &hangs;
        assert!(output.as_ref().is_err_and(|why| why.contains("killed after")), "{hangs:?}");
        assert_eq!(*answers.to(script("sleep 5")), hangs);
        let Answer::Output { output, .. } = answers.to(echo(&["81.2.69.10"]));
        assert!(output.as_ref().is_err_and(|why| why.contains("not run")), "{output:?}");
        assert_eq!(answers.known.len(), 2);
    }

    #[test]
    fn a_question_may_be_asked_in_a_thread() {
        fn is_send<T: Send + 'static>() {}
        is_send::<Question>();
        is_send::<Answer>();
    }
}
