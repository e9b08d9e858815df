//! A body made of steps, and a way to read any body that needs no runtime.

use std::collections::VecDeque;
use std::pin::{Pin, pin};
use std::task::{Context, Poll, Waker};

use bytes::Bytes;
use http::HeaderMap;
use http_body::{Body, Frame, SizeHint};
use sigv4_core::body::ChecksumAlgorithm;
use sigv4_core::body::chunked::{
    ChunkSigner, ChunkVerifier, ChunkedBody, ChunkedMode, ChunkedOptions, ChunkedPlan, DecodePlan,
};
use sigv4_core::clock::AmzDate;
use sigv4_core::request::SigningParams;
use sigv4_core::signature::{Algorithm, CredentialScope, SigningKey};
use sigv4_core::{Credentials, Error};

/// What a [`Steps`] body does next.
pub enum Step {
    Data(Bytes),
    Trailers(HeaderMap),
    Error(&'static str),
    /// Not ready, once.
    Pending,
    /// Not ready, ever.
    Hang,
}

/// A body that does one step after the other.
#[derive(Default)]
pub struct Steps {
    steps: VecDeque<Step>,
    hint: Option<u64>,
}

impl Steps {
    pub fn new(steps: impl IntoIterator<Item = Step>) -> Self {
        Self { steps: steps.into_iter().collect(), hint: None }
    }

    /// Data alone, one frame each.
    pub fn data<D: Into<Bytes>>(frames: impl IntoIterator<Item = D>) -> Self {
        Self::new(frames.into_iter().map(|frame| Step::Data(frame.into())))
    }

    pub fn then(mut self, step: Step) -> Self {
        self.steps.push_back(step);
        self
    }
}

impl Body for Steps {
    type Data = Bytes;
    type Error = Box<dyn std::error::Error + Send + Sync>;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        Poll::Ready(match self.steps.pop_front() {
            Some(Step::Data(data)) => Some(Ok(Frame::data(data))),
            Some(Step::Trailers(trailers)) => Some(Ok(Frame::trailers(trailers))),
            Some(Step::Error(message)) => Some(Err(message.into())),
            Some(Step::Pending) => return Poll::Pending,
            Some(Step::Hang) => {
                self.steps.push_front(Step::Hang);
                return Poll::Pending;
            }
            None => None,
        })
    }

    fn size_hint(&self) -> SizeHint {
        self.hint.map_or_else(SizeHint::default, SizeHint::with_exact)
    }
}

/// All that a body gave.
#[derive(Debug, Default)]
pub struct Read {
    pub frames: Vec<Bytes>,
    pub trailers: Option<HeaderMap>,
    pub error: Option<Error>,
    /// How often it was not ready.
    pub pending: usize,
}

impl Read {
    pub fn bytes(&self) -> Vec<u8> {
        self.frames.concat()
    }

    /// The bytes of a body that ended without an error.
    pub fn whole(self) -> Vec<u8> {
        assert!(self.error.is_none(), "{:?}", self.error);
        self.bytes()
    }

    pub fn error(self) -> Error {
        self.error.expect("the body ends in an error")
    }
}

/// Reads a body to its end or first error, and checks on the way what every body promises.
pub fn read<B: Body<Data = Bytes, Error = Error>>(body: B) -> Read {
    let mut body = pin!(body);
    let mut read = Read::default();
    let announced = body.size_hint().exact();
    let mut left = announced;
    loop {
        match body.as_mut().poll_frame(&mut Context::from_waker(Waker::noop())) {
            Poll::Pending => read.pending += 1,
            Poll::Ready(Some(Ok(frame))) => match frame.into_data() {
                Ok(data) => {
                    assert!(!data.is_empty(), "an empty frame");
                    left = left.map(|left| left - data.len() as u64);
                    assert_eq!(body.size_hint().exact(), left, "the size hint after {} bytes", data.len());
                    read.frames.push(data);
                }
                Err(frame) => read.trailers = frame.into_trailers().ok(),
            },
            Poll::Ready(None) => {
                assert!(body.is_end_stream());
                assert!(left.is_none_or(|left| left == 0), "{left:?} bytes were announced and not sent");
                break;
            }
            Poll::Ready(Some(Err(error))) => {
                read.error = Some(error);
                assert!(!body.is_end_stream(), "a failed body may not look complete");
                assert!(
                    left != Some(0) || announced == Some(0),
                    "a failed body may not have sent all that it announced"
                );
                break;
            }
        }
        assert!(read.pending < 10_000, "the body hangs");
    }
    let after = body.as_mut().poll_frame(&mut Context::from_waker(Waker::noop()));
    assert!(matches!(after, Poll::Ready(None)), "a body goes on after its end");
    read
}

