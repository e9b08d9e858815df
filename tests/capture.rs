//! Servers on loopback that keep what arrives, and check it without the project's own code.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, percent_encode};
use sha2::{Digest, Sha256};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use crate::peer::Peer;
use crate::plain::{hex, query_pairs};

/// A request as it arrived.
#[derive(Debug, Clone)]
pub struct Captured {
    /// The method.
    pub method: String,
    /// Path and query, as they stood on the wire.
    pub target: String,
    /// Names in lower case, values raw, in the order of the wire. HTTP/2's `:authority` counts as `host`.
    pub headers: Vec<(String, Vec<u8>)>,
    /// The body.
    pub body: Vec<u8>,
}

/// What a server does besides: it is called with the number of the request, from 0.
type Hook = Arc<dyn Fn(usize) + Send + Sync>;

/// A server on loopback.
pub struct Server {
    address: SocketAddr,
    seen: Arc<Seen>,
}

#[derive(Default)]
struct Seen {
    connections: AtomicUsize,
    bytes: AtomicUsize,
    answered: AtomicUsize,
    requests: Mutex<Vec<Captured>>,
}

impl Server {
    /// A server of HTTP/1.1. It answers with these statuses in turn, and goes on with the last.
    pub async fn http1(answers: &[u16]) -> Self {
        Self::http1_with(answers, |_| {}).await
    }

    /// As [`http1`](Self::http1), and calls `hook` before each answer.
    pub async fn http1_with(answers: &[u16], hook: impl Fn(usize) + Send + Sync + 'static) -> Self {
        let (answers, hook): (Arc<[u16]>, Hook) = (answers.into(), Arc::new(hook));
        Self::start(move |stream, seen| serve_http1(stream, seen, answers.clone(), hook.clone())).await
    }

    /// A server of HTTP/2 over plain TCP, which answers 200.
    pub async fn http2() -> Self {
        Self::start(serve_http2).await
    }

    async fn start<F: Future<Output = ()> + Send + 'static>(
        serve: impl Fn(TcpStream, Arc<Seen>) -> F + Send + 'static,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port on loopback");
        let address = listener.local_addr().expect("an address");
        let seen = Arc::new(Seen::default());
        let shared = Arc::clone(&seen);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                shared.connections.fetch_add(1, Ordering::SeqCst);
                tokio::spawn(serve(stream, Arc::clone(&shared)));
            }
        });
        Self { address, seen }
    }

    /// The address.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// `http://127.0.0.1:port`.
    pub fn origin(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The requests that came since they were last taken.
    pub fn take(&self) -> Vec<Captured> {
        std::mem::take(&mut self.seen.requests.lock().expect("no panic"))
    }

    /// The only request that came since they were last taken.
    pub fn take_one(&self) -> Captured {
        let mut requests = self.take();
        assert_eq!(requests.len(), 1, "{requests:?}");
        requests.remove(0)
    }

    /// How many connections were opened.
    pub fn connections(&self) -> usize {
        self.seen.connections.load(Ordering::SeqCst)
    }

    /// How many bytes came over HTTP/1.
    pub fn bytes(&self) -> usize {
        self.seen.bytes.load(Ordering::SeqCst)
    }
}

async fn serve_http1(mut stream: TcpStream, seen: Arc<Seen>, answers: Arc<[u16]>, hook: Hook) {
    let mut unread = Vec::new();
    while let Some(request) = read_request(&mut stream, &mut unread, &seen).await {
        let number = seen.answered.fetch_add(1, Ordering::SeqCst);
        seen.requests.lock().expect("no panic").push(request);
        hook(number);
        let status = answers.get(number).or(answers.last()).expect("an answer");
        let answer = format!("HTTP/1.1 {status} Answer\r\ncontent-length: 0\r\n\r\n");
        if stream.write_all(answer.as_bytes()).await.is_err() {
            return;
        }
    }
}

