//! What a service says when it refuses a signature: read, explained, and healed where it can be.
//!
//! [`Refusal::read`] turns a response into a typed refusal, from any of the shapes in which services answer.
//! [`Refusal::explain`] holds it against what was signed ([`SentSignature`]) and names the line that differs and
//! the cause:
//!
//! ```
//! use http::{HeaderMap, StatusCode};
//! use sigv4_core::refusal::{Cause, Line, Refusal, SentSignature};
//!
//! let body = "<Error><Code>SignatureDoesNotMatch</Code><Message>The request signature we calculated does not \
//!     match the signature you provided.</Message><CanonicalRequest>GET\n/\n\nhost:internal:8080\n\
//!     x-amz-date:20260102T030405Z\n\nhost;x-amz-date\nUNSIGNED-PAYLOAD</CanonicalRequest></Error>";
//! let refusal = Refusal::read(StatusCode::FORBIDDEN, &HeaderMap::new(), body.as_bytes()).unwrap();
//!
//! let mut sent = SentSignature::default();
//! sent.canonical_request = Some(
//!     "GET\n/\n\nhost:files.example.com\nx-amz-date:20260102T030405Z\n\nhost;x-amz-date\nUNSIGNED-PAYLOAD".to_owned(),
//! );
//! let explanation = refusal.explain(&sent).unwrap();
//! assert_eq!(explanation.line(), Some(&Line::Header("host".to_owned())));
//! assert_eq!(explanation.cause(), Cause::HostChanged);
//! ```
//!
//! [`Refusal::heal`] says what to change so that the same request would be accepted: the clock ([`ClockOffset`],
//! learnt from every response), the credentials, or the region. Everything here is computed from values: no
//! clock is read, nothing is sent.

mod bucket_host;
mod clock_facts;
mod clock_offset;
mod compare;
mod explain;
mod explanation;
mod facts;
mod fields;
mod heal;
mod kind;
mod kinds;
mod lines;
mod mask;
mod message;
mod mismatch;
mod read;
mod relate;
mod sent;
mod show;
mod when;

pub(crate) use bucket_host::names_bucket;
pub use clock_offset::{ClockOffset, ClockOffsets, correction_disabled, may_learn_from};
pub use explanation::{Cause, Confidence, Explanation, Finding};
pub use fields::MAX_BODY;
pub use heal::{Heal, HealFacts};
pub use kind::{Malformed, Refusal, RefusalKind, ScopePart, ServerText};
pub use lines::Line;
pub use sent::SentSignature;
