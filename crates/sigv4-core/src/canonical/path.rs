//! The canonical URI: the path as services see it.

use smallvec::SmallVec;

use super::Sink;
use super::encode::put_encoded_path;
use super::words::{all, any_below};

/// Puts the canonical URI of a raw path, as it stands on the wire.
///
/// `normalize` removes empty and dot segments: a trailing `/` stays, but `/.` and `/..` at the end leave none.
/// `double_encode` then encodes all but unreserved characters and `/` once more, `%` included.
/// S3 does neither; all other services do both.
pub(crate) fn put_path<S: Sink>(sink: &mut S, raw: &[u8], normalize: bool, double_encode: bool) {
    let put: fn(&mut S, &[u8]) = if double_encode { put_encoded_path } else { S::put };
    if raw.is_empty() {
        return sink.put(b"/");
    }
    if !normalize || is_normalized(raw) {
        return put(sink, raw);
    }
    put_normalized(sink, raw, put);
}

#[inline(never)]
fn put_normalized<S: Sink>(sink: &mut S, raw: &[u8], put: fn(&mut S, &[u8])) {
    let mut segments: SmallVec<[&[u8]; 16]> = SmallVec::new();
    for segment in raw.split(|&byte| byte == b'/') {
        match segment {
            b"" | b"." => {}
            b".." => drop(segments.pop()),
            _ => segments.push(segment),
        }
    }
    for segment in &segments {
        sink.put(b"/");
        put(sink, segment);
    }
    if segments.is_empty() || raw.ends_with(b"/") {
        sink.put(b"/");
    }
}

/// Whether the path starts with `/` and has neither an empty segment nor one that starts with a dot.
/// (A segment such as `.well-known` takes the slow way, to the same result.)
fn is_normalized(raw: &[u8]) -> bool {
    raw[0] == b'/' && !has_odd_segment(raw)
}

/// Whether a slash or a dot follows a slash, looked for at eight bytes at a time.
fn has_odd_segment(raw: &[u8]) -> bool {
    let begins_one = |nine: &[u8; 9]| {
        let [first @ .., _] = nine;
        let [_, second @ ..] = nine;
        // Zero where there is a slash, and behind it a slash or a dot, which differ in the lowest bit.
        let second = u64::from_ne_bytes(*second) | all(1);
        any_below((u64::from_ne_bytes(*first) ^ all(b'/')) | (second ^ all(b'/')), 1)
    };
    let mut rest = raw;
    while let Some((nine, _)) = rest.split_first_chunk() {
        if begins_one(nine) {
            return true;
        }
        rest = &rest[8..];
    }
    match raw.last_chunk() {
        // Some of these are looked at twice.
        Some(last) => begins_one(last),
        None => raw.windows(2).any(|pair| pair[0] == b'/' && matches!(pair[1], b'/' | b'.')),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn path(raw: &str, normalize: bool, double_encode: bool) -> String {
        let mut out = Vec::new();
        put_path(&mut out, raw.as_bytes(), normalize, double_encode);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn odd_segments_are_found_wherever_they_stand() {
        for length in 1..40 {
            let plain = vec![b'a'; length];
            for at in 0..length {
                let mut path = plain.clone();
                path[at] = b'/';
                assert!(!has_odd_segment(&path), "a slash at {at} of {length}");
                for (second, is_odd) in
                    [(b'/', true), (b'.', true), (b'-', false), (b'0', false), (0xaf, false)]
                {
                    if at + 1 < length {
                        path[at + 1] = second;
                        assert_eq!(has_odd_segment(&path), is_odd, "{second} behind {at} of {length}");
                    }
                }
                let mut path = plain.clone();
                path[at] = b'.';
                assert!(!has_odd_segment(&path), "a dot at {at} of {length}");
            }
        }
    }

    #[test]
    fn s3_paths_stay_as_sent() {
        for raw in ["/", "//a//", "/a/../b/./c", "/%20/%2F", "/ü"] {
            assert_eq!(path(raw, false, false), raw);
        }
        assert_eq!(path("", false, false), "/");
    }

    #[test]
    fn other_paths_lose_dots_and_empty_segments() {
        for (raw, canonical) in [
            ("", "/"),
            ("/", "/"),
            ("//", "/"),
            ("/./", "/"),
            ("/..", "/"),
            ("/../../a", "/a"),
            ("/a/b/..", "/a"),
            ("/a/b/../", "/a/"),
            ("/a/.", "/a"),
            ("/a//b///c/", "/a/b/c/"),
            ("/.well-known/x", "/.well-known/x"),
            ("/...", "/..."),
            ("a/b", "/a/b"),
        ] {
            assert_eq!(path(raw, true, true), canonical, "{raw}");
        }
    }

    #[test]
    fn other_paths_are_encoded_again() {
        assert_eq!(path("/model/a%3A0/x y", true, true), "/model/a%253A0/x%20y");
        assert_eq!(path("/a/../@c+(ü)", true, true), "/%40c%2B%28%C3%BC%29");
        assert_eq!(path("/a/../@c", true, false), "/@c");
    }
}
