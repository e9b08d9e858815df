//! Messages out of bytes as they come in.

use bytes::{Buf, Bytes, BytesMut};

use super::message::{Message, PRELUDE, Prelude};
use crate::error::Error;

/// Cuts a stream of bytes into messages: what a service answers, or a service receives.
///
/// Holds no more than one message and the piece that was pushed last; a length over the limit is refused before
/// a byte of its message is waited for.
///
/// ```
/// use sigv4_core::body::event_stream::{Decoder, Message};
///
/// let wire = Message::new(&b"hello"[..]).encode()?;
/// let mut decoder = Decoder::default();
/// decoder.push(&wire[..7]);
/// assert!(decoder.next()?.is_none());
/// decoder.push(&wire[7..]);
/// assert_eq!(decoder.next()?.unwrap().payload(), "hello");
/// assert!(decoder.is_empty());
/// # Ok::<(), sigv4_core::Error>(())
/// ```
#[derive(Debug, Default)]
pub struct Decoder {
    held: BytesMut,
}

impl Decoder {
    /// Takes the next bytes.
    pub fn push(&mut self, bytes: &[u8]) {
        self.held.extend_from_slice(bytes);
    }

    /// The next message, if all of it is there. An error of kind `Payload` says what is wrong with it; nothing that
    /// follows can be read then.
    #[expect(clippy::should_implement_trait, reason = "it can fail, and ends where more bytes are needed")]
    pub fn next(&mut self) -> Result<Option<Message>, Error> {
        if self.held.len() < PRELUDE {
            return Ok(None);
        }
        let length = Prelude::read(&self.held)?.length;
        // Memory grows with what has come, not with what was said to come.
        if self.held.len() < length {
            return Ok(None);
        }
        let message: Bytes = self.held.copy_to_bytes(length);
        Message::decode(&message).map(Some)
    }

    /// Whether nothing is left over: a stream that ends otherwise was cut off.
    pub fn is_empty(&self) -> bool {
        self.held.is_empty()
    }
}
