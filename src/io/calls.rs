//! The calls to providers: a lane for each route, so that a provider that hangs keeps no other
//! waiting.
//!
//! ```text
//! main:   start ----> queue of the lane            Ready: may it?   Done
//!                        |                            ^   |          ^
//! worker:                \-> name, TCP, TLS ----------/   \-> HTTP --/ next of the queue
//! ```
//!
//! A worker makes one call after the other over one connection. It asks before it writes a
//! request, as the address may have changed while the connection was opened. What keeps it from
//! reaching the provider keeps it from it for every call that waits behind: they are not tried. One
//! that waits for a reply may wait for a single account, so the others get workers of their own.

use std::io::{self, Read as _, Write as _};
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::net::UnixStream;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use super::background::{Reporter, Reports, locked, start};
use super::clock;
use super::http::{CALL, Client, Miss, Response, Route};
use super::poll::{input, poll};
use crate::provider::failure::Failure;
use crate::provider::request::Request;

/// A reply that takes longer may be that of one account only.
const STALL: Duration = Duration::from_millis(500);

/// One of the calls that were started.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct CallId(u64);

impl CallId {
    /// Of an attempt that comes to no call.
    pub(crate) const NONE: Self = Self(0);
}

/// One call to be made.
#[derive(Debug)]
pub(crate) struct Call {
    /// How the provider is reached.
    pub(crate) route: Route,
    /// What is sent.
    pub(crate) request: Request,
    /// Goes before those that failed last.
    pub(crate) first: bool,
}

/// What a worker tells.
#[derive(Debug)]
pub(crate) enum Report {
    /// The connection is open and nothing is sent yet.
    Ready(CallId, Permit),
    /// The call is over.
    Done(CallId, Result<Response, Miss>),
}

/// The answer that a worker waits for; without one it sends nothing.
#[derive(Debug)]
pub(crate) struct Permit(UnixStream);

impl Permit {
    /// Lets the request go.
    pub(crate) fn give(mut self) {
        // A worker that has gone away has reported its end.
        let _ = self.0.write_all(&[1]);
    }
}

/// The lanes of all routes.
#[derive(Debug)]
pub(crate) struct Calls {
    lanes: Vec<Arc<Lane>>,
    reports: Reports<Report>,
    last: u64,
    round: u64,
}

impl Calls {
    /// No call is under way.
    ///
    /// # Errors
    /// What the system says.
    pub(crate) fn new() -> io::Result<Self> {
        Ok(Self { lanes: Vec::new(), reports: Reports::new()?, last: 0, round: 0 })
    }

    /// What fails from now on says nothing about calls that are started after this.
    pub(crate) fn next_round(&mut self) {
        self.round += 1;
    }

    /// Starts a call, or queues it behind others of its route.
    pub(crate) fn start(&mut self, call: Call) -> CallId {
        self.last += 1;
        let id = CallId(self.last);
        let lane = self.lane(&call.route);
        let queued = Queued { id, round: self.round, request: call.request };
        if locked(&lane.work).push(queued, call.first) {
            self.hire(&lane);
        }
        id
    }

    /// Nobody wants to know any more what comes of this call.
    pub(crate) fn forget(&mut self, id: CallId) {
        for lane in &self.lanes {
            locked(&lane.work).forget(id);
        }
        self.relieve(clock::since_boot());
    }

    /// Takes what was reported.
    pub(crate) fn take(&self) -> Vec<Report> {
        self.reports.take()
    }

    /// The request of this call goes out now.
    pub(crate) fn went_out(&mut self, id: CallId) {
        for lane in &self.lanes {
            locked(&lane.work).went_out(id, clock::since_boot());
        }
    }

    /// When [`relieve`](Self::relieve) has something to do, in time since boot.
    #[must_use]
    pub(crate) fn relief_at(&self) -> Option<Duration> {
        self.lanes.iter().filter_map(|lane| locked(&lane.work).relief_at()).min()
    }

    /// Gives calls that wait behind others which got no reply workers of their own.
    pub(crate) fn relieve(&mut self, now: Duration) {
        for lane in &self.lanes {
            let wanted = locked(&lane.work).relief(now);
            (0..wanted).for_each(|_| self.hire(lane));
        }
    }

