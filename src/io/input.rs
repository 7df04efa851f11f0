//! Standard input as a caller writes it, within limits of time and length.

use std::io::{self, ErrorKind, Read as _};
use std::time::{Duration, Instant};

use super::poll::{input, poll};

/// Everything up to the end of standard input.
///
/// # Errors
/// Also if it is longer than `max` bytes, or does not end within `limit`.
pub fn read(max: usize, limit: Duration) -> io::Result<Vec<u8>> {
    let deadline = Instant::now() + limit;
    let mut stdin = io::stdin().lock();
    let mut content = Vec::new();
    let mut chunk = [0; 1024];
    loop {
        let left = deadline.saturating_duration_since(Instant::now());
        match poll(&mut [input(&stdin)], Some(left)) {
            Err(error) => return Err(error),
            Ok(0) => return Err(ErrorKind::TimedOut.into()),
            Ok(_) => {}
        }
        let length = stdin.read(&mut chunk)?;
        content.extend_from_slice(chunk.get(..length).unwrap_or_default());
        if length == 0 {
            return Ok(content);
        }
        if content.len() > max {
            return Err(ErrorKind::FileTooLarge.into());
        }
    }
}
