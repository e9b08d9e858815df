//! What is kept of a request to sign and send it once more.

use std::cell::RefCell;
use std::fmt;
use std::ops::Range;

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Method};

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
    /// The host, the URI, the headers, and a body that was copied.
    buffer: Vec<u8>,
    host: Option<u32>,
    uri: Range<u32>,
    headers: Range<u32>,
    body: KeptBody,
}

/// A body of up to this many bytes is copied, which costs less than to share it.
pub const COPIED: usize = 4096;

enum KeptBody {
    Gone,
    Copied,
    Shared(Bytes),
}

impl Kept {
    /// Keeps a request's head: its method, the host that it is sent to, its URI in any number of pieces, its headers.
    pub fn new(method: &Method, host: Option<&str>, uri: &[&str], headers: &HeaderMap) -> Self {
        let mut buffer = spare();
        buffer.extend_from_slice(host.unwrap_or_default().as_bytes());
        let begin = len(&buffer);
        uri.iter().for_each(|piece| buffer.extend_from_slice(piece.as_bytes()));
        let end = len(&buffer);
        for (name, value) in headers {
            // Neither a name nor a value can hold a line feed.
            buffer.push(if value.is_sensitive() { b'!' } else { b' ' });
            buffer.extend_from_slice(name.as_str().as_bytes());
            buffer.push(b'\n');
            buffer.extend_from_slice(value.as_bytes());
            buffer.push(b'\n');
        }
        Self {
            method: method.clone(),
            host: host.map(|_| begin),
            uri: begin..end,
            headers: end..len(&buffer),
            buffer,
            body: KeptBody::Gone,
        }
    }

    /// Keeps the whole body, too. Without this the request cannot be sent again.
    pub fn keep_body(&mut self, body: &Bytes) {
        self.buffer.truncate(self.headers.end as usize);
        self.body = if body.len() <= COPIED {
            self.buffer.extend_from_slice(body);
            KeptBody::Copied
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

    /// The headers.
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
        headers
    }

    /// The body; `None` if the request cannot be sent again.
    pub fn body(&self) -> Option<Bytes> {
        match &self.body {
            KeptBody::Gone => None,
            KeptBody::Copied => Some(Bytes::copy_from_slice(&self.buffer[self.headers.end as usize..])),
            KeptBody::Shared(body) => Some(body.clone()),
        }
    }

    /// The length of the body in bytes; `None` if that was not kept.
    pub fn body_len(&self) -> Option<u64> {
        match &self.body {
            KeptBody::Gone => None,
            KeptBody::Copied => Some((self.buffer.len() - self.headers.end as usize) as u64),
            KeptBody::Shared(body) => Some(body.len() as u64),
        }
    }

    fn bytes(&self, range: Range<u32>) -> &[u8] {
        self.buffer.get(range.start as usize..range.end as usize).unwrap_or_default()
    }

    fn text(&self, range: Range<u32>) -> &str {
        std::str::from_utf8(self.bytes(range)).unwrap_or_default()
    }
}

/// Heads are no longer than what a server reads, far below four gigabytes.
fn len(buffer: &[u8]) -> u32 {
    u32::try_from(buffer.len()).unwrap_or(u32::MAX)
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
            .field("headers_len", &self.headers.len())
            .finish_non_exhaustive()
    }
}

/// Buffers that a thread has no use for at the moment.
const MAX_SPARE: usize = 64;
/// Larger ones are freed.
const MAX_CAPACITY: usize = 16 * 1024;

thread_local! {
    static SPARE: RefCell<Vec<Vec<u8>>> = const { RefCell::new(Vec::new()) };
}

fn spare() -> Vec<u8> {
    let spare = SPARE.try_with(|spare| spare.try_borrow_mut().ok()?.pop()).ok().flatten();
    spare.unwrap_or_else(|| Vec::with_capacity(1024))
}

fn give_back(mut buffer: Vec<u8>) {
    if buffer.capacity() > MAX_CAPACITY {
        return;
    }
    buffer.clear();
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
            let back = kept.headers();
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