    fn lane(&mut self, route: &Route) -> Arc<Lane> {
        if let Some(lane) = self.lanes.iter().find(|lane| lane.route == *route) {
            return Arc::clone(lane);
        }
        // Those of a configuration that is gone.
        self.lanes.retain(|lane| !locked(&lane.work).is_idle());
        let lane = Arc::new(Lane { route: route.clone(), work: Mutex::default() });
        self.lanes.push(Arc::clone(&lane));
        lane
    }

    /// One more worker for a lane.
    fn hire(&self, lane: &Arc<Lane>) {
        let Some(call) = locked(&lane.work).next() else { return };
        let id = call.id;
        let (working, reporter) = (Arc::clone(lane), self.reports.reporter());
        if start(Box::new(move || working.work(call, &reporter))).is_err() {
            let mut work = locked(&lane.work);
            work.done(id);
            for id in work.skip(self.round).into_iter().chain([id]) {
                let failed = Err(Miss::Failed(Failure::Resources));
                self.reports.reporter().send(Report::Done(id, failed));
            }
        }
    }
}

impl AsFd for Calls {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.reports.as_fd()
    }
}

/// The calls of one route.
#[derive(Debug)]
struct Lane {
    route: Route,
    work: Mutex<Work>,
}

#[derive(Debug)]
struct Queued {
    id: CallId,
    round: u64,
    request: Request,
}

impl Lane {
    /// A worker's life: calls until none is left.
    fn work(&self, first: Queued, reporter: &Reporter<Report>) {
        let mut client = None;
        let mut next = Some(first);
        while let Some(call) = next {
            let outcome = self.call(&mut client, &call, reporter);
            if let Err(Miss::Failed(failure)) = outcome
                && failure.is_of_the_route()
            {
                for skipped in locked(&self.work).skip(call.round) {
                    reporter.send(Report::Done(skipped, Err(Miss::Failed(failure))));
                }
            }
            reporter.send(Report::Done(call.id, outcome));
            // At once, so that nobody queues a call behind a worker that has just gone.
            let mut work = locked(&self.work);
            work.done(call.id);
            next = work.next();
        }
    }

    fn call(
        &self,
        client: &mut Option<Client>,
        call: &Queued,
        reporter: &Reporter<Report>,
    ) -> Result<Response, Miss> {
        let client = match client {
            Some(client) => client,
            none => none.insert(Client::open(&self.route)?),
        };
        let (id, asking) = (call.id, Reporter::clone(reporter));
        client.send(&call.request, Box::new(move || asked(id, &asking)))
    }
}

/// Whether the request may go out.
fn asked(id: CallId, reporter: &Reporter<Report>) -> Result<bool, Failure> {
    let (mut here, there) = UnixStream::pair().map_err(|_| Failure::Resources)?;
    reporter.send(Report::Ready(id, Permit(there)));
    let mut answer = [0];
    // The main thread answers at once, unless the machine stands still.
    match poll(&mut [input(&here)], Some(CALL)) {
        Ok(1..) => Ok(matches!(here.read(&mut answer), Ok(1..))),
        Ok(0) | Err(_) => Ok(false),
    }
}

/// Who waits and who works in a lane.
#[derive(Debug, Default)]
struct Work {
    queue: Vec<Queued>,
    /// How many of the queue go before the others.
    first: usize,
    busy: Vec<Busy>,
}

#[derive(Debug)]
struct Busy {
    id: CallId,
    /// When the request went out, in time since boot.
    waits_since: Option<Duration>,
    forgotten: bool,
}

impl Work {
    /// Queues a call; whether it needs a worker.
    fn push(&mut self, call: Queued, first: bool) -> bool {
        if first {
            self.queue.insert(self.first, call);
            self.first += 1;
        } else {
            self.queue.push(call);
        }
        self.busy.iter().all(|worker| worker.forgotten)
    }

    /// The next call for a worker.
    fn next(&mut self) -> Option<Queued> {
        if self.queue.is_empty() {
            return None;
        }
        let call = self.queue.remove(0);
        self.first = self.first.saturating_sub(1);
        self.busy.push(Busy { id: call.id, waits_since: None, forgotten: false });
        Some(call)
    }

    fn done(&mut self, id: CallId) {
        self.busy.retain(|worker| worker.id != id);
    }

    /// Takes out those that were started in this round or before.
    fn skip(&mut self, round: u64) -> Vec<CallId> {
        let mut skipped = Vec::new();
        self.queue.retain(|call| {
            let stays = call.round > round;
            if !stays {
                skipped.push(call.id);
            }
            stays
        });
        self.first = self.first.min(self.queue.len());
        skipped
    }

