//! The JSON of OVHcloud's newer back end.

use super::BODY_MAX;
use crate::json::is_too_deep;

/// An error of OVHcloud's APIs.
#[derive(serde::Deserialize)]
pub(super) struct ApiError {
    /// The dictionary of faults is inside a string, in the notation of another language.
    pub(super) message: heapless::String<512>,
}

impl ApiError {
    pub(super) fn parse(body: &str) -> Option<Self> {
        let mut unescaped = [0; BODY_MAX];
        if is_too_deep(body.as_bytes()) {
            return None;
        }
        let parsed = serde_json_core::from_str_escaped::<Self>(body.trim(), &mut unescaped);
        parsed.ok().map(|(error, _)| error)
    }

    pub(super) fn speaks_of_a_missing_record(&self) -> bool {
        let message = self.message.to_ascii_lowercase();
        message.contains("record")
            && ["no ", "not found", "not exist"].iter().any(|no| message.contains(no))
    }
}
