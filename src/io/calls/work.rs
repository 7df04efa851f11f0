//! Who waits and who works in a lane.

use std::time::Duration;

use super::CallId;
use crate::provider::request::UpdateRequest;

/// A reply that takes longer may be that of one account only. One that is slow is not worth another
/// handshake, which costs a router as much time.
const STALL: Duration = Duration::from_millis(450);
/// The same where one reply has been late already: so the last of 32 has its turn within a second
/// although nobody before it gets a reply.
const STALL_AGAIN: Duration = Duration::from_millis(150);
/// So many more workers for each that waits: few hung accounts cost few connections, and many cost
/// little time.
const MORE: usize = 3;

#[derive(Debug)]
pub(super) struct Queued {
    pub(super) id: CallId,
    pub(super) round: u64,
    pub(super) request: UpdateRequest,
}

/// Who waits and who works in a lane.
#[derive(Debug, Default)]
pub(super) struct Work {
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
    pub(super) fn push(&mut self, call: Queued, first: bool) -> bool {
        if first {
            self.queue.insert(self.first, call);
            self.first += 1;
        } else {
            self.queue.push(call);
        }
        self.busy.iter().all(|worker| worker.forgotten)
    }

    /// The next call for a worker.
    pub(super) fn next(&mut self) -> Option<Queued> {
        if self.queue.is_empty() {
            return None;
        }
        let call = self.queue.remove(0);
        self.first = self.first.saturating_sub(1);
        self.busy.push(Busy { id: call.id, waits_since: None, forgotten: false });
        Some(call)
    }

    pub(super) fn done(&mut self, id: CallId) {
        self.busy.retain(|worker| worker.id != id);
    }

    /// Takes out those that were started in this round or before.
    pub(super) fn skip(&mut self, round: u64) -> Vec<CallId> {
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

    pub(super) fn forget(&mut self, id: CallId) {
        if let Some(place) = self.queue.iter().position(|call| call.id == id) {
            self.queue.remove(place);
            self.first -= usize::from(place < self.first);
        }
        for worker in self.busy.iter_mut().filter(|worker| worker.id == id) {
            worker.forgotten = true;
        }
    }

    pub(super) fn went_out(&mut self, id: CallId, now: Duration) {
        for worker in self.busy.iter_mut().filter(|worker| worker.id == id) {
            worker.waits_since = Some(now);
        }
    }

    /// When calls wait that nobody is going to make soon.
    pub(super) fn relief_at(&self) -> Option<Duration> {
        if self.queue.is_empty() {
            return None;
        }
        let stall = if self.wanted().count() > 1 { STALL_AGAIN } else { STALL };
        let mut at = Duration::ZERO;
        for worker in self.wanted() {
            // One that opens its connection finds out for all of them.
            at = at.max(worker.waits_since? + stall);
        }
        Some(at)
    }

    /// How many more workers are wanted.
    pub(super) fn relief(&self, now: Duration) -> usize {
        match self.relief_at() {
            Some(at) if at <= now => self.queue.len().min(1.max(self.wanted().count() * MORE)),
            _ => 0,
        }
    }

    /// Workers whose call somebody waits for.
    fn wanted(&self) -> impl Iterator<Item = &Busy> {
        self.busy.iter().filter(|worker| !worker.forgotten)
    }

    pub(super) fn is_idle(&self) -> bool {
        self.queue.is_empty() && self.busy.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Secret;

    fn call(id: u64, round: u64) -> Queued {
        let request = UpdateRequest {
            url: Secret::new(String::new()),
            authorization: Secret::new(String::new()),
        };
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
    fn those_that_were_put_first_go_before_those_that_failed_and_in_their_order() {
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
    fn calls_without_a_reply_give_those_behind_them_more_workers_each_time() {
        let mut work = work(1..=32);
        assert_eq!(next(&mut work), Some(1));
        assert_eq!(work.relief_at(), None, "it opens its connection for all of them");
        work.went_out(CallId(1), at(10));
        assert_eq!(work.relief_at(), Some(at(10) + STALL));
        let mut now = at(10);
        for (after, wanted) in [(STALL, 3), (STALL_AGAIN, 12), (STALL_AGAIN, 16)] {
            assert_eq!(work.relief(now), 0);
            now += after;
            assert_eq!(work.relief(now), wanted);
            for _ in 0..wanted {
                let id = work.next().expect("there are 32").id;
                work.went_out(id, now);
            }
        }
        assert_eq!((work.relief_at(), work.relief(at(99))), (None, 0), "nobody waits");
        assert!(now < at(11), "{now:?}");
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
