//! Bodies that do not keep what they announced.

use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue};
use http_body::{Body, Frame, SizeHint};

use crate::common::{Step, Steps, noise};

/// What each body announces, in bytes.
pub const SIZE: usize = 20_000;

/// The trailer that a body with an open end brings.
pub const NOTE: HeaderName = HeaderName::from_static("x-amz-meta-note");

/// How a body goes on after the first 15,000 bytes, if it comes so far.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Fate {
    Right,
    /// One byte more in the last frame.
    Longer,
    /// One byte more, in a frame after all that was announced.
    LongerLate,
    Shorter,
    ErrorAtOnce,
    Error,
    /// After the last byte.
    ErrorAtEnd,
    /// One that was not announced.
    Trailer,
    Hang,
    /// After the last byte.
    HangAtEnd,
}

impl Fate {
    /// All but the right one.
    pub const WRONG: [Self; 9] = [
        Self::Longer,
        Self::LongerLate,
        Self::Shorter,
        Self::ErrorAtOnce,
        Self::Error,
        Self::ErrorAtEnd,
        Self::Trailer,
        Self::Hang,
        Self::HangAtEnd,
    ];

    pub fn hangs(self) -> bool {
        matches!(self, Self::Hang | Self::HangAtEnd)
    }

    /// A body of this fate; with `note`, it ends with a trailer.
    pub fn body(self, note: bool) -> Announced {
        let data = noise(SIZE + 1);
        let end = match self {
            Self::ErrorAtOnce => 0,
            Self::Error | Self::Hang => 16_000,
            Self::Shorter => SIZE - 1,
            Self::Longer => SIZE + 1,
            _ => SIZE,
        };
        let mut body = Steps::data([data.slice(..end.min(15_000)), data.slice(end.min(15_000)..end)]);
        if self == Self::LongerLate {
            body = body.then(Step::Data(data.slice(SIZE..)));
        }
        match self {
            Self::ErrorAtOnce | Self::Error | Self::ErrorAtEnd => {
                body = body.then(Step::Error("the disk is gone"));
            }
            Self::Hang | Self::HangAtEnd => body = body.then(Step::Hang),
            _ => {}
        }
        let mut trailers = HeaderMap::new();
        if note {
            trailers.insert(NOTE, HeaderValue::from_static("so be it"));
        }
        if self == Self::Trailer {
            trailers.insert(HeaderName::from_static("x-late"), HeaderValue::from_static("1"));
        }
        Announced(if trailers.is_empty() { body } else { body.then(Step::Trailers(trailers)) })
    }

    /// What the error says.
    pub fn words(self) -> &'static str {
        match self {
            Self::Right => "",
            Self::Hang | Self::HangAtEnd => "the source of a streamed body, is slow or hangs",
            Self::Longer | Self::LongerLate => "longer than announced: 20001 bytes so far, 20000 announced",
            Self::Shorter => "shorter than announced: 19999 of 20000",
            Self::ErrorAtOnce | Self::Error | Self::ErrorAtEnd => "failed while it was read",
            Self::Trailer => "the trailer x-late was not announced",
        }
    }
}

/// A body that says that it has [`SIZE`] bytes.
pub struct Announced(Steps);

impl Body for Announced {
    type Data = Bytes;
    type Error = Box<dyn std::error::Error + Send + Sync>;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        Pin::new(&mut self.0).poll_frame(context)
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(SIZE as u64)
    }
}