/// The credentials, time and place of the examples in the S3 documentation.
pub struct Documented {
    pub credentials: Credentials,
    pub date: AmzDate,
}

impl Documented {
    pub fn new() -> Self {
        let credentials =
            Credentials::new("AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY").unwrap();
        Self { credentials, date: AmzDate::parse("20130524T000000Z").unwrap() }
    }

    pub fn params(&self) -> SigningParams<'_> {
        SigningParams::new(&self.credentials, &self.date, "us-east-1", "s3")
    }
}

/// The seed where it does not matter which.
pub const SEED: &str = "4f232c4386841ef735655705268965c44a0e4690baa4adea153f7db9fa80a0a9";

/// A signer at the beginning of its chain.
pub fn signer() -> ChunkSigner {
    ChunkSigner::new(&Documented::new().params(), SEED).unwrap()
}

/// The verifier of what [`signer`] signs.
pub fn verifier() -> ChunkVerifier {
    let example = Documented::new();
    let secret = example.credentials.secret_access_key();
    let key = SigningKey::derive(secret, example.date.date(), "us-east-1", "s3");
    ChunkVerifier::new(key, &example.date, CredentialScope::new(&example.date, "us-east-1", "s3"), SEED)
}

/// `inner` as chunks, for a request with no headers of its own.
pub fn chunked<B>(options: &ChunkedOptions, length: u64, inner: B) -> ChunkedBody<B> {
    ChunkedPlan::new(options, Algorithm::V4, Some(length), &HeaderMap::new()).unwrap().body(inner, signer())
}

/// Bytes that no two chunks share.
pub fn noise(len: usize) -> Bytes {
    let mut state = 0x2545_f491_4f6c_dd1d_u64;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state as u8
    };
    (0..len).map(|_| next()).collect()
}

/// Every mode, with every checksum where it has one.
pub fn every_way() -> Vec<ChunkedOptions> {
    let mut ways = vec![ChunkedOptions::new(ChunkedMode::Signed)];
    for mode in [ChunkedMode::SignedTrailer, ChunkedMode::UnsignedTrailer] {
        ways.extend(
            ChecksumAlgorithm::ALL.map(|algorithm| ChunkedOptions::new(mode).with_checksum(algorithm)),
        );
    }
    ways
}

/// An upload on its way: the headers that announce it, and its bytes.
pub struct Upload {
    pub mode: ChunkedMode,
    pub headers: HeaderMap,
    pub wire: Vec<u8>,
    pub verifier: ChunkVerifier,
}

impl Upload {
    pub fn new(options: &ChunkedOptions, data: Bytes) -> Self {
        let mut headers = HeaderMap::new();
        let plan = ChunkedPlan::new(options, Algorithm::V4, Some(data.len() as u64), &headers).unwrap();
        plan.apply(&mut headers).unwrap();
        let mode = plan.mode();
        let wire = read(plan.body(Steps::data([data]), signer())).whole();
        Self { mode, headers, wire, verifier: verifier() }
    }

    pub fn plan(&self) -> DecodePlan {
        DecodePlan::new(self.mode, &self.headers).unwrap().with_min_chunk_size(0)
    }

    pub fn received(&self) -> Read {
        self.received_as(self.wire.clone())
    }

    pub fn received_as(&self, wire: impl Into<Bytes>) -> Read {
        read(self.plan().body(Steps::data([wire]), self.verifier.clone()))
    }
}
