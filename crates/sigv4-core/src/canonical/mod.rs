//! Step 1 of the specification: the canonical request.
//!
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html>

pub(crate) mod encode;
mod headers;
mod name_start;
mod path;
mod query;
mod sink;
mod words;

pub use headers::CanonicalHeaders;
pub use sink::Sink;

pub(crate) use name_start::{KnownName, NameStart, NameStarts};
pub use query::Query;
pub(crate) use query::{CanonicalQuery, pairs};
pub(crate) use sink::{HashSink, Room, Text};

/// A request in the one form that both sides hash.
///
/// Borrowed from the request as it goes on the wire: nothing is parsed into a URL, nothing rewritten.
pub struct CanonicalRequest<'a, 'h> {
    /// The method, as sent.
    pub method: &'a str,
    /// The path, as sent; empty counts as `/`.
    pub path: &'a str,
    /// The query string, as sent, without `?`: text, or in its canonical form already.
    pub query: Query<'a>,
    /// Whether empty and dot segments of the path are removed: everywhere but S3.
    pub normalize_path: bool,
    /// Whether the path is encoded once more: everywhere but S3.
    pub double_encode: bool,
    /// The headers that are signed, sorted.
    pub headers: &'a CanonicalHeaders<'h>,
    /// The last line: hex of the payload's SHA-256, or a literal such as `UNSIGNED-PAYLOAD`.
    pub payload_hash: &'a str,
}

impl CanonicalRequest<'_, '_> {
    /// Puts the canonical request into `sink`.
    pub fn put(&self, sink: &mut impl Sink) {
        self.put_head(sink);
        self.headers.put_names(sink);
        sink.put_all([b"\n", self.payload_hash.as_bytes()]);
    }

    /// Everything before the list of signed headers.
    pub(crate) fn put_head(&self, sink: &mut impl Sink) {
        sink.put_all([self.method.as_bytes(), b"\n"]);
        path::put_path(sink, self.path.as_bytes(), self.normalize_path, self.double_encode);
        sink.put(b"\n");
        self.query.put(sink);
        sink.put(b"\n");
        self.headers.put(sink);
        sink.put(b"\n");
    }

    /// The SHA-256 of the canonical request.
    pub fn digest(&self) -> [u8; 32] {
        let mut sink = HashSink::new();
        sink.hide();
        self.put(&mut sink);
        sink.finish()
    }

    /// The canonical request as text. Bytes that are not UTF-8 (a header may hold any) show as U+FFFD.
    pub fn to_text(&self) -> String {
        let mut text = Vec::with_capacity(512);
        self.put(&mut text);
        String::from_utf8(text).unwrap_or_else(|wrong| String::from_utf8_lossy(wrong.as_bytes()).into_owned())
    }
}
