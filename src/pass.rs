//! One pass: read addresses, decide, send, record, save, log.
