//! The provider: what it takes in a second, and what it does with what is above that.

/// Requests that it carries out in a second.
pub const CAPACITY: u32 = 500;

/// What happens to a request above the capacity.
#[derive(Clone, Copy)]
pub enum Above {
    /// The connection is refused.
    Refuse,
    /// The connection is not answered.
    Silence,
    /// A front end answers for it.
    Busy { status: u16, retry_after: Option<u32> },
}

/// The provider's plan.
#[derive(Clone, Copy)]
pub struct Provider {
    pub above: Above,
    /// It refuses every connection up to this moment, in milliseconds.
    pub down_until: u64,
}

/// What comes of a request.
#[derive(Clone, Copy)]
pub enum Answer {
    Good,
    BadAuth,
    Refused,
    Silence,
    Busy { status: u16, retry_after: Option<u32> },
}

impl Provider {
    pub fn new(above: Above) -> Self {
        Self { above, down_until: 0 }
    }

    /// The answer to the nth request of a second; from 0.
    pub fn answers(&self, now: u64, nth: u32) -> Answer {
        match self.above {
            _ if now < self.down_until => Answer::Refused,
            _ if nth < CAPACITY => Answer::Good,
            Above::Refuse => Answer::Refused,
            Above::Silence => Answer::Silence,
            Above::Busy { status, retry_after } => Answer::Busy { status, retry_after },
        }
    }
}

impl Answer {
    /// Milliseconds until a client has it; silence is given up after 15 seconds.
    pub fn takes(self) -> u64 {
        match self {
            Self::Refused => 20,
            Self::Silence => 15_000,
            Self::Good | Self::BadAuth | Self::Busy { .. } => 80,
        }
    }
}
