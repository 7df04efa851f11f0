//! What `dynhost doctor` finds between this device and a name that points at it, and what to do.
//!
//! ```text
//! the edge asks -> finding: topic, verdict, sentence, what to do -> report -> text or JSON
//! ```
//!
//! In scope: what an answer means, and its exit code. Out of scope: asking, which is the command's.
//! [`Trouble`] is the table of everything that can be found; `docs/doctor.md` shows it.

mod date;
pub mod dns;
pub mod names;
pub mod nat;
mod report;
mod trouble;

pub use date::{date, days_until};
pub use report::{Finding, Report, Style};
pub use trouble::{Topic, Trouble, Verdict};
