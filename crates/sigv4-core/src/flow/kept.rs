//! What is kept of a request to sign and send it once more.

use std::cell::RefCell;
use std::fmt;
use std::ops::Range;

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Method};

use super::state_empty_body;

/// A request as it was before it was signed: its head, and its body where that is in memory.
///
/// All of it stands in one buffer, which the thread that drops it uses again. So keeping a request takes no allocation, once
/// a thread has kept some, but where a body of more than [`COPIED`] bytes is shared for the first time.
///
/// ```
/// use http::{HeaderMap, HeaderValue, Method};
/// use sigv4_core::flow::Kept;
///
/// let headers = HeaderMap::from_iter([(http::header::ACCEPT, HeaderValue::from_static("text/plain"))]);
/// let mut kept = Kept::new(&Method::PUT, Some("example.com"), &["https://example.com", "/a?b"], &headers);
/// kept.keep_body(&bytes::Bytes::from_static(b"hello"));
/// assert_eq!((kept.uri(), kept.host()), ("https://example.com/a?b", Some("example.com")));
/// assert_eq!(kept.headers(), headers);
/// assert_eq!(kept.body().unwrap(), "hello");
/// ```
pub struct Kept {
    method: Method,
    /// The host, the URI, the headers, and a body that was copied; behind them what is left of other requests.
    buffer: Vec<u8>,
    host: Option<usize>,
    uri: Range<usize>,
    headers: Range<usize>,
    body: KeptBody,
}

/// A body of up to this many bytes is copied, which costs less than to share it.
pub const COPIED: usize = 4096;

enum KeptBody {
    Gone,
    /// Behind the headers, so many bytes.
    Copied(usize),
    Shared(Bytes),
}

impl Kept {
    /// Keeps a request's head: its method, the host that it is sent to, its URI in any number of pieces, its headers.
    pub fn new(method: &Method, host: Option<&str>, uri: &[&str], headers: &HeaderMap) -> Self {
        // One write for each piece, into room that is there: growing bit by bit would cost more than the copies.
        let head: usize = headers.iter().map(|(name, value)| name.as_str().len() + value.len() + 3).sum();
        let before = host.map_or(0, str::len) + uri.iter().map(|piece| piece.len()).sum::<usize>();
        let mut written = Written { buffer: spare(before + head), len: 0 };
        written.put(host.unwrap_or_default().as_bytes());
        let begin = written.len;
        uri.iter().for_each(|piece| written.put(piece.as_bytes()));
        let end = written.len;
        for (name, value) in headers {
            // Neither a name nor a value can hold a line feed.
            written.put(if value.is_sensitive() { b"!" } else { b" " });
            written.put(name.as_str().as_bytes());
            written.put(b"\n");
            written.put(value.as_bytes());
            written.put(b"\n");
        }
        Self {
            method: method.clone(),
            host: host.map(|_| begin),
            uri: begin..end,
            headers: end..written.len,
            buffer: written.buffer,
            body: KeptBody::Gone,
        }
    }

    /// Keeps the whole body, too. Without this the request cannot be sent again.
    pub fn keep_body(&mut self, body: &Bytes) {
        self.body = if body.len() <= COPIED {
            let end = self.headers.end + body.len();
            if self.buffer.len() < end {
                self.buffer.resize(end, 0);
            }
            self.buffer[self.headers.end..end].copy_from_slice(body);
            KeptBody::Copied(body.len())
        } else {
            KeptBody::Shared(body.clone())
        };
    }

    /// The method.
    pub fn method(&self) -> &Method {
        &self.method
    }

    /// The host that the request was sent to.
    pub fn host(&self) -> Option<&str> {
        Some(self.text(0..self.host?))
    }

    /// The URI.
    pub fn uri(&self) -> &str {
        self.text(self.uri.clone())
    }

    /// The headers. Of an upload whose kept body is empty they [say so](super::state_empty_body): it may have turned out to be only
    /// after the head was kept.
    pub fn headers(&self) -> HeaderMap {
        let mut headers = HeaderMap::new();
        let mut lines = self.bytes(self.headers.clone()).split(|byte| *byte == b'\n');
        while let (Some([flag, name @ ..]), Some(value)) = (lines.next(), lines.next()) {
            // Both were taken from a map.
            let (Ok(name), Ok(mut value)) = (HeaderName::from_bytes(name), HeaderValue::from_bytes(value))
            else {
                continue;
            };
            value.set_sensitive(*flag == b'!');
            headers.append(name, value);
        }
        if self.body_len() == Some(0) {
            state_empty_body(&self.method, &mut headers);
        }
        headers
    }

