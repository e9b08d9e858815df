//! HTTP/1: the connection closes before `content-length` bytes have come, or before the end of `transfer-encoding: chunked`.

use std::sync::Arc;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::sync::Notify;

use super::{CLIENTS, Fate, Upload, Way};

/// What a server saw of one request.
#[derive(Debug, Default)]
struct Seen {
    head: Option<Head>,
    body: Vec<u8>,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Head {
    /// So many bytes are to come.
    ContentLength(usize),
    TransferEncodingChunked,
}

impl Seen {
    /// Whether a server would take the request for complete.
    fn is_whole(&self) -> bool {
        match self.head {
            Some(Head::ContentLength(length)) => self.body.len() >= length,
            Some(Head::TransferEncodingChunked) => self.body.ends_with(b"\r\n0\r\n\r\n"),
            None => false,
        }
    }

    /// Takes the head off once it is there. A body that fails at once may keep it from being sent.
    fn look_for_head(&mut self) {
        let Some(end) = self.body.windows(4).position(|window| window == b"\r\n\r\n") else { return };
        let head = String::from_utf8(self.body.drain(..end + 4).collect()).unwrap().to_ascii_lowercase();
        assert!(head.contains("\r\nx-amz-decoded-content-length: 20000\r\n"), "{head}");
        let value = |name: &str| head.split(name).nth(1).and_then(|after| after.split("\r\n").next());
        self.head = Some(match (value("\r\ncontent-length: "), value("\r\ntransfer-encoding: ")) {
            (Some(length), None) => Head::ContentLength(length.parse().unwrap()),
            (None, Some("chunked")) => Head::TransferEncodingChunked,
            _ => panic!("{head}"),
        });
    }
}

/// Reads one request, until it is whole or the connection closes.
async fn serve(listener: TcpListener, data_seen: Arc<Notify>) -> Seen {
    let (mut stream, _) = listener.accept().await.unwrap();
    let mut seen = Seen::default();
    loop {
        if seen.head.is_none() {
            seen.look_for_head();
        }
        if seen.is_whole() {
            stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n").await.unwrap();
            return seen;
        }
        if seen.head.is_some() && !seen.body.is_empty() {
            data_seen.notify_one();
        }
        // A connection that was reset is closed as well.
        if stream.read_buf(&mut seen.body).await.unwrap_or_default() == 0 {
            return seen;
        }
    }
}

async fn exchange(upload: &Upload) -> Seen {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let (address, data_seen) = (listener.local_addr().unwrap(), Arc::new(Notify::new()));
    let server = tokio::spawn(serve(listener, Arc::clone(&data_seen)));
    upload.run(address, &data_seen).await;
    server.await.unwrap()
}

#[tokio::test]
async fn a_right_body_is_whole() {
    for client in CLIENTS {
        for way in Way::ALL {
            let seen = exchange(&Upload::new(client, false, way, Fate::Right)).await;
            let open_end = seen.head == Some(Head::TransferEncodingChunked);
            assert_eq!(open_end, way == Way::OpenEnd, "{client}, {way:?}");
            assert!(seen.is_whole() && way.is_ended(&seen.body), "{client}, {way:?}");
        }
    }
}

#[tokio::test]
async fn a_wrong_body_closes_the_connection() {
    for client in CLIENTS {
        for way in Way::ALL {
            for fate in Fate::WRONG {
                let upload = Upload::new(client, false, way, fate);
                let seen = exchange(&upload).await;
                assert!(!seen.is_whole(), "{upload}: {} bytes of {:?}", seen.body.len(), seen.head);
                assert!(!way.is_ended(&seen.body), "{upload}: the last chunk was sent");
            }
        }
    }
}
