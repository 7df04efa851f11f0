//! Who waits and who works in a lane.

use std::time::Duration;

use super::CallId;
use crate::io::cancel::Cancel;
use crate::provider::request::UpdateRequest;

/// Whoever waits behind others leaves within this time after the news, whatever those before it
/// come to, if the connection itself is quick.
const AIM: Duration = Duration::from_secs(1);
/// So long one connection serves all: what is quick needs no other one, and a handshake costs a
/// router as much time.
const STALL: Duration = Duration::from_millis(400);
/// How soon it is looked at again whether that was enough.
const AGAIN: Duration = Duration::from_millis(100);
/// So many more workers for each that is there: few slow accounts cost few connections, and many
/// cost little time.
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
    /// Since when calls wait that have no worker, if some do.
    wait: Option<Wait>,
    /// The last round in which a connection was opened.
    opened: u64,
}

#[derive(Debug)]
struct Busy {
    id: CallId,
    round: u64,
    /// Its connection is open, or was not needed.
    is_open: bool,
    cancel: Cancel,
    forgotten: bool,
}

/// How long calls have been waiting behind others; all times since boot.
#[derive(Clone, Copy, Debug)]
struct Wait {
    since: Duration,
    /// When it is looked at next whether more workers are wanted.
    look_at: Duration,
    /// Processor time of this process when the wait began.
    computed: Duration,
    /// Calls that have come to their end meanwhile.
    served: u32,
}

/// What the clocks say: time since boot, and what this process has computed.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Clocks {
    pub(super) now: Duration,
    pub(super) computed: Duration,
}

impl Work {
    /// Queues a call; whether it needs a worker.
    pub(super) fn push(&mut self, call: Queued, first: bool, clocks: Clocks) -> bool {
        if self.queue.is_empty() {
            let Clocks { now, computed } = clocks;
            let look_at = now.saturating_add(STALL);
            self.wait = Some(Wait { since: now, look_at, computed, served: 0 });
        }
        if first {
            self.queue.insert(self.first, call);
            self.first += 1;
        } else {
            self.queue.push(call);
        }
        self.wanted().next().is_none()
    }

    /// The next call for a worker, which hears by `cancel` that nobody wants it any more.
    pub(super) fn next(&mut self, cancel: &Cancel) -> Option<Queued> {
        if self.queue.is_empty() {
            return None;
        }
        let call = self.queue.remove(0);
        self.first = self.first.saturating_sub(1);
        let Queued { id, round, .. } = call;
        let cancel = cancel.clone();
        self.busy.push(Busy { id, round, is_open: false, cancel, forgotten: false });
        Some(call)
    }

    pub(super) fn done(&mut self, id: CallId) {
        self.busy.retain(|worker| worker.id != id);
        if let Some(wait) = &mut self.wait {
            wait.served = wait.served.saturating_add(1);
        }
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
            worker.cancel.cancel();
        }
    }

    /// The connection for this call is open.
    pub(super) fn opened(&mut self, id: CallId) {
        for worker in self.busy.iter_mut().filter(|worker| worker.id == id) {
            worker.is_open = true;
            self.opened = self.opened.max(worker.round);
        }
    }

    /// When it is to be looked at whether calls wait for too long.
    pub(super) fn relief_at(&self) -> Option<Duration> {
        // One that opens the first connection of its round finds out for all of them.
        let finds_out = |worker: &Busy| !worker.is_open && worker.round > self.opened;
        if self.queue.is_empty() || self.wanted().any(finds_out) {
            return None;
        }
        self.wait.map(|wait| wait.look_at)
    }

    /// How many more workers are wanted.
    pub(super) fn relief(&mut self, clocks: Clocks) -> usize {
        let (Some(at), Some(wait)) = (self.relief_at(), &mut self.wait) else { return 0 };
        if at > clocks.now {
            return 0;
        }
        wait.look_at = clocks.now.saturating_add(AGAIN);
        let waiting = self.queue.len();
        if wait.is_in_time(waiting, clocks) {
            return 0;
        }
        waiting.min(1.max(self.wanted().count() * MORE))
    }

    /// Workers whose call somebody waits for.
    fn wanted(&self) -> impl Iterator<Item = &Busy> {
        self.busy.iter().filter(|worker| !worker.forgotten)
    }

    pub(super) fn is_idle(&self) -> bool {
        self.queue.is_empty() && self.busy.is_empty()
    }
}