    fn forget(&mut self, id: CallId) {
        if let Some(place) = self.queue.iter().position(|call| call.id == id) {
            self.queue.remove(place);
            self.first -= usize::from(place < self.first);
        }
        for worker in self.busy.iter_mut().filter(|worker| worker.id == id) {
            worker.forgotten = true;
        }
    }

    fn went_out(&mut self, id: CallId, now: Duration) {
        for worker in self.busy.iter_mut().filter(|worker| worker.id == id) {
            worker.waits_since = Some(now);
        }
    }

    /// When calls wait that nobody is going to make soon.
    fn relief_at(&self) -> Option<Duration> {
        if self.queue.is_empty() {
            return None;
        }
        let mut at = Duration::ZERO;
        for worker in self.busy.iter().filter(|worker| !worker.forgotten) {
            // One that opens its connection finds out for all of them.
            at = at.max(worker.waits_since? + STALL);
        }
        Some(at)
    }

    /// How many more workers are wanted: as many again each time, so that few hung accounts cost
    /// few connections and many cost little time.
    fn relief(&self, now: Duration) -> usize {
        match self.relief_at() {
            Some(at) if at <= now => self.queue.len().min(self.busy.len().max(1)),
            _ => 0,
        }
    }

    fn is_idle(&self) -> bool {
        self.queue.is_empty() && self.busy.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Secret;

    fn call(id: u64, round: u64) -> Queued {
        let request = Request { url: String::new(), authorization: Secret::new(String::new()) };
        Queued { id: CallId(id), round, request }
    }

    fn work(ids: impl IntoIterator<Item = u64>) -> Work {
        let mut work = Work::default();
        for id in ids {
            work.push(call(id, 1), false);
        }
        work
    }

    fn next(work: &mut Work) -> Option<u64> {
        work.next().map(|call| call.id.0)
    }

    const fn at(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    #[test]
    fn a_lane_without_a_worker_wants_one_and_a_lane_with_one_does_not() {
        let mut work = Work::default();
        assert!(work.push(call(1, 1), false));
        assert_eq!(next(&mut work), Some(1));
        assert!(!work.push(call(2, 1), false));
        work.done(CallId(1));
        assert_eq!(next(&mut work), Some(2));
        work.forget(CallId(2));
        assert!(work.push(call(3, 1), false), "nobody waits for one whose call is not wanted");
    }

    #[test]
    fn those_thbusy_go_before_those_that_failed_and_in_their_order() {
        let mut work = work([1, 2]);
        for (id, first) in [(3, true), (4, true), (5, false)] {
            work.push(call(id, 1), first);
        }
        work.forget(CallId(3));
        work.push(call(6, 1), true);
        let order: Vec<_> = std::iter::from_fn(|| next(&mut work)).collect();
        assert_eq!(order, [4, 6, 1, 2, 5]);
    }

    #[test]
    fn what_fails_for_all_fails_for_those_that_were_started_before_and_for_no_later_one() {
        let mut work = work([1, 2]);
        work.push(call(3, 2), false);
        work.push(call(4, 1), true);
        assert_eq!(work.skip(1), [CallId(4), CallId(1), CallId(2)]);
        assert_eq!(next(&mut work), Some(3));
    }

    #[test]
    fn a_call_that_gets_no_reply_gives_those_behind_it_workers_as_many_again_each_time() {
        let mut work = work(1..=8);
        assert_eq!(next(&mut work), Some(1));
        assert_eq!(work.relief_at(), None, "it opens its connection for all of them");
        work.went_out(CallId(1), at(10));
        assert_eq!(work.relief_at(), Some(at(10) + STALL));
        let mut now = at(10);
        for wanted in [1, 2, 4] {
            assert_eq!(work.relief(now), 0);
            now += STALL;
            assert_eq!(work.relief(now), wanted);
            for _ in 0..wanted {
                let id = work.next().expect("there are eight").id;
                work.went_out(id, now);
            }
        }
        assert_eq!((work.relief_at(), work.relief(at(99))), (None, 0), "nobody waits");
    }

    #[test]
    fn nobody_waits_behind_a_call_that_is_not_wanted_any_more() {
        let mut work = work([1, 2, 3]);
        next(&mut work);
        work.forget(CallId(1));
        work.forget(CallId(2));
        assert_eq!((work.queue.len(), work.relief(at(1))), (1, 1));
    }
}
