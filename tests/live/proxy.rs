//! Something between client and server that changes one byte of a request.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};

/// Which byte.
#[derive(Debug, Clone)]
pub(crate) enum Change {
    Nothing,
    /// This many bytes into the body.
    Body(usize),
    /// The first one behind this text.
    After(String),
}

pub(crate) struct Proxy {
    endpoint: String,
    changed: Arc<AtomicBool>,
}

impl Proxy {
    pub(crate) fn endpoint(&self) -> &str {
        &self.endpoint
    }

    pub(crate) fn has_changed(&self) -> bool {
        self.changed.load(Ordering::SeqCst)
    }
}

/// Listens on a free port, and passes on what comes to `endpoint`.
pub(crate) async fn proxy(endpoint: &str, change: Change) -> Proxy {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let proxy =
        Proxy { endpoint: format!("http://{}", listener.local_addr().unwrap()), changed: Arc::default() };
    let server = endpoint.strip_prefix("http://").unwrap().to_owned();
    let changed = Arc::clone(&proxy.changed);
    tokio::spawn(async move {
        while let Ok((client, _)) = listener.accept().await {
            let server = TcpStream::connect(&server).await.unwrap();
            let (from_client, mut to_client) = client.into_split();
            let (mut from_server, to_server) = server.into_split();
            tokio::spawn(request(from_client, to_server, change.clone(), Arc::clone(&changed)));
            // Either end may hang up: that ends the copy, and the other end is told.
            tokio::spawn(async move { tokio::io::copy(&mut from_server, &mut to_client).await });
        }
    });
    proxy
}

/// Passes on a request; the last bytes of each read wait for the next, so that a text cannot hide between two.
async fn request(mut from: OwnedReadHalf, mut to: OwnedWriteHalf, change: Change, changed: Arc<AtomicBool>) {
    let mut passed = 0;
    let mut waiting = Vec::new();
    let mut wanted = match change {
        Change::Nothing => None,
        Change::Body(at) => Some(("\r\n\r\n", at)),
        Change::After(ref text) => Some((text.as_str(), 0)),
    };
    // Where the byte is, counted from the beginning.
    let mut at = None;
    loop {
        let read = from.read_buf(&mut waiting).await.unwrap_or_default();
        if let Some((text, further)) = wanted
            && let Some(found) = waiting.windows(text.len()).position(|window| window == text.as_bytes())
        {
            at = Some(passed + found + text.len() + further);
            wanted = None;
        }
        if let Some(here) = at.and_then(|at| waiting.get_mut(at - passed)) {
            *here ^= 1;
            at = None;
            changed.store(true, Ordering::SeqCst);
        }
        let kept = if read == 0 || (wanted.is_none() && at.is_none()) { 0 } else { 64.min(waiting.len()) };
        let rest = waiting.split_off(waiting.len() - kept);
        passed += waiting.len();
        if to.write_all(&waiting).await.is_err() || read == 0 {
            let _ = to.shutdown().await;
            return;
        }
        waiting = rest;
    }
}
