//! A single pass: a look, and what comes of it until nothing is under way any more.

use std::time::Duration;

use super::edge::{Edge, Mode};
use super::selection::check_names;
use super::{Cause, Engine};
use crate::cli::UpdateOptions;
use crate::error::Error;
use crate::io::clock;
use crate::io::poll::{input, poll};
use crate::view::line::Line;

/// How long a single pass waits for an address that is expected: duplicate address detection takes
/// a second (RFC 4862, section 5.1), and netifd may have asked for more probes.
const PATIENCE: Duration = Duration::from_secs(3);
/// How long news begin another look: a line that finds no rest is for the next pass, and this one
/// comes to its end.
const NEWS: Duration = Duration::from_secs(10);
/// How soon it looks again where the kernel does not tell of the next change.
const LOOK_AGAIN: Duration = Duration::from_secs(1);

impl Engine {
    /// One pass: a look, and what comes of it; a line for each record.
    ///
    /// # Errors
    /// [`Error::Netlink`] if the kernel does not tell its addresses, [`Error::Usage`] if a host is
    /// named that is not configured.
    pub(crate) fn pass(&mut self, options: &UpdateOptions) -> Result<Vec<Line>, Error> {
        check_names(&self.config, &options.hosts)?;
        self.look(options, Cause::Asked)?;
        let began = clock::since_boot();
        let patience = began + PATIENCE;
        let mut look_at = began + LOOK_AGAIN;
        while self.is_busy() || (self.edge.transient && clock::since_boot() < patience) {
            let heeds_news = |at: Duration| at < began + NEWS;
            if heeds_news(clock::since_boot()) {
                self.wait(true, self.edge.transient.then_some(look_at))?;
            } else {
                self.close();
                self.wait(false, None)?;
            }
            self.attend();
            let now = clock::since_boot();
            if !heeds_news(now) {
                continue;
            }
            let is_news = self.has_news()? && self.edge.news.over_at().is_some_and(|at| at <= now);
            if is_news || (self.edge.transient && look_at <= now && now < patience) {
                look_at = now + LOOK_AGAIN;
                self.look(options, if is_news { Cause::News } else { Cause::Time })?;
            }
        }
        self.finish(None);
        Ok(self.lines(options))
    }

    /// Begins nothing more.
    fn close(&mut self) {
        if self.edge.mode == Mode::Sends {
            self.edge.mode = Mode::Closes;
        }
    }

    /// Waits for something to attend to.
    fn wait(&self, heeds_news: bool, look_at: Option<Duration>) -> Result<(), Error> {
        let Edge { news, calls, slow, .. } = &self.edge;
        let news_at = news.over_at().filter(|_| heeds_news);
        let until = [self.relief_at(), news_at, look_at].into_iter().flatten().min();
        let wait = until.map(|until| until.saturating_sub(clock::since_boot()));
        let mut ears = vec![input(calls), input(slow)];
        ears.extend(heeds_news.then(|| input(news)));
        poll(&mut ears, wait).map_err(Error::Netlink)?;
        Ok(())
    }
}
