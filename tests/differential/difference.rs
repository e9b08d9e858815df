//! Where `aws-sigv4` is known to sign another way.

use super::Form;
use super::generator::{Policy, Sample};

/// One way in which the two differ.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Difference {
    /// A tab in a header's value: a space to this project, to botocore and to the CRT; itself to `aws-sigv4`.
    TabInHeader,
    /// A raw `+` in the query: a plus, and a space to `aws-sigv4`.
    PlusInQuery,
    /// A path that ends in `/.` or `/..`, normalised: no slash at its end, and one to `aws-sigv4`.
    TrailingDotSegment,
    /// Escapes in the query that are no UTF-8: themselves, and U+FFFD to `aws-sigv4`.
    NotUtf8InQuery,
    /// `x-amz-user-agent` and `x-amz-checksum-mode` in a presigned URL: signed like every `x-amz-*` header, and left
    /// out by `aws-sigv4`, whatever it is told.
    HeaderLeftOutOfUrl,
}

impl Difference {
    pub const ALL: [Self; 5] = [
        Self::TabInHeader,
        Self::PlusInQuery,
        Self::TrailingDotSegment,
        Self::NotUtf8InQuery,
        Self::HeaderLeftOutOfUrl,
    ];

    pub fn shows_in(self, form: Form) -> bool {
        form == Form::Query || self != Self::HeaderLeftOutOfUrl
    }
}

const LEFT_OUT: [&str; 2] = ["x-amz-user-agent", "x-amz-checksum-mode"];

/// What to give to this project and to `aws-sigv4` so that both sign the same, and the differences that this takes.
///
/// This project is given the sample as the other reads it; where no input can say that, the other is given the sample
/// as this project reads it.
pub fn settle(sample: &Sample, form: Form) -> (Sample, Sample, Vec<Difference>) {
    let (mut ours, mut theirs, mut found) = (sample.clone(), sample.clone(), Vec::new());
    let signed =
        |name: &str, policy: Policy| policy.signs(name) && !(form == Form::Query && LEFT_OUT.contains(&name));

    let left_out = |name: &str| form == Form::Query && LEFT_OUT.contains(&name) && sample.policy.signs(name);
    if sample.headers.iter().any(|(name, _)| left_out(name)) {
        found.push(Difference::HeaderLeftOutOfUrl);
        ours.headers.retain(|(name, _)| !left_out(name));
    }
    if sample.headers.iter().any(|(name, value)| signed(name, sample.policy) && value.contains('\t')) {
        found.push(Difference::TabInHeader);
        for (_, value) in &mut theirs.headers {
            let words: Vec<&str> = value.split([' ', '\t']).filter(|word| !word.is_empty()).collect();
            *value = words.join(" ");
        }
    }
    if sample.query.contains('+') {
        found.push(Difference::PlusInQuery);
        ours.query = ours.query.replace('+', "%20");
    }
    let decoded = decoded_lossily(&ours.query);
    if decoded != ours.query {
        found.push(Difference::NotUtf8InQuery);
        ours.query = decoded;
    }
    let ends_in_dots = sample.path.ends_with("/.") || sample.path.ends_with("/..");
    if !sample.service.s3 && ends_in_dots && has_segments(&sample.path) {
        found.push(Difference::TrailingDotSegment);
        ours.path.push('/');
    }
    (ours, theirs, found)
}

/// Whether anything is left of a path that is normalised.
fn has_segments(path: &str) -> bool {
    let depth = path.split('/').fold(0usize, |depth, segment| match segment {
        "" | "." => depth,
        ".." => depth.saturating_sub(1),
        _ => depth + 1,
    });
    depth > 0
}

/// The query with each key and value whose bytes are no UTF-8 as a lossy reader has it; all else as it was.
fn decoded_lossily(query: &str) -> String {
    let half = |text: &str| {
        let bytes: Vec<u8> = percent_encoding::percent_decode_str(text).collect();
        match String::from_utf8(bytes) {
            Ok(_) => text.to_owned(),
            Err(wrong) => {
                let lossy = String::from_utf8_lossy(wrong.as_bytes()).into_owned();
                percent_encoding::utf8_percent_encode(&lossy, percent_encoding::NON_ALPHANUMERIC).to_string()
            }
        }
    };
    let pair = |pair: &str| match pair.split_once('=') {
        Some((key, value)) => format!("{}={}", half(key), half(value)),
        None => half(pair),
    };
    query.split('&').map(pair).collect::<Vec<_>>().join("&")
}
