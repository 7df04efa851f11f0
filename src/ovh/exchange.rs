//! Who sends the API's calls.

use super::call::Call;
use super::error::Trouble;
use super::values::Response;

/// Sends one call, signed, at most 60 a minute, and brings its answer back.
///
/// The caller has the clock, the keys and the line. `/auth/time`, `/auth/credential` and the token
/// endpoint take no signature ([`needs_signature`]).
pub trait Exchange {
    /// The answer, whatever its status.
    ///
    /// # Errors
    /// [`Trouble::Failed`] if there is none.
    fn exchange(&mut self, call: &Call) -> Result<Response, Trouble>;
}

/// Whether the call is signed, or carries a token.
#[must_use]
pub fn needs_signature(call: &Call) -> bool {
    !matches!(call.path.as_str(), "/auth/time" | "/auth/credential")
}
