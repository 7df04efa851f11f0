//! An answer too large to be kept, of which a few fields are: netifd lists every route of an
//! interface, and 1,500 of them fill more than 64 KiB.

use super::Malformed;
use super::blob::{self, HEADER};
use super::interface::is_used;
use super::message::{ATTRIBUTE_DATA, MAX_MESSAGE};

/// A field's header, the length of its name, and as much of the name as decides.
const PEEK: usize = HEADER + 2 + 32;

/// What is left of such a message while its bytes come.
#[derive(Debug)]
pub(super) struct Large {
    /// Bytes of the message still to come.
    left: usize,
    /// Bytes of its data still to come; 0 outside of it.
    data_left: usize,
    /// Bytes that nobody needs.
    skip: usize,
    /// The attributes beside the data.
    attributes: Vec<u8>,
    /// The fields of the data that are of use.
    fields: Vec<u8>,
}

impl Large {
    pub(super) fn new(length: usize) -> Self {
        Self { left: length, data_left: 0, skip: 0, attributes: Vec::new(), fields: Vec::new() }
    }

    /// Takes what it can use from the front of the stream; the attributes at the end of it.
    pub(super) fn take(&mut self, buffer: &mut Vec<u8>) -> Result<Option<Vec<u8>>, Malformed> {
        loop {
            let passed = self.skip.min(buffer.len());
            buffer.drain(..passed);
            self.skip -= passed;
            if self.skip > 0 {
                return Ok(None);
            }
            if self.left == 0 {
                blob::put(&mut self.attributes, ATTRIBUTE_DATA, &self.fields);
                return Ok(Some(std::mem::take(&mut self.attributes)));
            }
            if !self.next(buffer)? {
                return Ok(None);
            }
        }
    }

    /// One attribute or field; false if more bytes are needed.
    fn next(&mut self, buffer: &mut Vec<u8>) -> Result<bool, Malformed> {
        let Some((header, _)) = buffer.split_first_chunk::<HEADER>() else { return Ok(false) };
        let length = blob::announced(*header)?.next_multiple_of(4);
        let is_field = self.data_left > 0;
        if length > if is_field { self.data_left } else { self.left } {
            return Err(Malformed::Length);
        }
        if !is_field && header[0] & 0x7f == ATTRIBUTE_DATA {
            buffer.drain(..HEADER);
            self.left -= HEADER;
            self.data_left = length - HEADER;
            return Ok(true);
        }
        if buffer.len() < length.min(PEEK) {
            return Ok(false);
        }
        if is_field && !is_used(blob::name_of(buffer)) {
            self.skip = length;
        } else {
            if self.fields.len() + self.attributes.len() + length > MAX_MESSAGE {
                return Err(Malformed::TooLarge(length));
            }
            if buffer.len() < length {
                return Ok(false);
            }
            let into = if is_field { &mut self.fields } else { &mut self.attributes };
            into.extend(buffer.drain(..length));
        }
        self.left -= length;
        self.data_left = self.data_left.saturating_sub(length);
        Ok(true)
    }
}
