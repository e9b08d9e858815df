//! What becomes of the body of a request that is refused by its head.

use std::future::poll_fn;
use std::pin::pin;

use bytes::Bytes;
use http::Version;
use http::header::EXPECT;
use http::request::Parts;
use http_body::Body;

/// Reads a body to its end and throws it away, so that its sender gets to read the answer. A server closes a connection over HTTP/1
/// whose body it did not read; the reset that a sender gets of that overtakes the answer.
///
/// Bodies of more than `limit` bytes, or of a length that nobody knows, are left as they are: a refusal is worth no more than an
/// accepted body. So are those that the client holds back until it is told to go on. HTTP/2 ends single streams, answer first.
pub(super) async fn drain<B: Body<Data = Bytes>>(head: &Parts, body: B, limit: usize) {
    let announced = body.size_hint().exact();
    if head.version > Version::HTTP_11
        || head.headers.contains_key(EXPECT)
        || announced.is_none_or(|length| length > limit as u64)
    {
        return;
    }
    let mut body = pin!(body);
    // The frames of a server's body add up to no more than it announced.
    while let Some(Ok(_)) = poll_fn(|context| body.as_mut().poll_frame(context)).await {}
}