    /// The body; `None` if the request cannot be sent again.
    pub fn body(&self) -> Option<Bytes> {
        match &self.body {
            KeptBody::Gone => None,
            KeptBody::Copied(len) => {
                let end = self.headers.end;
                Some(Bytes::copy_from_slice(self.bytes(end..end + len)))
            }
            KeptBody::Shared(body) => Some(body.clone()),
        }
    }

    /// The length of the body in bytes; `None` if that was not kept.
    pub fn body_len(&self) -> Option<u64> {
        match &self.body {
            KeptBody::Gone => None,
            KeptBody::Copied(len) => Some(*len as u64),
            KeptBody::Shared(body) => Some(body.len() as u64),
        }
    }

    fn bytes(&self, range: Range<usize>) -> &[u8] {
        self.buffer.get(range).unwrap_or_default()
    }

    fn text(&self, range: Range<usize>) -> &str {
        std::str::from_utf8(self.bytes(range)).unwrap_or_default()
    }
}

/// A buffer with room for all that is put into it.
struct Written {
    buffer: Vec<u8>,
    len: usize,
}

impl Written {
    fn put(&mut self, bytes: &[u8]) {
        let end = self.len + bytes.len();
        if let Some(room) = self.buffer.get_mut(self.len..end) {
            room.copy_from_slice(bytes);
            self.len = end;
        }
    }
}

impl Drop for Kept {
    fn drop(&mut self) {
        give_back(std::mem::take(&mut self.buffer));
    }
}

/// Lengths in place of what was kept, which can hold tokens and customers' keys.
impl fmt::Debug for Kept {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Kept")
            .field("method", &self.method)
            .field("host", &self.host())
            .field("head_len", &self.headers.end)
            .finish_non_exhaustive()
    }
}

/// Buffers that a thread has no use for at the moment.
const MAX_SPARE: usize = 64;
/// Larger ones are freed.
const MAX_LEN: usize = 16 * 1024;

thread_local! {
    static SPARE: RefCell<Vec<Vec<u8>>> = const { RefCell::new(Vec::new()) };
}

/// A buffer of at least `len` bytes.
fn spare(len: usize) -> Vec<u8> {
    let spare = SPARE.try_with(|spare| spare.try_borrow_mut().ok()?.pop()).ok().flatten();
    let mut buffer = spare.unwrap_or_default();
    if buffer.len() < len {
        buffer.resize(len.max(1024), 0);
    }
    buffer
}

fn give_back(buffer: Vec<u8>) {
    if buffer.len() > MAX_LEN {
        return;
    }
    // At the end of a thread, there is nothing left to give it back to.
    let _ = SPARE.try_with(|spare| {
        if let Ok(mut spare) = spare.try_borrow_mut()
            && spare.len() < MAX_SPARE
        {
            spare.push(buffer);
        }
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comes_back_as_it_was() {
        let mut headers = HeaderMap::new();
        headers.append("x-twice", HeaderValue::from_static("one"));
        headers.append("x-twice", HeaderValue::from_static(" two\t "));
        headers.append("x-empty", HeaderValue::from_static(""));
        headers.append("x-bytes", HeaderValue::from_bytes(b"\xff:!\x80").unwrap());
        let mut secret = HeaderValue::from_static("secret");
        secret.set_sensitive(true);
        headers.append("x-secret", secret);
        for body in [Bytes::new(), Bytes::from(vec![b'\n'; 10]), Bytes::from(vec![7; COPIED + 1])] {
            let mut kept =
                Kept::new(&Method::POST, Some("a:1"), &["http", "://", "a:1", "/p", "?q=%20"], &headers);
            assert_eq!(kept.body(), None);
            kept.keep_body(&body);
            kept.keep_body(&body);
            assert_eq!(kept.body(), Some(body));
            assert_eq!(
                (kept.method(), kept.host(), kept.uri()),
                (&Method::POST, Some("a:1"), "http://a:1/p?q=%20")
            );
            let mut back = kept.headers();
            let stated = back.remove("content-length");
            assert_eq!(stated, kept.body_len().filter(|len| *len == 0).map(HeaderValue::from));
            assert_eq!(back, headers);
            assert!(back["x-secret"].is_sensitive() && !back["x-empty"].is_sensitive());
        }
    }

    #[test]
    fn a_request_without_anything() {
        let kept = Kept::new(&Method::GET, None, &[], &HeaderMap::new());
        assert_eq!((kept.host(), kept.uri(), kept.headers().len()), (None, "", 0));
    }
}
