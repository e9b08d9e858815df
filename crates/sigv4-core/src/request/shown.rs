//! What of a canonical request may be shown: logs outlive requests.

use std::fmt::Write;

use super::SignedText;

/// Headers whose values are shown.
const SHOWN_HEADERS: &[&str] = &[
    "accept",
    "accept-encoding",
    "accept-language",
    "connection",
    "content-encoding",
    "content-language",
    "content-length",
    "content-type",
    "date",
    "expect",
    "host",
    "te",
    "transfer-encoding",
    "x-amz-algorithm",
    "x-amz-content-sha256",
    "x-amz-date",
    "x-amz-decoded-content-length",
    "x-amz-region-set",
    "x-amz-target",
    "x-amz-trailer",
];

/// Query parameters whose values are shown.
const SHOWN_PARAMETERS: &[&str] =
    &["X-Amz-Algorithm", "X-Amz-Date", "X-Amz-Expires", "X-Amz-Region-Set", "X-Amz-SignedHeaders"];

pub(crate) fn is_shown_header(name: &str) -> bool {
    SHOWN_HEADERS.contains(&name)
}

pub(crate) fn is_shown_parameter(name: &str) -> bool {
    SHOWN_PARAMETERS.contains(&name)
}

impl SignedText {
    /// The canonical request with its line breaks, for logs. Values of headers and query parameters are shown for a short list of
    /// names that carry no secrets; of all others the length stands there.
    ///
    /// ```
    /// use sigv4_core::request::SignedText;
    ///
    /// let mut text = SignedText::default();
    /// text.canonical_request =
    ///     "GET\n/key\nX-Amz-Expires=60&token=t0ps3cret\nhost:h\nx-amz-meta-card:4111\n\nhost;x-amz-meta-card\nUNSIGNED-PAYLOAD".into();
    /// assert_eq!(
    ///     text.redacted(),
    ///     "GET\n/key\nX-Amz-Expires=60&token=<9 bytes>\nhost:h\nx-amz-meta-card:<4 bytes>\n\nhost;x-amz-meta-card\nUNSIGNED-PAYLOAD"
    /// );
    /// ```
    pub fn redacted(&self) -> String {
        let mut out = String::with_capacity(self.canonical_request.len());
        let mut lines = self.canonical_request.split('\n');
        for line in lines.by_ref().take(2) {
            out.push_str(line);
            out.push('\n');
        }
        for (at, pair) in lines.next().unwrap_or_default().split('&').enumerate() {
            if at > 0 {
                out.push('&');
            }
            value(&mut out, pair, '=', is_shown_parameter);
        }
        for header in lines.by_ref().take_while(|line| !line.is_empty()) {
            out.push('\n');
            value(&mut out, header, ':', is_shown_header);
        }
        out.push('\n');
        for line in lines {
            out.push('\n');
            out.push_str(line);
        }
        out
    }
}

/// A name and, if it may be shown, its value.
fn value(out: &mut String, pair: &str, separator: char, is_shown: impl Fn(&str) -> bool) {
    match pair.split_once(separator) {
        Some((name, value)) if !is_shown(name) && !value.is_empty() => {
            // Writing to a string does not fail.
            let _ = write!(out, "{name}{separator}<{} bytes>", value.len());
        }
        _ => out.push_str(pair),
    }
}
