//! Request bodies: bytes, or a file that is read while it is sent.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::{Bytes, BytesMut};
use http_body::{Body, Frame, SizeHint};
use tokio::fs::File;
use tokio::io::{AsyncRead, ReadBuf};

/// How much of a file is read at once, in bytes.
const FRAME: usize = 64 * 1024;

/// A request's body: nothing, bytes, or a file of known length.
#[derive(Debug)]
pub enum RequestBody {
    /// Bytes in memory; `None` once they are sent, or if there are none.
    Bytes(Option<Bytes>),
    /// A file, and how many of its bytes are left.
    File {
        /// Open for reading.
        file: File,
        /// In bytes.
        left: u64,
    },
}

impl RequestBody {
    /// No body.
    pub const EMPTY: Self = Self::Bytes(None);

    /// Opens a file, whose length is taken now. An error for a folder, a pipe and all else that has no length: it would be sent
    /// as an empty body.
    pub async fn open(path: &std::path::Path) -> io::Result<Self> {
        let file = File::open(path).await?;
        let metadata = file.metadata().await?;
        if !metadata.is_file() {
            return Err(io::Error::new(
                io::ErrorKind::InvalidInput,
                "not a file, so its length is not known",
            ));
        }
        Ok(Self::File { file, left: metadata.len() })
    }
}

impl From<Bytes> for RequestBody {
    fn from(bytes: Bytes) -> Self {
        Self::Bytes(Some(bytes).filter(|bytes| !bytes.is_empty()))
    }
}

impl Body for RequestBody {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        match &mut *self {
            Self::Bytes(bytes) => Poll::Ready(bytes.take().map(|bytes| Ok(Frame::data(bytes)))),
            Self::File { left: 0, .. } => Poll::Ready(None),
            Self::File { file, left } => {
                let want = usize::try_from(*left).unwrap_or(FRAME).min(FRAME);
                let mut frame = BytesMut::zeroed(want);
                let mut buffer = ReadBuf::new(&mut frame);
                ready!(Pin::new(file).poll_read(context, &mut buffer))?;
                let read = buffer.filled().len();
                if read == 0 {
                    return Poll::Ready(Some(Err(io::Error::other(
                        "the file became shorter while it was sent",
                    ))));
                }
                frame.truncate(read);
                *left -= read as u64;
                Poll::Ready(Some(Ok(Frame::data(frame.freeze()))))
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        matches!(self, Self::Bytes(None) | Self::File { left: 0, .. })
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(match self {
            Self::Bytes(bytes) => bytes.as_ref().map_or(0, |bytes| bytes.len() as u64),
            Self::File { left, .. } => *left,
        })
    }
}
