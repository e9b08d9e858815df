//! Faults in method, path and query string, and in the layout of the canonical request.

use percent_encoding::{AsciiSet, CONTROLS, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};

use sigv4_core::service::ServiceRules;

use super::{Faults, Part};
use crate::claim::Claim;
use crate::recipe::{Recipe, without};
use crate::wire::Request;

pub(super) const STRICT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');
/// What JavaScript's `encodeURIComponent` leaves raw.
const COMPONENT: &AsciiSet = &STRICT.remove(b'!').remove(b'\'').remove(b'(').remove(b')').remove(b'*');
/// What JavaScript's `encodeURI` leaves raw.
const URI: &AsciiSet = &CONTROLS
    .add(b' ')
    .add(b'"')
    .add(b'%')
    .add(b'<')
    .add(b'>')
    .add(b'\\')
    .add(b'^')
    .add(b'`')
    .add(b'{')
    .add(b'|')
    .add(b'}')
    .add(b'[')
    .add(b']');

pub(super) fn add(faults: &mut Faults, request: &Request, claim: &Claim, right: &Recipe) {
    path(faults, request, right, ServiceRules::for_service(&claim.service).double_encode);
    query(faults, request, right);
    layout(faults);
    let method = request.method.to_ascii_lowercase();
    faults.add(Part::Method, "the method was signed in lower case: sign it as it is sent", move |recipe| {
        recipe.method.clone_from(&method);
    });
    for other in ["GET", "POST", "PUT", "HEAD", "DELETE"].into_iter().filter(|other| *other != request.method)
    {
        let instead = if other.eq_ignore_ascii_case(&request.method) {
            "send it in upper case, since methods are told apart by case"
        } else {
            "sign the one that is sent"
        };
        let sentence = format!("the method was signed as {other} and sent as {}: {instead}", request.method);
        faults.add(Part::Method, sentence, move |recipe| recipe.method = other.to_owned());
    }
}

fn encode(text: &[u8], set: &'static AsciiSet, slash: bool) -> String {
    let encoded = percent_encoding::percent_encode(text, set).to_string();
    if slash { encoded.replace("%2F", "/") } else { encoded }
}

fn lower_hex(text: &str) -> String {
    let mut parts = text.split('%');
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |all, part| {
        let at = part.len().min(2);
        match (part.get(..at), part.get(at..)) {
            (Some(hex), Some(rest)) => format!("{all}%{}{rest}", hex.to_ascii_lowercase()),
            _ => format!("{all}%{part}"),
        }
    })
}

