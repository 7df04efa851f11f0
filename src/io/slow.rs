//! Sources that take their time: each question is asked in a thread of its own, and its answer
//! serves every record until it is due again.

use std::io;
use std::os::fd::{AsFd, BorrowedFd};
use std::time::Duration;

use super::background::{Reports, start};
use super::clock::since_boot;
use super::question::{Answer, Memory};
pub(crate) use super::question::{Question, Sites, Told};
use crate::address::cadence::Asked as Age;

/// Why a look is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Cause {
    /// A wait is over.
    Time,
    /// Something outside has changed.
    News,
    /// The user wants it.
    Asked,
}

/// The questions that are in use, and what came of them.
#[derive(Debug)]
pub(crate) struct SlowSources {
    asked: Vec<Asked>,
    reports: Reports<(Question, Answer)>,
    memory: Memory,
}

#[derive(Debug)]
struct Asked {
    question: Question,
    state: State,
    age: Age,
    /// A record has wanted to know since the look began.
    is_used: bool,
}

#[derive(Debug)]
enum State {
    /// To be asked as soon as a record wants to know.
    Due,
    OnItsWay {
        /// Asked before the news that are looked at: the answer may be out of date.
        is_old: bool,
        /// Asked once more because the answer before was.
        is_second: bool,
    },
    Answered(Answer),
    /// There was no thread to ask from, which the answer says: the next look tries again.
    Unasked(Answer),
}

impl Asked {
    fn due_at(&self) -> Duration {
        self.age.due_at(&self.question.cadence())
    }

    fn is_on_its_way(&self) -> bool {
        matches!(self.state, State::OnItsWay { .. })
    }

    /// A look begins.
    fn renew(&mut self, cause: Cause, now: Duration) {
        self.is_used = false;
        match (&mut self.state, cause) {
            (State::OnItsWay { is_old, .. }, Cause::News | Cause::Asked) => *is_old = true,
            (State::Answered(_), Cause::Asked) | (State::Unasked(_), _) => self.state = State::Due,
            (State::Answered(_), Cause::News) => self.age.is_stale = true,
            _ => {}
        }
        if matches!(self.state, State::Answered(_)) && self.due_at() <= now {
            self.state = State::Due;
        }
    }

    fn refuse(&mut self, error: &io::Error) {
        self.state = State::Unasked(Err(self.question.unasked(error.to_string())));
    }

    fn answer(&mut self, answer: Answer) {
        self.age.failures = if answer.is_ok() { 0 } else { self.age.failures.saturating_add(1) };
        self.state = State::Answered(answer);
    }
}

impl SlowSources {
    /// Nothing was asked yet.
    ///
    /// # Errors
    /// What the system says.
    pub(crate) fn new() -> io::Result<Self> {
        Ok(Self { asked: Vec::new(), reports: Reports::new()?, memory: Memory::default() })
    }

    /// A look begins: answers that are due again are out of date, and those that nobody wanted in
    /// the look before are forgotten.
    pub(crate) fn renew(&mut self, cause: Cause) {
        let now = since_boot();
        self.asked.retain(|asked| asked.is_used || asked.is_on_its_way());
        self.asked.iter_mut().for_each(|asked| asked.renew(cause, now));
    }

    /// A gateway announced a change: it is asked again, and so are sites.
    pub(crate) fn doubt_gateways(&mut self) {
        for asked in self.asked.iter_mut().filter(|asked| asked.question.is_of_gateway()) {
            asked.age.is_stale = true;
        }
    }

    /// The answer, or `None` while it is on its way.
    pub(crate) fn ask(&mut self, question: &Question) -> Option<Answer> {
        let place = self.place(question).unwrap_or_else(|| {
            let (state, age) = (State::Due, Age::default());
            self.asked.push(Asked { question: question.clone(), state, age, is_used: true });
            self.asked.len() - 1
        });
        if matches!(self.asked[place].state, State::Due) {
            self.start(place, false);
        }
        let asked = &mut self.asked[place];
        asked.is_used = true;
        match &asked.state {
            State::Answered(answer) | State::Unasked(answer) => Some(answer.clone()),
            State::Due | State::OnItsWay { .. } => None,
        }
    }

    /// Whether an answer is on its way.
    #[must_use]
    pub(crate) fn are_asked(&self) -> bool {
        self.asked.iter().any(Asked::is_on_its_way)
    }

    /// When the next answer is to be asked for again, in time since boot.
    #[must_use]
    pub(crate) fn due_at(&self) -> Option<Duration> {
        let is_polled = |asked: &&Asked| {
            let is_known = matches!(asked.state, State::Answered(_) | State::Unasked(_));
            asked.is_used && is_known && !asked.question.cadence().poll.is_zero()
        };
        self.asked.iter().filter(is_polled).map(Asked::due_at).min()
    }

    /// Takes what came in; whether there is a new answer.
    pub(crate) fn take(&mut self) -> bool {
        let mut is_new = false;
        for (question, answer) in self.reports.take() {
            let Some(place) = self.place(&question) else { continue };
            let asked = &mut self.asked[place];
            let State::OnItsWay { is_old, is_second } = asked.state else { continue };
            if is_old && !asked.is_used {
                self.asked.remove(place);
            } else if is_old && !is_second {
                self.start(place, true);
            } else {
                // Where there are always news, an answer that is behind them is better than none.
                asked.answer(answer);
                asked.age.is_stale = is_old;
                is_new = true;
            }
        }
        is_new
    }

    fn place(&self, question: &Question) -> Option<usize> {
        self.asked.iter().position(|asked| asked.question == *question)
    }

    fn start(&mut self, place: usize, is_second: bool) {
        let asked = &mut self.asked[place];
        asked.age = Age { at: since_boot(), is_stale: false, ..asked.age };
        asked.state = State::OnItsWay { is_old: false, is_second };
        let (question, reporter) = (asked.question.clone(), self.reports.reporter());
        let memory = self.memory.clone();
        let work = move || {
            let answer = question.put(&memory);
            reporter.send((question, answer));
        };
        if let Err(error) = start(Box::new(work)) {
            asked.refuse(&error);
        }
    }
}

impl AsFd for SlowSources {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.reports.as_fd()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_could_not_be_asked_is_asked_at_the_next_look_and_not_at_the_next_poll() {
        let mut sources = SlowSources::new().unwrap();
        let question = Question::Command(vec!["/bin/true".into()]);
        let (state, age) = (State::Due, Age::default());
        let mut asked = Asked { question: question.clone(), state, age, is_used: true };
        asked.refuse(&io::ErrorKind::WouldBlock.into());
        sources.asked.push(asked);
        let Some(Err(reason)) = sources.ask(&question) else { panic!("it says why") };
        assert!(reason.is_unasked() && reason.may_come_back(), "{reason}");
        assert!(!sources.are_asked() && sources.due_at().is_some());
        sources.renew(Cause::Time);
        assert!(sources.ask(&question).is_none());
        assert!(sources.are_asked());
    }
}