impl Wait {
    /// Whether more workers would not help: at the pace of those that are there, all leave within
    /// the aim, or the processor has no time for another handshake.
    fn is_in_time(&self, waiting: usize, clocks: Clocks) -> bool {
        let waited = clocks.now.saturating_sub(self.since);
        let computed = clocks.computed.saturating_sub(self.computed);
        let waiting = u32::try_from(waiting).unwrap_or(u32::MAX);
        let left = AIM.saturating_sub(waited);
        let keeps_pace = waited.saturating_mul(waiting) <= left.saturating_mul(self.served);
        keeps_pace || computed.saturating_mul(4) >= waited.saturating_mul(3)
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

    const fn at(milliseconds: u64) -> Clocks {
        Clocks { now: Duration::from_millis(milliseconds), computed: Duration::ZERO }
    }

    fn work(ids: impl IntoIterator<Item = u64>) -> Work {
        let mut work = Work::default();
        for id in ids {
            work.push(call(id, 1), false, at(0));
        }
        work
    }

    fn next(work: &mut Work) -> Option<u64> {
        work.next(&Cancel::default()).map(|call| call.id.0)
    }

    /// So many workers more, whose connections open at once.
    fn hire(work: &mut Work, count: usize) {
        for _ in 0..count {
            let id = next(work).expect("calls wait");
            work.opened(CallId(id));
        }
    }

    #[test]
    fn a_lane_without_a_worker_wants_one_and_a_lane_with_one_does_not() {
        let mut work = Work::default();
        assert!(work.push(call(1, 1), false, at(0)));
        assert_eq!(next(&mut work), Some(1));
        assert!(!work.push(call(2, 1), false, at(0)));
        work.done(CallId(1));
        assert_eq!(next(&mut work), Some(2));
        work.forget(CallId(2));
        assert!(work.push(call(3, 1), false, at(0)), "nobody waits for one that is not wanted");
    }

    #[test]
    fn those_that_were_put_first_go_before_those_that_failed_and_in_their_order() {
        let mut work = work([1, 2]);
        for (id, first) in [(3, true), (4, true), (5, false)] {
            work.push(call(id, 1), first, at(0));
        }
        work.forget(CallId(3));
        work.push(call(6, 1), true, at(0));
        let order: Vec<_> = std::iter::from_fn(|| next(&mut work)).collect();
        assert_eq!(order, [4, 6, 1, 2, 5]);
    }

    #[test]
    fn what_fails_for_all_fails_for_those_that_were_started_before_and_for_no_later_one() {
        let mut work = work([1, 2]);
        work.push(call(3, 2), false, at(0));
        work.push(call(4, 1), true, at(0));
        assert_eq!(work.skip(1), [CallId(4), CallId(1), CallId(2)]);
        assert_eq!(next(&mut work), Some(3));
    }

    #[test]
    fn who_waits_behind_others_for_too_long_gets_more_workers_each_time() {
        let mut work = work(1..=32);
        assert_eq!(next(&mut work), Some(1));
        assert_eq!(work.relief_at(), None, "it opens its connection for all of them");
        work.opened(CallId(1));
        assert_eq!(work.relief_at(), Some(STALL));
        for (now, wanted) in [(399, 0), (400, 3), (499, 0), (500, 12), (599, 0), (600, 16)] {
            assert_eq!(work.relief(at(now)), wanted, "after {now} ms");
            hire(&mut work, wanted);
        }
        assert_eq!((work.relief_at(), work.relief(at(9000))), (None, 0), "nobody waits");
    }

    /// Each of them is quicker than a stall.
    #[test]
    fn slow_calls_that_come_to_their_end_do_not_add_up() {
        let mut work = work(1..=32);
        hire(&mut work, 1);
        work.done(CallId(1));
        hire(&mut work, 1);
        assert_eq!(work.relief(at(400)), 3);
    }

    #[test]
    fn calls_that_are_quick_enough_share_their_worker() {
        let mut work = work(1..=32);
        hire(&mut work, 1);
        for id in 1..=15 {
            work.done(CallId(id));
            hire(&mut work, 1);
        }
        // 16 wait: at 26 ms each they are through before the second is over.
        assert_eq!(work.relief(at(400)), 0);
        assert_eq!(work.relief_at(), Some(Duration::from_millis(500)));
        assert_eq!(work.relief(at(499)), 0);
        assert_eq!(work.relief(at(500)), 3, "nothing has come since");
    }

    #[test]
    fn a_processor_that_is_busy_with_handshakes_gets_no_more_of_them() {
        let mut work = work(1..=32);
        hire(&mut work, 1);
        let computed =
            |computed, now| Clocks { computed: Duration::from_millis(computed), ..at(now) };
        assert_eq!(work.relief(computed(300, 400)), 0);
        assert_eq!(work.relief(computed(300, 500)), 3);
    }

    #[test]
    fn a_lane_is_idle_where_nobody_waits_and_nobody_works() {
        let mut work = Work::default();
        assert!(work.is_idle());
        work.push(call(1, 1), false, at(0));
        assert!(!work.is_idle(), "one waits");
        hire(&mut work, 1);
        assert!(!work.is_idle(), "one works");
        work.done(CallId(1));
        assert!(work.is_idle());
    }

    #[test]
    fn one_that_connects_where_others_have_is_not_waited_for() {
        let mut work = work([1, 2, 3]);
        hire(&mut work, 1);
        assert_eq!(next(&mut work), Some(2));
        assert_eq!(work.relief_at(), Some(STALL));
    }

    #[test]
    fn one_that_connects_is_waited_for_by_its_round_alone() {
        let mut work = work([1, 2]);
        hire(&mut work, 1);
        work.push(call(3, 2), true, at(0));
        assert_eq!(work.relief(at(400)), 2);
        assert_eq!(next(&mut work), Some(3));
        assert_eq!(work.relief_at(), None, "it finds out whether the provider is still there");
        work.opened(CallId(3));
        assert_eq!(work.relief_at(), Some(Duration::from_millis(500)));
        assert_eq!(next(&mut work), Some(2));
    }

    #[test]
    fn nobody_waits_behind_a_call_that_is_not_wanted_any_more_and_its_worker_hears_of_it() {
        let mut work = work([1, 2, 3]);
        let cancel = Cancel::default();
        work.next(&cancel);
        work.forget(CallId(2));
        assert!(!cancel.is_cancelled());
        work.forget(CallId(1));
        assert!(cancel.is_cancelled());
        assert_eq!((work.queue.len(), work.relief(at(400))), (1, 1));
    }
}
