//! HTTP/2: the stream is reset, and never ended. Frames as RFC 9113 has them, read from the socket.

use std::sync::Arc;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::sync::Notify;

use super::{CLIENTS, Fate, Upload, Way, linger};

const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

const DATA: u8 = 0;
const HEADERS: u8 = 1;
const RST_STREAM: u8 = 3;
const SETTINGS: u8 = 4;

/// In DATA and HEADERS.
const END_STREAM: u8 = 1;
/// In SETTINGS.
const ACK: u8 = 1;

/// What a server saw of one request, until its stream ended or was reset, or the connection closed.
#[derive(Debug, Default)]
struct Seen {
    body: Vec<u8>,
    ended: bool,
    reset: bool,
}

async fn serve(listener: TcpListener, data_seen: Arc<Notify>) -> Seen {
    let (mut stream, _) = listener.accept().await.unwrap();
    let mut preface = [0; PREFACE.len()];
    stream.read_exact(&mut preface).await.unwrap();
    assert_eq!(preface, PREFACE);
    stream.write_all(&[0, 0, 0, SETTINGS, 0, 0, 0, 0, 0]).await.unwrap();
    let mut seen = Seen::default();
    let mut head = [0; 9];
    while !(seen.reset || seen.ended) && stream.read_exact(&mut head).await.is_ok() {
        let [a, b, c, kind, flags, id @ ..] = head;
        let mut payload = vec![0; u32::from_be_bytes([0, a, b, c]) as usize];
        if stream.read_exact(&mut payload).await.is_err() {
            break;
        }
        match kind {
            SETTINGS if flags & ACK == 0 => {
                // A client that has given up does not want it any more.
                let _ = stream.write_all(&[0, 0, 0, SETTINGS, ACK, 0, 0, 0, 0]).await;
            }
            DATA | HEADERS => {
                if kind == DATA {
                    assert_eq!(flags & !END_STREAM, 0, "padded data");
                    seen.body.extend(payload);
                    data_seen.notify_one();
                }
                if flags & END_STREAM != 0 {
                    seen.ended = true;
                    // `:status: 200`, the eighth entry of the static table.
                    let mut answer = vec![0, 0, 1, HEADERS, 4 | END_STREAM];
                    answer.extend(id);
                    answer.push(0x88);
                    stream.write_all(&answer).await.unwrap();
                }
            }
            RST_STREAM => seen.reset = true,
            _ => {}
        }
    }
    linger(stream).await;
    seen
}

async fn exchange(upload: &Upload) -> Seen {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let (address, data_seen) = (listener.local_addr().unwrap(), Arc::new(Notify::new()));
    let server = tokio::spawn(serve(listener, Arc::clone(&data_seen)));
    upload.run(address, &data_seen).await;
    server.await.unwrap()
}

#[tokio::test]
async fn a_right_body_ends_the_stream() {
    for client in CLIENTS {
        for way in Way::ALL {
            let seen = exchange(&Upload::new(client, true, way, Fate::Right)).await;
            assert!(seen.ended && !seen.reset, "{client}, {way:?}");
            assert!(way.is_ended(&seen.body) && seen.body.ends_with(b"\r\n\r\n"), "{client}, {way:?}");
        }
    }
}

#[tokio::test]
async fn a_wrong_body_resets_the_stream() {
    for client in CLIENTS {
        for way in Way::ALL {
            for fate in Fate::WRONG {
                let upload = Upload::new(client, true, way, fate);
                let seen = exchange(&upload).await;
                assert!(!seen.ended, "{upload}: the stream was ended");
                assert!(!way.is_ended(&seen.body), "{upload}: the last chunk was sent");
                // Of a stream that fails at once, nothing may have been sent that could be reset.
                assert!(seen.reset || fate == Fate::ErrorAtOnce, "{upload}: the stream was not reset");
            }
        }
    }
}