fn path(faults: &mut Faults, request: &Request, right: &Recipe, double_encode: bool) {
    let sent = request.path.as_str();
    let decoded: Vec<u8> = percent_decode_str(sent).collect();
    let once = encode(&decoded, STRICT, true);
    let twice = encode(once.as_bytes(), STRICT, true);
    let segments: Vec<_> = sent.split('/').filter(|segment| !segment.is_empty() && *segment != ".").collect();
    let collapsed = format!("/{}", segments.join("/"));
    let collapsed_twice = encode(
        encode(&percent_decode_str(&collapsed).collect::<Vec<_>>(), STRICT, true).as_bytes(),
        STRICT,
        true,
    );
    let host = request.header("host").unwrap_or_default();
    let query = if request.query.is_empty() { String::new() } else { format!("?{}", request.query) };
    let as_form = encode(&percent_decode_str(&sent.replace('+', " ")).collect::<Vec<_>>(), STRICT, true);
    let as_form = if double_encode { encode(as_form.as_bytes(), STRICT, true) } else { as_form };
    let as_sent = if double_encode {
        "as it was sent: this service encodes each segment once more"
    } else {
        "as it was sent: this service decodes it and encodes it anew, so send and sign everything but the unreserved \
         characters percent-encoded, in upper-case hex"
    };
    let forms = [
        (once, "encoded once: this service encodes each segment once more"),
        (twice.clone(), "encoded twice: this service encodes it once"),
        (
            encode(twice.as_bytes(), STRICT, true),
            "encoded three times: the service encodes the path of the request once more, not twice",
        ),
        (lower_hex(&right.path), "in lower-case hex: percent-encode in upper-case hex"),
        (sent.to_owned(), as_sent),
        (String::from_utf8_lossy(&decoded).into_owned(), "decoded: sign it percent-encoded"),
        (
            encode(&decoded, COMPONENT, true),
            "with ! ' ( ) * raw, as encodeURIComponent leaves them: encode everything but the unreserved characters",
        ),
        (
            encode(&decoded, URI, true),
            "with reserved characters raw, as encodeURI leaves them: encode everything but the unreserved characters",
        ),
        (encode(&decoded, STRICT, false), "with its slashes encoded: they separate segments, leave them raw"),
        (
            encode(sent.as_bytes(), STRICT, false),
            "encoded as a whole, slashes too: they separate segments, leave them raw",
        ),
        (right.path.replace("%20", "+"), "with + for a space: write %20"),
        (as_form, "with %20 for a bare +, which is a plus sign in a path: send %20 for a space"),
        (lower_hex(sent), "in lower-case hex, once: percent-encode in upper-case hex, as the service does"),
        (collapsed, "normalised and encoded once: see the service's rule for paths"),
        (collapsed_twice, "normalised: this service keeps double slashes and dot segments"),
        (
            encode(sent.as_bytes(), STRICT, true),
            "not normalised: this service drops double slashes and dot segments",
        ),
        (String::new(), "empty: sign at least a slash"),
        ("/".to_owned(), "as a bare slash: sign the path of the request"),
        (format!("{}/", right.path), "with a slash behind it: sign the path of the request"),
        (
            right.path.trim_end_matches('/').to_owned(),
            "without the slash at its end: sign the path of the request",
        ),
        (
            right.path.trim_start_matches('/').to_owned(),
            "without the slash at its beginning: sign it with the slash",
        ),
        (
            format!("{}{query}", right.path),
            "with the query string behind it: the query string has a line of its own",
        ),
        (format!("https://{host}{sent}"), "as a whole URL: sign the path alone"),
        (format!("https://{host}{sent}{query}"), "as a whole URL with its query string: sign the path alone"),
        (format!("{host}{sent}"), "with the host before it: sign the path alone"),
    ];
    for (form, how) in forms.into_iter().filter(|(form, _)| *form != right.path) {
        faults.add(Part::Path, format!("the path was signed {how}"), move |recipe| {
            recipe.path.clone_from(&form)
        });
    }
    // A stage or a prefix that a gateway adds or removes.
    for (at, _) in sent.match_indices('/').skip(1) {
        let rest = encode(&sent.as_bytes()[at..], STRICT, true);
        let sentence = format!(
            "the path was signed without its first part, \"{}\": sign the path that is sent",
            sent[..at].escape_default()
        );
        faults.add(Part::Path, sentence, move |recipe| recipe.path.clone_from(&rest));
    }
}

