//! A thread that makes the calls of a lane.

use std::io::Read as _;
use std::os::unix::net::UnixStream;
use std::sync::Arc;

use super::work::Queued;
use super::{CallId, Lane, Permit, Report};
use crate::io::background::{Reporter, locked};
use crate::io::cancel::Cancel;
use crate::io::http::{CALL, Client, Miss, Response};
use crate::io::poll::{input, poll};
use crate::provider::failure::Failure;

/// Makes one call after the other over one connection.
pub(super) struct Worker {
    pub(super) lane: Arc<Lane>,
    pub(super) reporter: Reporter<Report>,
    /// Its connection, once there is one.
    pub(super) client: Option<Client>,
    /// Says that nobody wants its call any more.
    pub(super) cancel: Cancel,
}

impl Worker {
    /// Its life: calls until none is left.
    pub(super) fn work(mut self, first: Queued) {
        let mut next = Some(first);
        while let Some(call) = next {
            let outcome = self.call(&call);
            if let Err(Miss::Failed(failure)) = outcome
                && failure.is_of_the_route()
                && !self.cancel.is_cancelled()
            {
                for skipped in locked(&self.lane.work).skip(call.round) {
                    self.reporter.send(Report::Done(skipped, Err(Miss::Failed(failure))));
                }
            }
            self.reporter.send(Report::Done(call.id, outcome));
            // At once, so that nobody queues a call behind a worker that has just gone.
            let mut work = locked(&self.lane.work);
            work.done(call.id);
            if self.cancel.is_cancelled() {
                (self.client, self.cancel) = (None, Cancel::default());
            }
            next = work.next(&self.cancel);
        }
    }

    fn call(&mut self, call: &Queued) -> Result<Response, Miss> {
        let client = match &mut self.client {
            Some(client) => client,
            none => none.insert(Client::open(&self.lane.route, &self.lane.known, &self.cancel)?),
        };
        let (id, asking) = (call.id, Reporter::clone(&self.reporter));
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