/// Reads one request, by RFC 9112 as far as clients go; `None` at the end of the connection.
async fn read_request(stream: &mut TcpStream, unread: &mut Vec<u8>, seen: &Seen) -> Option<Captured> {
    let end = loop {
        match unread.windows(4).position(|four| four == b"\r\n\r\n") {
            Some(end) => break end,
            None => more(stream, unread, seen).await?,
        }
    };
    let head: Vec<u8> = unread.drain(..end + 4).collect();
    let mut lines = head[..end].split(|&byte| byte == b'\n').map(|line| line.trim_ascii_end());
    let line = String::from_utf8(lines.next()?.to_vec()).expect("a request line in UTF-8");
    let mut parts = line.split(' ');
    let (method, target) = (parts.next()?.to_owned(), parts.next()?.to_owned());
    assert_eq!(parts.next(), Some("HTTP/1.1"), "{line}");
    let headers: Vec<(String, Vec<u8>)> = lines
        .map(|line| {
            let colon = line.iter().position(|&byte| byte == b':').expect("a header");
            let name = String::from_utf8_lossy(&line[..colon]).to_ascii_lowercase();
            (name, line[colon + 1..].trim_ascii().to_vec())
        })
        .collect();
    let header = |wanted: &str| headers.iter().find(|(name, _)| name == wanted).map(|(_, value)| &value[..]);
    let mut body = Vec::new();
    if header("transfer-encoding") == Some(b"chunked") {
        loop {
            let line = read_line(stream, unread, seen).await?;
            let size = usize::from_str_radix(line.trim(), 16).expect("the size of a chunk");
            if size == 0 {
                read_line(stream, unread, seen).await?;
                break;
            }
            body.extend(read_bytes(stream, unread, seen, size).await?);
            read_line(stream, unread, seen).await?;
        }
    } else if let Some(length) = header("content-length") {
        let length = std::str::from_utf8(length).ok()?.parse().expect("a length");
        body = read_bytes(stream, unread, seen, length).await?;
    }
    Some(Captured { method, target, headers, body })
}

async fn read_line(stream: &mut TcpStream, unread: &mut Vec<u8>, seen: &Seen) -> Option<String> {
    let end = loop {
        match unread.iter().position(|&byte| byte == b'\n') {
            Some(end) => break end,
            None => more(stream, unread, seen).await?,
        }
    };
    String::from_utf8(unread.drain(..=end).collect()).ok()
}

async fn read_bytes(
    stream: &mut TcpStream,
    unread: &mut Vec<u8>,
    seen: &Seen,
    count: usize,
) -> Option<Vec<u8>> {
    while unread.len() < count {
        more(stream, unread, seen).await?;
    }
    Some(unread.drain(..count).collect())
}

async fn more(stream: &mut TcpStream, unread: &mut Vec<u8>, seen: &Seen) -> Option<()> {
    let read = stream.read_buf(unread).await.ok().filter(|read| *read > 0)?;
    seen.bytes.fetch_add(read, Ordering::SeqCst);
    Some(())
}

async fn serve_http2(stream: TcpStream, seen: Arc<Seen>) {
    let Ok(mut connection) = h2::server::handshake(stream).await else { return };
    while let Some(Ok((request, mut respond))) = connection.accept().await {
        let seen = Arc::clone(&seen);
        tokio::spawn(async move {
            let (parts, mut stream) = request.into_parts();
            let mut body = Vec::new();
            while let Some(Ok(data)) = stream.data().await {
                let _ = stream.flow_control().release_capacity(data.len());
                body.extend_from_slice(&data);
            }
            let mut headers = Vec::new();
            if let Some(authority) = parts.uri.authority() {
                headers.push(("host".to_owned(), authority.as_str().as_bytes().to_vec()));
            }
            for (name, value) in &parts.headers {
                headers.push((name.as_str().to_owned(), value.as_bytes().to_vec()));
            }
            let target = parts.uri.path_and_query().map_or("/", |target| target.as_str()).to_owned();
            let request = Captured { method: parts.method.to_string(), target, headers, body };
            seen.requests.lock().expect("no panic").push(request);
            let _ = respond.send_response(http::Response::new(()), true);
        });
    }
}

/// Who must have signed, and for what.
#[derive(Debug, Clone, Copy)]
pub struct Expected<'a> {
    /// The access key id.
    pub access_key_id: &'a str,
    /// The secret access key.
    pub secret_access_key: &'a str,
    /// The session token.
    pub session_token: Option<&'a str>,
    /// The region of the scope.
    pub region: &'a str,
    /// The service of the scope.
    pub service: &'a str,
}

/// What S3 leaves raw in a path.
const S3_RAW: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~').remove(b'/');

impl Captured {
    /// The value of a header that came once.
    pub fn header(&self, name: &str) -> Option<&str> {
        let mut values = self.headers.iter().filter(|(header, _)| header == name);
        let value = values.next().map(|(_, value)| std::str::from_utf8(value).expect("UTF-8"));
        assert!(values.next().is_none(), "{name} came twice: {self:?}");
        value
    }

    fn sha256(&self) -> String {
        hex(&Sha256::digest(&self.body))
    }

    fn is_s3(service: &str) -> bool {
        matches!(service, "s3" | "s3express")
    }

