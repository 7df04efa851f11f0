//! What ureq says -> why no reply came.

use std::io::ErrorKind;

use ureq::Error;

use super::super::tcp::ADDRESS_GONE;
use crate::provider::failure::Failure;

/// Why no reply came.
pub(in super::super) fn failure(error: &Error) -> Failure {
    match error {
        Error::HostNotFound => Failure::Resolve,
        Error::Timeout(_) => Failure::ReplyTimeout,
        Error::Io(error) => io_failure(error),
        Error::Tls(_) => Failure::Tls,
        Error::BodyExceedsLimit(_) => Failure::TooLarge,
        Error::LargeResponseHeader(..)
        | Error::Protocol(ureq_proto::Error::HttpParseTooManyHeaders) => Failure::HeadTooLarge,
        _ => Failure::Malformed,
    }
}

fn io_failure(error: &std::io::Error) -> Failure {
    if let Some(inner) = error.get_ref() {
        if let Some(failure) = inner.downcast_ref::<Failure>() {
            return *failure;
        }
        if let Some(error) = inner.downcast_ref::<Error>() {
            return failure(error);
        }
    }
    match error.kind() {
        ErrorKind::TimedOut => Failure::ReplyTimeout,
        ErrorKind::InvalidData => Failure::Malformed,
        ADDRESS_GONE => Failure::AddressLost,
        _ => Failure::Closed,
    }
}
