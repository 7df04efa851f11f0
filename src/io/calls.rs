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
//! reaching the provider keeps it from it for every call that waits behind: they are not tried.
//! Once a connection was open, who waits behind others for too long gets workers of its own,
//! whatever those are waiting for. A worker whose call nobody wants any more gives it up.

mod work;
mod worker;

use std::io::{self, Write as _};
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::net::UnixStream;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use work::{Clocks, Queued, Work};
use worker::Worker;

use super::background::{Reports, locked, start};
use super::cancel::Cancel;
use super::clock;
use super::http::{Miss, Response, Route};
use super::look_ups::Known;
use crate::provider::failure::Failure;
use crate::provider::request::UpdateRequest;

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
    pub(crate) request: UpdateRequest,
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
        for lane in &self.lanes {
            lane.known.forget();
        }
    }

    /// Starts a call, or queues it behind others of its route.
    pub(crate) fn start(&mut self, call: Call) -> CallId {
        self.last += 1;
        let id = CallId(self.last);
        let lane = self.lane(&call.route);
        let queued = Queued { id, round: self.round, request: call.request };
        if locked(&lane.work).push(queued, call.first, clocks()) {
            self.hire(&lane);
        }
        id
    }

    /// Nobody wants to know any more what comes of this call.
    pub(crate) fn forget(&mut self, id: CallId) {
        for lane in &self.lanes {
            locked(&lane.work).forget(id);
        }
        self.relieve();
    }

    /// Takes what was reported.
    pub(crate) fn take(&self) -> Vec<Report> {
        let reports = self.reports.take();
        for report in &reports {
            if let Report::Ready(id, _) = report {
                self.lanes.iter().for_each(|lane| locked(&lane.work).opened(*id));
            }
        }
        reports
    }

    /// When [`relieve`](Self::relieve) has something to do, in time since boot.
    #[must_use]
    pub(crate) fn relief_at(&self) -> Option<Duration> {
        self.lanes.iter().filter_map(|lane| locked(&lane.work).relief_at()).min()
    }

    /// Gives calls that wait behind others for too long workers of their own.
    pub(crate) fn relieve(&mut self) {
        for lane in &self.lanes {
            let wanted = locked(&lane.work).relief(clocks());
            (0..wanted).for_each(|_| self.hire(lane));
        }
    }

    fn lane(&mut self, route: &Route) -> Arc<Lane> {
        if let Some(lane) = self.lanes.iter().find(|lane| lane.route == *route) {
            return Arc::clone(lane);
        }
        // Those of a configuration that is gone.
        self.lanes.retain(|lane| !locked(&lane.work).is_idle());
        let (route, known) = (route.clone(), Known::default());
        let lane = Arc::new(Lane { route, known, work: Mutex::default() });
        self.lanes.push(Arc::clone(&lane));
        lane
    }

    /// One more worker for a lane.
    fn hire(&self, lane: &Arc<Lane>) {
        let cancel = Cancel::default();
        let Some(call) = locked(&lane.work).next(&cancel) else { return };
        let id = call.id;
        let (lane, reporter) = (Arc::clone(lane), self.reports.reporter());
        let worker = Worker { lane: Arc::clone(&lane), reporter, client: None, cancel };
        if start(Box::new(move || worker.work(call))).is_err() {
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
    /// What the look-up of the round came to.
    known: Known,
    work: Mutex<Work>,
}

fn clocks() -> Clocks {
    Clocks { now: clock::since_boot(), computed: clock::computed() }
}
