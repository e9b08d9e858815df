//! An HTTP/1 server that throws away what it is sent, in constant memory.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// How much a sink has thrown away.
#[derive(Debug, Clone, Default)]
pub struct Received(Arc<AtomicU64>);

impl Received {
    /// Bytes of bodies.
    pub fn bytes(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

/// Serves on a free port of 127.0.0.1. Every request must have a `content-length`.
pub async fn serve() -> io::Result<(SocketAddr, Received)> {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
    let (address, received) = (listener.local_addr()?, Received::default());
    let count = received.clone();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(drain(stream, count.clone()));
        }
    });
    Ok((address, received))
}

async fn drain(mut stream: TcpStream, received: Received) -> io::Result<()> {
    let mut buffer = vec![0; 64 * 1024];
    loop {
        let (length, mut seen) = head(&mut stream, &mut buffer).await?;
        while seen < length {
            let read = stream.read(&mut buffer).await?;
            if read == 0 {
                return Ok(());
            }
            seen += read as u64;
        }
        received.0.fetch_add(seen, Ordering::Relaxed);
        stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n").await?;
    }
}

/// The announced length, and how much of the body came with the head.
async fn head(stream: &mut TcpStream, buffer: &mut [u8]) -> io::Result<(u64, u64)> {
    let mut filled = 0;
    loop {
        let read = stream.read(&mut buffer[filled..]).await?;
        if read == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        filled += read;
        if let Some(end) = buffer[..filled].windows(4).position(|window| window == b"\r\n\r\n") {
            let head = String::from_utf8_lossy(&buffer[..end]).to_ascii_lowercase();
            let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")?.parse().ok());
            let length = length.ok_or(io::ErrorKind::InvalidData)?;
            return Ok((length, (filled - end - 4) as u64));
        }
    }
}
