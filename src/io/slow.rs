//! Sources that take their time: each question is asked once a look, in a thread of its own.

use std::io;
use std::os::fd::{AsFd, BorrowedFd};

use super::background::{Reports, start};
use super::program;
use crate::address::NoAddress;

/// What such a source is asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Question {
    /// Program and arguments: one run serves every host and family that names it.
    pub(crate) command: Vec<String>,
}

/// What it says, for either family.
pub(crate) type Answer = Result<Vec<u8>, NoAddress>;

/// The questions of this look, and what came of them.
#[derive(Debug)]
pub(crate) struct SlowSources {
    asked: Vec<Asked>,
    reports: Reports<(Question, Answer)>,
}

#[derive(Debug)]
struct Asked {
    question: Question,
    answer: Option<Answer>,
    /// Asked before the look that is under way: the answer may be out of date.
    is_old: bool,
}

impl SlowSources {
    /// Nothing was asked yet.
    ///
    /// # Errors
    /// What the system says.
    pub(crate) fn new() -> io::Result<Self> {
        Ok(Self { asked: Vec::new(), reports: Reports::new()? })
    }

    /// Forgets the answers of the look before.
    pub(crate) fn renew(&mut self) {
        self.asked.retain(|asked| asked.answer.is_none());
        self.asked.iter_mut().for_each(|asked| asked.is_old = true);
    }

    /// The answer, or `None` while it is on its way.
    pub(crate) fn ask(&mut self, question: &Question) -> Option<Answer> {
        if let Some(asked) = self.asked.iter().find(|asked| asked.question == *question) {
            return asked.answer.clone();
        }
        self.start(question.clone());
        None
    }

    /// Whether an answer is on its way.
    #[must_use]
    pub(crate) fn are_asked(&self) -> bool {
        self.asked.iter().any(|asked| asked.answer.is_none())
    }

    /// Takes what came in; whether there is a new answer.
    pub(crate) fn take(&mut self) -> bool {
        let mut is_new = false;
        for (question, answer) in self.reports.take() {
            let mut asked = self.asked.iter_mut();
            let Some(place) = asked.position(|asked| asked.question == question) else { continue };
            if self.asked[place].is_old {
                let asked = self.asked.remove(place);
                self.start(asked.question);
            } else {
                self.asked[place].answer = Some(answer);
                is_new = true;
            }
        }
        is_new
    }

    fn start(&mut self, question: Question) {
        let (asked, reporter) = (question.clone(), self.reports.reporter());
        let work = move || {
            let answer = program::output_for_address(&asked.command);
            reporter.send((asked, answer));
        };
        let answer = start(Box::new(work)).err().map(|error| {
            let program = question.command.first().cloned().unwrap_or_default();
            Err(NoAddress::CommandFailed { program, why: error.to_string() })
        });
        self.asked.push(Asked { question, answer, is_old: false });
    }
}

impl AsFd for SlowSources {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.reports.as_fd()
    }
}