    fn peer(&self, expected: &Expected<'_>, signed_headers: &[&str]) -> Peer {
        let host = self.header("host").expect("a host arrived");
        let own = |text: &str| text.to_owned();
        let s3 = Self::is_s3(expected.service);
        if s3 {
            let path = self.target.split('?').next().expect("a path");
            let decoded: Vec<u8> = percent_decode_str(path).collect();
            let normal = percent_encode(&decoded, S3_RAW).to_string();
            assert_eq!(path, normal, "S3 reckons with the second form");
        }
        let signed = self.headers.iter().filter(|(name, _)| signed_headers.contains(&name.as_str()));
        Peer {
            method: self.method.clone(),
            url: format!("http://{host}{}", self.target),
            headers: signed
                .map(|(name, value)| (name.clone(), String::from_utf8(value.clone()).expect("UTF-8")))
                .collect(),
            unsigned: Vec::new(),
            payload_hash: String::new(),
            content_sha256: false,
            access_key_id: own(expected.access_key_id),
            secret_access_key: own(expected.secret_access_key),
            session_token: expected.session_token.map(own),
            omit_session_token: false,
            s3_express: expected.service == "s3express",
            date: String::new(),
            region: own(expected.region),
            service: own(expected.service),
            normalize_path: !s3,
            double_encode: !s3,
            expires: None,
        }
    }

    /// The signature in the `Authorization` header is right by the reckoning of `aws-sigv4`, and covers all that it
    /// has to: `host`, every `x-amz-*` header, and the body that arrived unless it says that it does not.
    pub fn assert_signed(&self, expected: &Expected<'_>) {
        let authorization = self.header("authorization").unwrap_or_else(|| panic!("unsigned: {self:?}"));
        let list = authorization.split_once("SignedHeaders=").expect("SignedHeaders").1;
        let list: Vec<&str> = list.split(',').next().expect("a list").split(';').collect();
        for (name, _) in &self.headers {
            let must = name == "host" || (name.starts_with("x-amz-") && name != "x-amz-cf-id");
            assert!(!must || list.contains(&name.as_str()), "{name} is not signed: {authorization}");
        }

        let date = self.header("x-amz-date").expect("x-amz-date arrived").to_owned();
        let sent_token = self.header(match expected.service {
            "s3express" => "x-amz-s3session-token",
            _ => "x-amz-security-token",
        });
        assert_eq!(sent_token, expected.session_token);
        let content_sha256 = self.header("x-amz-content-sha256");
        assert!(content_sha256.is_some() || !Self::is_s3(expected.service), "{self:?}");
        let payload_hash = match content_sha256 {
            None => self.sha256(),
            Some(stated) if stated.len() == 64 => {
                assert_eq!(stated, self.sha256(), "of the body that arrived");
                stated.to_owned()
            }
            Some(literal) => literal.to_owned(),
        };
        let right = Peer { date, payload_hash, ..self.peer(expected, &list) }.sign();
        let right = right.headers.into_iter().find(|(name, _)| name == "authorization").expect("a header").1;
        assert_eq!(authorization, right, "{self:?}");
    }

    /// The signature in the query is right by the reckoning of `aws-sigv4`; `payload_hash` is `None` for the hash of
    /// the body that arrived.
    pub fn assert_presigned(&self, expected: &Expected<'_>, payload_hash: Option<&str>) {
        assert!(self.header("authorization").is_none(), "{self:?}");
        let (path, query) = self.target.split_once('?').expect("a query");
        let pairs = query_pairs(query);
        let parameter = |wanted: &str| {
            let mut found = pairs.iter().filter(|(name, _)| name == wanted).map(|(_, value)| value.clone());
            let value = found.next();
            assert!(found.next().is_none(), "{wanted} is there twice: {query}");
            value
        };
        let list = parameter("X-Amz-SignedHeaders").expect("X-Amz-SignedHeaders");
        let list: Vec<&str> = list.split(';').collect();
        let rest: Vec<&str> = query.split('&').filter(|pair| !pair.starts_with("X-Amz-")).collect();
        let target = if rest.is_empty() { path.to_owned() } else { format!("{path}?{}", rest.join("&")) };
        let expires = parameter("X-Amz-Expires").expect("X-Amz-Expires").parse().expect("seconds");
        let peer = Peer {
            date: parameter("X-Amz-Date").expect("X-Amz-Date"),
            payload_hash: payload_hash.map_or_else(|| self.sha256(), str::to_owned),
            expires: Some(Duration::from_secs(expires)),
            ..Self { target, ..self.clone() }.peer(expected, &list)
        };
        for (name, value) in peer.sign().parameters {
            assert_eq!(parameter(&name).as_deref(), Some(&*value), "{name} of {query}");
        }
    }
}
