//! One line of `aws-chunked`, as it comes in.

use bytes::{Buf, Bytes};

use super::grammar::wrong;
use crate::error::Error;

const CRLF: &[u8] = b"\r\n";

/// The part of a line that has come in.
#[derive(Debug, Default)]
pub(super) struct Line(Vec<u8>);

/// How a line ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum End {
    /// It does not yet.
    Pending,
    CrLf,
    /// With a line feed alone.
    Lf,
}

impl End {
    /// Whether the line is whole. An error where it ends with a line feed alone.
    pub(super) fn strict(self) -> Result<bool, Error> {
        match self {
            Self::Pending => Ok(false),
            Self::CrLf => Ok(true),
            Self::Lf => Err(wrong("a line of the chunked body does not end with CR LF")),
        }
    }
}

impl Line {
    /// Reads on, up to the end of a line of at most `longest` bytes. Once it is whole it is without its end.
    pub(super) fn read(&mut self, rest: &mut Bytes, longest: usize) -> Result<End, Error> {
        let room = (longest + CRLF.len()).saturating_sub(self.0.len());
        let seen = &rest[..room.min(rest.len())];
        let feed = seen.iter().position(|byte| *byte == b'\n');
        let taken = feed.map_or(seen.len(), |feed| feed + 1);
        self.0.extend_from_slice(&seen[..taken]);
        rest.advance(taken);
        if feed.is_none() {
            if taken < room {
                return Ok(End::Pending);
            }
            return Err(wrong("a line of the chunked body, or data, is longer than it may be"));
        }
        let (end, len) = if self.0.ends_with(CRLF) { (End::CrLf, CRLF.len()) } else { (End::Lf, 1) };
        self.0.truncate(self.0.len() - len);
        Ok(end)
    }

    /// The bytes, for as long as the decoder changes; [`reuse`](Self::reuse) gives back their memory.
    pub(super) fn take(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.0)
    }

    pub(super) fn reuse(&mut self, mut line: Vec<u8>) {
        line.clear();
        self.0 = line;
    }

    pub(super) fn clear(&mut self) {
        self.0.clear();
    }
}
