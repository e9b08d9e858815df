//! Looking at the beginning of an answer without taking it away.

use std::collections::VecDeque;
use std::fmt;
use std::future::poll_fn;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};

/// A response's body of which the beginning was looked at: the frames read so far, then the rest, as it streams in.
pub struct Peeked<B: Body> {
    read: VecDeque<Result<Frame<Bytes>, B::Error>>,
    rest: Option<B>,
}

impl<B: Body<Data = Bytes> + Unpin> Peeked<B> {
    /// A body that nobody looked at.
    pub fn untouched(body: B) -> Self {
        Self { read: VecDeque::new(), rest: Some(body) }
    }

    /// Whether the body was read to its end, so that nothing more of it is to come from the server.
    pub fn is_read(&self) -> bool {
        self.rest.is_none()
    }

    /// Reads until the body ends or fails, or `limit` bytes are there; and returns those bytes, which stay in the body.
    pub async fn look(&mut self, limit: usize) -> Bytes {
        let mut seen = 0;
        while seen < limit {
            let Some(rest) = &mut self.rest else { break };
            match poll_fn(|context| Pin::new(&mut *rest).poll_frame(context)).await {
                None => self.rest = None,
                Some(frame) => {
                    seen += frame.as_ref().ok().and_then(Frame::data_ref).map_or(0, Bytes::len);
                    let failed = frame.is_err();
                    self.read.push_back(frame);
                    if failed {
                        break;
                    }
                }
            }
        }
        let mut data = self.read.iter().filter_map(|frame| frame.as_ref().ok()?.data_ref());
        match (data.next(), data.next()) {
            (None, _) => Bytes::new(),
            (Some(only), None) => only.slice(..only.len().min(limit)),
            _ => {
                let all = self.read.iter().filter_map(|frame| frame.as_ref().ok()?.data_ref());
                all.flatten().copied().take(limit).collect()
            }
        }
    }
}

impl<B: Body> Peeked<B> {
    /// How many bytes of what was read are still to be handed on.
    fn read_len(&self) -> u64 {
        self.read.iter().filter_map(|frame| Some(frame.as_ref().ok()?.data_ref()?.len() as u64)).sum()
    }
}

/// Lengths in place of what was read: a refusal can repeat the canonical request, and with it the session token.
impl<B: Body> fmt::Debug for Peeked<B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Peeked")
            .field("read_len", &self.read_len())
            .field("is_read", &self.rest.is_none())
            .finish_non_exhaustive()
    }
}

impl<B: Body<Data = Bytes> + Unpin> Body for Peeked<B>
where
    B::Error: Unpin,
{
    type Data = Bytes;
    type Error = B::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, B::Error>>> {
        if let Some(frame) = self.read.pop_front() {
            return Poll::Ready(Some(frame));
        }
        let Some(rest) = &mut self.rest else { return Poll::Ready(None) };
        let frame = ready!(Pin::new(rest).poll_frame(context));
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        self.read.is_empty() && self.rest.as_ref().is_none_or(Body::is_end_stream)
    }

    fn size_hint(&self) -> SizeHint {
        let read = self.read_len();
        let mut hint = self.rest.as_ref().map_or_else(|| SizeHint::with_exact(0), Body::size_hint);
        if let Some(upper) = hint.upper() {
            hint.set_upper(upper.saturating_add(read));
        }
        hint.set_lower(hint.lower().saturating_add(read));
        hint
    }
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;
    use std::future::Future;
    use std::pin::pin;
    use std::task::Waker;

    use super::*;

    /// One frame, which repeats what it was sent.
    struct Repeats(Option<&'static str>);

    impl Body for Repeats {
        type Data = Bytes;
        type Error = Infallible;

        fn poll_frame(
            mut self: Pin<&mut Self>,
            _: &mut Context<'_>,
        ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
            Poll::Ready(self.0.take().map(|text| Ok(Frame::data(Bytes::from(text)))))
        }
    }

    #[test]
    fn shows_lengths_alone() {
        let mut body = Peeked::untouched(Repeats(Some("x-amz-security-token:the-token")));
        assert_eq!(format!("{body:?}"), "Peeked { read_len: 0, is_read: false, .. }");
        let seen = pin!(body.look(64)).poll(&mut Context::from_waker(Waker::noop()));
        assert!(seen.is_ready());
        assert_eq!(format!("{body:?}"), "Peeked { read_len: 30, is_read: true, .. }");
    }
}
