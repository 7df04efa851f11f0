//! A region's lines come back, and each client does what it does.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use crate::clients::Client;
use crate::provider::{Answer, CAPACITY, Provider};

/// A region in which the power was cut.
#[derive(Clone, Copy)]
pub struct Region {
    pub lines: u32,
    /// All lines are up again within this time, in milliseconds, evenly.
    pub spread: u64,
    pub seed: u64,
}

/// What came of it; moments are in milliseconds from the return of the power.
#[derive(Default)]
pub struct Figures {
    /// When each name that is right became so, in order.
    pub right_at: Vec<u64>,
    /// Requests of each second.
    pub requests: Vec<u32>,
}

/// A day is enough for every scenario; who is not right by then is not counted as right.
const END: u64 = 24 * 3600 * 1000;

/// Plays a region of one kind of client.
pub fn run<C: Client>(provider: Provider, region: Region, client: impl Fn(u32) -> C) -> Figures {
    let mut dice = Dice(region.seed);
    let mut clients = Vec::new();
    let mut queue = BinaryHeap::new();
    for line in 0..region.lines {
        clients.push(client(dice.throw()));
        queue.push(Reverse((u64::from(dice.throw()) % region.spread, line)));
    }
    let mut figures = Figures::default();
    while let Some(Reverse((now, line))) = queue.pop() {
        if now >= END {
            break;
        }
        let answer = provider.answers(now, figures.count(now));
        let answered = now + answer.takes();
        if matches!(answer, Answer::Good) {
            figures.right_at.push(answered);
        }
        let client = clients.get_mut(line as usize);
        if let Some(wait) = client.and_then(|client| client.after(answered, answer)) {
            queue.push(Reverse((answered + wait, line)));
        }
    }
    figures
}

/// Each line sends once, at the first moment at which the provider has room for it.
pub fn ideal(provider: Provider, region: Region) -> Figures {
    let mut dice = Dice(region.seed);
    let mut up_at = Vec::new();
    for _ in 0..region.lines {
        let _device = dice.throw();
        up_at.push(u64::from(dice.throw()) % region.spread);
    }
    up_at.sort_unstable();
    let mut figures = Figures::default();
    let mut free_at = provider.down_until;
    for up in up_at {
        let mut now = free_at.max(up);
        if figures.of_second(now) >= CAPACITY {
            now = (now / 1000 + 1) * 1000;
        }
        free_at = now;
        figures.count(now);
        figures.right_at.push(now + Answer::Good.takes());
    }
    figures
}

/// Requests of one account in 30 days, each of which is rejected.
pub fn month_of_rejections(client: &mut impl Client) -> u64 {
    const MONTH: u64 = 30 * 24 * 3600 * 1000;
    let (mut now, mut requests) = (0, 0);
    while now < MONTH {
        requests += 1;
        now += Answer::BadAuth.takes();
        match client.after(now, Answer::BadAuth) {
            Some(wait) => now += wait,
            None => break,
        }
    }
    requests
}

impl Figures {
    /// Counts a request; how many the second had before it.
    fn count(&mut self, now: u64) -> u32 {
        let second = index(now);
        if self.requests.len() <= second {
            self.requests.resize(second + 1, 0);
        }
        self.requests.get_mut(second).map_or(0, |count| std::mem::replace(count, *count + 1))
    }

    fn of_second(&self, now: u64) -> u32 {
        self.requests.get(index(now)).copied().unwrap_or(0)
    }

    /// Seconds until this share of `lines` is right; `None` if it never was.
    pub fn right_after(&self, percent: usize, lines: usize) -> Option<u64> {
        let needed = (lines * percent).div_ceil(100);
        self.right_at.get(needed.checked_sub(1)?).map(|at| at.div_ceil(1000))
    }

    /// The most requests in one second.
    pub fn peak(&self) -> u32 {
        self.requests.iter().copied().max().unwrap_or(0)
    }

    /// All requests.
    pub fn total(&self) -> u64 {
        self.requests.iter().copied().map(u64::from).sum()
    }
}

fn index(now: u64) -> usize {
    usize::try_from(now / 1000).unwrap_or(usize::MAX)
}

/// The generator `SplitMix64`: the same numbers on every machine.
struct Dice(u64);

impl Dice {
    fn throw(&mut self) -> u32 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        u32::try_from((z ^ (z >> 31)) >> 32).unwrap_or(0)
    }
}
