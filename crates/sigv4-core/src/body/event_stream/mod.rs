//! Event streams: messages of `application/vnd.amazon.eventstream`, each signed on top of the one before.
//!
//! Streaming services (Transcribe, Lex, Bedrock's bidirectional calls) take a request whose payload hash is
//! [`STREAMING_EVENTS`], and then messages, over HTTP/2 or over a WebSocket with a presigned URL. Each message travels
//! inside a signed one, whose signature covers the signature before; the first covers that of the request. The stream
//! ends with a signed message that is empty.
//!
//! ```
//! use sigv4_core::body::event_stream::{EventSigner, Message, STREAMING_EVENTS, Value};
//! use sigv4_core::clock::AmzDate;
//! use sigv4_core::request::{RequestView, SigningParams, sign};
//! use sigv4_core::{Credentials, Payload};
//!
//! let credentials = Credentials::new("AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY")?;
//! let date = AmzDate::parse("20261121T120000Z")?;
//! let params = SigningParams::new(&credentials, &date, "us-east-1", "transcribe");
//! let mut request = http::Request::post("https://transcribestreaming.us-east-1.amazonaws.com/stream-transcription")
//!     .body(())?;
//! let view = RequestView::new(request.method(), request.uri(), request.headers())?;
//! sign(&view, &params, Payload::literal(STREAMING_EVENTS), None)?.apply(request.headers_mut())?;
//!
//! let mut events = EventSigner::of_request(&credentials, request.headers())?;
//! let audio = Message::new(&b"..."[..])
//!     .with_header(":event-type", Value::String("AudioEvent".into()))
//!     .with_header(":message-type", Value::String("event".into()));
//! let first = events.sign(&audio, date.time())?;
//! let last = events.finish(date.time())?;
//! assert!(Message::decode(&first)?.payload().ends_with(&audio.encode()?));
//! assert!(Message::decode(&last)?.payload().is_empty());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! The chain begins at a signature, so the request's head is signed before its body exists: sign it with
//! [`Signer::sign`](crate::Signer::sign) and the payload [`STREAMING_EVENTS`], make the body ([`SignedEvents`]), and send both
//! through the client with [`SignOptions::skip`](crate::SignOptions::skip).
//!
//! <https://docs.aws.amazon.com/transcribe/latest/dg/streaming-setting-up.html>,
//! <https://smithy.io/2.0/aws/amazon-eventstream.html>

mod body;
mod decoder;
mod message;
mod signer;
mod value;

pub use body::SignedEvents;
pub use decoder::Decoder;
pub use message::{MAX_HEADERS, MAX_MESSAGE, Message};
pub use signer::EventSigner;
pub use value::Value;

/// The payload hash of a request whose body is a signed event stream: the value of `x-amz-content-sha256`.
pub const STREAMING_EVENTS: &str = "STREAMING-AWS4-HMAC-SHA256-EVENTS";