fn query(faults: &mut Faults, request: &Request, right: &Recipe) {
    let sent = without(&request.query, "X-Amz-Signature");
    let pairs: Vec<(String, Option<String>)> = sent
        .split('&')
        .filter(|pair| !pair.is_empty())
        .map(|pair| match pair.split_once('=') {
            Some((name, value)) => (name.to_owned(), Some(value.to_owned())),
            None => (pair.to_owned(), None),
        })
        .collect();
    let decoded = |text: &str| percent_decode_str(text).collect::<Vec<_>>();
    let decoded_form = |text: &str| decoded(&text.replace('+', " "));
    let written = |form: &dyn Fn(&str) -> String, sorted: bool, equals: bool| {
        let mut pairs: Vec<_> =
            pairs.iter().map(|(name, value)| (form(name), value.as_deref().map(form))).collect();
        if sorted {
            pairs.sort_unstable();
        }
        let pairs = pairs.iter().map(|(name, value)| match value {
            Some(value) => format!("{name}={value}"),
            None if equals => format!("{name}="),
            None => name.clone(),
        });
        pairs.collect::<Vec<_>>().join("&")
    };
    let strict = |text: &str| encode(&decoded(text), STRICT, false);
    let raw = |text: &str| text.to_owned();
    let sorted_text = {
        let mut pairs: Vec<_> = sent.split('&').collect();
        pairs.sort_unstable();
        pairs.join("&")
    };
    let mut reversed: Vec<_> = right.query.split('&').collect();
    reversed.reverse();
    let forms = [
        (String::new(), "as an empty line: sign its pairs"),
        (
            written(&strict, false, true),
            "unsorted: sort the pairs by their encoded names, then by their values",
        ),
        (written(&strict, true, false), "without the equals sign behind a name that has no value: write it"),
        (
            written(&|text| encode(&decoded_form(text), STRICT, false), true, true),
            "with %20 for a bare +, which the service reads as a plus sign: send %20 for a space",
        ),
        (written(&|text| strict(text).replace("%20", "+"), true, true), "with + for a space: write %20"),
        (written(&|text| strict(text).replace("%2B", "+"), true, true), "with a raw plus sign: write %2B"),
        (
            written(&|text| encode(strict(text).as_bytes(), STRICT, false), true, true),
            "encoded twice: encode it once",
        ),
        (
            written(&|text| encode(&decoded(text), COMPONENT, false), true, true),
            "with ! ' ( ) * raw, as encodeURIComponent leaves them: encode everything but the unreserved characters",
        ),
        (
            written(&|text| encode(&decoded(text), URI, false), true, true),
            "with reserved characters raw, as encodeURI leaves them: encode everything but the unreserved characters",
        ),
        (written(&|text| encode(&decoded(text), STRICT, true), true, true), "with raw slashes: write %2F"),
        (
            written(&|text| String::from_utf8_lossy(&decoded(text)).into_owned(), true, true),
            "decoded: sign it percent-encoded",
        ),
        (
            written(&|text| lower_hex(&strict(text)), true, true),
            "in lower-case hex: percent-encode in upper-case hex",
        ),
        (written(&|text| strict(text).replace("%2C", ","), true, true), "with raw commas: write %2C"),
        (written(&|text| strict(text).replace("%3A", ":"), true, true), "with raw colons: write %3A"),
        (reversed.join("&"), "in reverse order: sort the pairs by their encoded names"),
        (format!("?{}", right.query), "with its question mark: leave that out"),
        (
            utf8_percent_encode(&right.query, STRICT).to_string(),
            "encoded as a whole: encode names and values, and leave the = and & between them",
        ),
        (
            utf8_percent_encode(&percent_decode_str(&right.query).decode_utf8_lossy(), STRICT).to_string(),
            "encoded as a whole: encode names and values, and leave the = and & between them",
        ),
        (request.query.clone(), "with X-Amz-Signature in it: leave that out, it is added after signing"),
        (
            without(&right.query, "X-Amz-Security-Token"),
            "without X-Amz-Security-Token: this service signs the token",
        ),
        (
            without(&right.query, "X-Amz-Expires"),
            "without X-Amz-Expires: sign every parameter but the signature",
        ),
        (sent.clone(), "as it was sent: sort and encode its pairs"),
        (
            written(&raw, true, true),
            "sorted and not encoded anew: percent-encode everything but the unreserved characters",
        ),
        (
            sorted_text,
            "sorted as whole pairs and not encoded anew: sort by name, then by value, both encoded",
        ),
    ];
    for (form, how) in forms.into_iter().filter(|(form, _)| *form != right.query) {
        faults.add(Part::Query, format!("the query string was signed {how}"), move |recipe| {
            recipe.query.clone_from(&form)
        });
    }
    for (name, _) in &pairs {
        let form = without(&right.query, name);
        let sentence = format!(
            "the query parameter \"{}\" was sent and not signed: sign every pair",
            name.escape_default()
        );
        faults.add(Part::Query, sentence, move |recipe| recipe.query.clone_from(&form));
    }
}

fn layout(faults: &mut Faults) {
    faults.add(Part::Layout, "the empty line behind the canonical headers was left out: each header ends with a line break, and an empty line follows", |recipe| recipe.after_headers = "");
    faults.add(
        Part::Layout,
        "there is one empty line too many behind the canonical headers: write one",
        |recipe| recipe.after_headers = "\n\n",
    );
    faults.add(
        Part::Layout,
        "a line break was left at the end of the canonical request: it ends with the payload hash",
        |recipe| recipe.canonical_end = "\n",
    );
    faults.add(
        Part::Layout,
        "a space was left at the end of the canonical request: it ends with the payload hash",
        |recipe| recipe.canonical_end = " ",
    );
    faults.add(Part::Layout, "lines were separated by CR LF: separate them by LF alone", |recipe| {
        recipe.line_break = "\r\n"
    });
    faults.add(Part::Layout, "lines were separated by a backslash and an n: separate them by a line feed (\"\\n\" in double quotes)", |recipe| recipe.line_break = "\\n");
}
