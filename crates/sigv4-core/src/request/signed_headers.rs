//! Which headers a signature covers.

use std::sync::Arc;

use http::HeaderName;

use crate::canonical::NameStart;

/// Which headers of a request are signed, besides those that the signer adds.
///
/// The default signs what survives the way to a service: `host`, `content-type`, `content-md5` and every
/// `x-amz-*`; in a presigned URL `host` and `x-amz-*`, since a browser that opens it sends nothing else.
///
/// ```
/// use http::HeaderName;
/// use sigv4_core::SignedHeaders;
///
/// let headers = SignedHeaders::standard().also(HeaderName::from_static("if-none-match"));
/// assert!(headers.covers("if-none-match"));
/// assert!(!headers.covers("user-agent"));
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignedHeaders {
    base: Base,
    also: Names,
    never: Names,
}

/// Shared, so that a clone per request costs no allocation; `None` is the empty list.
type Names = Option<Arc<[HeaderName]>>;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Base {
    Standard,
    Presigned,
    All,
    Everything,
}

/// Headers that proxies, load balancers and clients add, change or drop on the way: signed, they would turn into a
/// `SignatureDoesNotMatch`. [`SignedHeaders::all`] leaves them out, and with them all that begin with one of
/// [`HOP_PREFIXES`].
pub const HOP_HEADERS: [&str; 25] = [
    "accept-encoding",
    "authorization",
    "baggage",
    "cache-control",
    "connection",
    "content-length",
    "expect",
    "forwarded",
    "from",
    "keep-alive",
    "max-forwards",
    "pragma",
    "referer",
    "te",
    "traceparent",
    "tracestate",
    "trailer",
    "transfer-encoding",
    "upgrade",
    "user-agent",
    "via",
    "x-amz-cf-id",
    "x-amzn-trace-id",
    "x-forwarded",
    "x-real-ip",
];

/// See [`HOP_HEADERS`].
pub const HOP_PREFIXES: [&str; 3] = ["proxy-", "sec-", "x-forwarded-"];

impl SignedHeaders {
    /// The default: `host`, `content-type`, `content-md5`, `x-amz-*`.
    pub const fn standard() -> Self {
        Self { base: Base::Standard, also: None, never: None }
    }

    /// The default of presigned URLs: `host`, `x-amz-*`.
    pub const fn presigned() -> Self {
        Self { base: Base::Presigned, also: None, never: None }
    }

    /// Every header but [`HOP_HEADERS`] and what begins with one of [`HOP_PREFIXES`].
    pub const fn all() -> Self {
        Self { base: Base::All, also: None, never: None }
    }

    /// Every header there is but `authorization` and those ruled out by [`never`](Self::never). Fits a service on the
    /// same host; use [`all`](Self::all) for anything behind a proxy.
    pub const fn everything() -> Self {
        Self { base: Base::Everything, also: None, never: None }
    }

    /// Signs this header too, where a request has it.
    #[must_use]
    pub fn also(mut self, name: HeaderName) -> Self {
        push(&mut self.also, name);
        self
    }

    /// Never signs this header. Stronger than every other rule; `host` is signed all the same.
    #[must_use]
    pub fn never(mut self, name: HeaderName) -> Self {
        push(&mut self.never, name);
        self
    }

    /// Whether a header of this name (in lower case) is signed.
    pub fn covers(&self, name: &str) -> bool {
        if name == "host" {
            return true;
        }
        name != "authorization" && self.covers_other(NameStart::of(name), name)
    }

    /// As [`covers`](Self::covers), of a name that is neither `host` nor `authorization`.
    #[inline(always)]
    pub(crate) fn covers_other(&self, start: NameStart, name: &str) -> bool {
        // Most names are told by their start alone.
        let is_told =
            self.never.is_none() && self.base != Base::All && start.is_amz() && start != CF_ID_START;
        is_told || self.covers_by_rules(start, name)
    }

    #[inline(never)]
    fn covers_by_rules(&self, start: NameStart, name: &str) -> bool {
        if contains(&self.never, name) {
            return false;
        }
        // `x-amz-*`, but for the one that CloudFront adds on the way.
        let is_amz = || start.is_amz() && (start != CF_ID_START || name != CF_ID);
        let by_rule = match self.base {
            Base::Standard => is_amz() || matches!(name, "content-type" | "content-md5"),
            Base::Presigned => is_amz(),
            Base::All => {
                !HOP_HEADERS.contains(&name) && !HOP_PREFIXES.iter().any(|prefix| name.starts_with(prefix))
            }
            Base::Everything => true,
        };
        by_rule || contains(&self.also, name)
    }

    /// The same additions and exceptions, on the base of presigned URLs where this one is the default.
    #[must_use]
    pub(crate) fn for_presigning(&self) -> Self {
        let base = if self.base == Base::Standard { Base::Presigned } else { self.base };
        Self { base, ..self.clone() }
    }
}

impl Default for SignedHeaders {
    fn default() -> Self {
        Self::standard()
    }
}

const CF_ID: &str = "x-amz-cf-id";
const CF_ID_START: NameStart = NameStart::of(CF_ID);

fn contains(names: &Names, wanted: &str) -> bool {
    names.as_ref().is_some_and(|names| names.iter().any(|name| name == wanted))
}

fn push(names: &mut Names, name: HeaderName) {
    *names = Some(names.iter().flat_map(|names| names.iter()).cloned().chain([name]).collect());
}
