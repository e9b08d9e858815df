//! How far a request may stray from the one form that its signature was made for.

use super::rejection::Reason;
use crate::canonical::Query;
use crate::canonical::encode::is_normal_path;
use crate::service::{ServiceRules, WirePath};

/// How many forms of one request are accepted under one signature.
///
/// A signature covers the canonical request, and different requests share one: `/a//b` and `/a/b`, on S3 `/a%2Fb` and
/// `/a/b`, `a=%2f` and `a=%2F`, `?a=1&a=2` and `?a=2&a=1`, a header split in two. Whoever holds a signed request can
/// send the others. An application that sees them as different requests should accept one of them only.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum WireForm {
    /// As AWS: every request with the same canonical request. On S3, a path is decoded and encoded anew for that.
    Equivalent,
    /// The default: refuses what clients do not send and applications may misread. That is, where the service
    /// normalizes paths, a path with empty or dot segments; on S3, an escape in the path that encoding would not give
    /// (`%2F`, `%7E`, `%2b`), but no character that stands as it is where encoding would escape it (`(` for `%28`, as
    /// aws4fetch sends it); lower-case hex in the query's escapes and empty pieces between `&`; a tab or line break in
    /// a signed header's value. No change of one byte to what a signature covers is accepted.
    #[default]
    Standard,
    /// Standard, and besides: on S3 the path must be its own canonical form (unreserved characters and `/` as they
    /// are, all else `%XX`), and everywhere the query (sorted, `%20` and not `+`, `a=` and not `a`); signed headers
    /// must neither be repeated nor hold runs of spaces. Then one request fits a signature, but that `X-Amz-Signature`
    /// may stand anywhere in the query. Refuses clients that do not sort.
    Exact,
}

impl WireForm {
    pub(super) fn check_path(self, path: &str, rules: &ServiceRules) -> Result<(), Reason> {
        if !path.is_empty() && !path.starts_with('/') {
            return Err(Reason::WireForm("the path does not begin with /"));
        }
        if path.bytes().any(|byte| byte.is_ascii_control()) {
            return Err(Reason::WireForm("the path holds a control character"));
        }
        if self == Self::Equivalent {
            return Ok(());
        }
        if path.contains(' ') {
            return Err(Reason::WireForm("the path holds a space"));
        }
        if rules.wire_path == WirePath::S3 {
            self.check_s3_path(path)?;
        }
        if !rules.normalize_path {
            return Ok(());
        }
        let mut segments = path.split('/').skip(1).peekable();
        while let Some(segment) = segments.next() {
            let empty_inside = segment.is_empty() && segments.peek().is_some();
            if empty_inside || matches!(segment, "." | "..") {
                return Err(Reason::WireForm(
                    "the path holds an empty segment or a dot segment, which its signature does not cover",
                ));
            }
        }
        Ok(())
    }

    fn check_s3_path(self, path: &str) -> Result<(), Reason> {
        let is_normal = |path: Option<&[u8]>| path.is_some_and(is_normal_path);
        if self == Self::Exact && !is_normal(Some(path.as_bytes())) {
            return Err(Reason::WireForm("the path is not encoded in the canonical way"));
        }
        let mut escapes = path.match_indices('%').map(|(at, _)| path.as_bytes().get(at..at + 3));
        if !escapes.all(is_normal) {
            return Err(Reason::WireForm("the path holds a percent escape that encoding would not give"));
        }
        Ok(())
    }

    pub(super) fn check_query(self, query: &str) -> Result<(), Reason> {
        if self == Self::Equivalent || query.is_empty() {
            return Ok(());
        }
        if query.split('&').any(str::is_empty) {
            return Err(Reason::WireForm("the query holds an empty piece between two &"));
        }
        let mut rest = query.as_bytes();
        while let Some(at) = rest.iter().position(|&byte| byte == b'%') {
            rest = &rest[at + 1..];
            if rest.iter().take(2).any(|byte| matches!(byte, b'a'..=b'f')) {
                return Err(Reason::WireForm("the query holds a percent escape in lower-case hex"));
            }
        }
        Ok(())
    }

    /// The check of the query that goes into the canonical request, after a presigned signature was taken out.
    pub(super) fn check_canonical_query(self, query: &str) -> Result<(), Reason> {
        if self != Self::Exact || query.is_empty() {
            return Ok(());
        }
        let mut canonical = Vec::with_capacity(query.len());
        Query::from(query).put(&mut canonical);
        if canonical != query.as_bytes() {
            return Err(Reason::WireForm("the query is not sorted, or not encoded in the canonical way"));
        }
        Ok(())
    }

    pub(super) fn check_value(self, value: &[u8], values: usize) -> Result<(), Reason> {
        if self == Self::Equivalent {
            return Ok(());
        }
        if value.iter().any(|&byte| byte.is_ascii_whitespace() && byte != b' ') {
            return Err(Reason::WireForm("a signed header's value holds a tab or a line break"));
        }
        if self == Self::Exact {
            if values > 1 {
                return Err(Reason::WireForm("a signed header is there twice"));
            }
            if value != value.trim_ascii() || value.windows(2).any(|pair| pair == b"  ") {
                return Err(Reason::WireForm("a signed header's value holds a run of spaces"));
            }
        }
        Ok(())
    }
}

/// Refuses a method that could not be told from what follows it in the canonical request.
pub(super) fn check_method(method: &str) -> Result<(), Reason> {
    if method.is_empty() || !method.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err(Reason::WireForm("the method is no token"));
    }
    Ok(())
}
