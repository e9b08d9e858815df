//! HTTP/1: the connection closes before `content-length` bytes have come.

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use super::{CLIENTS, Fate, MODES, WRONG, check, send};
use sigv4_core::body::chunked::ChunkedMode;

/// What a server saw of one request: the announced length, and the bytes of the body until it was whole or the
/// connection closed. A body that fails at once may keep the whole request from being sent.
async fn serve(listener: TcpListener) -> (Option<usize>, Vec<u8>) {
    let (mut stream, _) = listener.accept().await.unwrap();
    let mut received = Vec::new();
    let mut length = None;
    loop {
        if length.is_none()
            && let Some(end) = received.windows(4).position(|window| window == b"\r\n\r\n")
        {
            let head = String::from_utf8(received.drain(..end + 4).collect()).unwrap().to_ascii_lowercase();
            assert!(head.contains("\r\nx-amz-decoded-content-length: 20000\r\n"), "{head}");
            assert!(!head.contains("\r\ntransfer-encoding"), "{head}");
            let after = head.split("\r\ncontent-length: ").nth(1).unwrap();
            length = after.split("\r\n").next().unwrap().parse().ok();
        }
        if length.is_some_and(|length| received.len() >= length) {
            stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n").await.unwrap();
            break;
        }
        // A connection that was reset is closed as well.
        if stream.read_buf(&mut received).await.unwrap_or_default() == 0 {
            break;
        }
    }
    (length, received)
}

async fn upload(client: &str, mode: ChunkedMode, fate: Fate) -> (Option<usize>, Vec<u8>) {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let address = listener.local_addr().unwrap();
    let server = tokio::spawn(serve(listener));
    check(client, fate, send(client, false, address, mode, fate).await);
    server.await.unwrap()
}

#[tokio::test]
async fn a_right_body_is_whole() {
    for client in CLIENTS {
        for mode in MODES {
            let (length, body) = upload(client, mode, Fate::Right).await;
            assert_eq!(Some(body.len()), length);
            assert!(body.ends_with(b"\r\n\r\n"));
        }
    }
}

#[tokio::test]
async fn a_wrong_body_closes_the_connection() {
    for client in CLIENTS {
        for mode in MODES {
            for fate in WRONG {
                let (length, body) = upload(client, mode, fate).await;
                let whole = length.is_some_and(|length| body.len() >= length);
                assert!(!whole, "{fate:?} through {client}: {} bytes of {length:?}", body.len());
                let last_chunk = if mode.signs_chunks() { "\r\n0;chunk-signature=" } else { "\r\n0\r\n" };
                let ended = body.windows(last_chunk.len()).any(|window| window == last_chunk.as_bytes());
                assert!(!ended, "{fate:?} through {client}: the last chunk was sent");
            }
        }
    }
}
