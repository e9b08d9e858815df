//! The wire form: what is settled before signing, so that what is signed is what is sent.

use bytes::Bytes;
use http::header::{CONTENT_LENGTH, TRANSFER_ENCODING};
use http::uri::{Authority, PathAndQuery};
use http::{HeaderMap, HeaderValue, Method, Uri};
use percent_encoding::percent_decode_str;

use crate::canonical::encode::{is_normal_path, put_encoded_path};
use crate::error::{Error, ErrorKind};
use crate::request::{wire_host, without_default_port};
use crate::service::{ServiceRules, WirePath};

/// The path in the form in which it must go on the wire for a service of these rules; `None` if it is already.
///
/// S3 decodes the path and encodes it anew before it checks a signature: unreserved characters and `/` raw, all else
/// `%XX` in upper case. Any other spelling of the same key would be refused.
#[inline]
pub fn wire_path(path: &str, rules: &ServiceRules) -> Option<String> {
    if rules.wire_path == WirePath::S3 { s3_path(path) } else { None }
}

fn s3_path(path: &str) -> Option<String> {
    if is_normal_path(path.as_bytes()) {
        return None;
    }
    let decoded: Vec<u8> = percent_decode_str(path).collect();
    let mut encoded = Vec::with_capacity(path.len() + 16);
    put_encoded_path(&mut encoded, &decoded);
    // Percent-encoded, so ASCII.
    String::from_utf8(encoded).ok()
}

/// Whether requests of this method have a body.
pub(crate) fn uploads(method: &Method) -> bool {
    matches!(*method, Method::PUT | Method::POST | Method::PATCH)
}

/// States that the body of an upload is empty, where nothing says so yet: clients send no `content-length` then, and S3
/// refuses a PUT without one (411). `true` if the header was added: not to a map that is full, which signing refuses with an error.
pub fn state_empty_body(method: &Method, headers: &mut HeaderMap) -> bool {
    if !uploads(method) || headers.contains_key(CONTENT_LENGTH) || headers.contains_key(TRANSFER_ENCODING) {
        return false;
    }
    headers.try_insert(CONTENT_LENGTH, HeaderValue::from_static("0")).is_ok()
}

/// The wire form of a URI, `None` if it has it already: this path, if one is given, and no port that is empty or the scheme's
/// default.
///
/// Errors of kind `Request`: a path that grows past what a URI can hold; a user name in an authority that is to be changed.
pub(crate) fn settled_uri(uri: &Uri, path: Option<&str>) -> Result<Option<Uri>, Error> {
    let written = uri.authority().map_or("", Authority::as_str);
    let is_settled = without_default_port(uri, written).len() == written.len();
    if is_settled && path.is_none() {
        return Ok(None);
    }
    let authority = wire_host(uri)?.filter(|_| !is_settled).map(str::to_owned);
    let too_long = |_| Error::new(ErrorKind::Request, "the URL is too long once its path is percent-encoded");
    let mut parts = uri.clone().into_parts();
    if let Some(authority) = authority {
        parts.authority = Some(Authority::from_maybe_shared(Bytes::from(authority)).map_err(too_long)?);
    }
    if let Some(path) = path {
        let target = uri.query().map_or_else(|| path.to_owned(), |query| format!("{path}?{query}"));
        parts.path_and_query = Some(PathAndQuery::from_maybe_shared(Bytes::from(target)).map_err(too_long)?);
    }
    let settled = Uri::from_parts(parts)
        .map_err(|_| Error::new(ErrorKind::Request, "the URL cannot be brought into its wire form"))?;
    Ok(Some(settled))
}

/// A host to sign, as the header in which it is sent. An error of kind `Option` when no header can carry it.
pub(crate) fn host_header(host: &str) -> Result<HeaderValue, Error> {
    let wrong = || {
        Error::new(ErrorKind::Option, format!("the host to sign, {host:?}, is not of the form host[:port]"))
    };
    match host.parse::<Authority>() {
        Ok(authority) if !authority.as_str().contains('@') => {
            HeaderValue::from_str(host).map_err(|_| wrong())
        }
        _ => Err(wrong()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settled(uri: &str, service: &str) -> String {
        let uri: Uri = uri.parse().unwrap();
        let path = wire_path(uri.path(), &ServiceRules::for_service(service));
        let settled = settled_uri(&uri, path.as_deref()).unwrap();
        settled.unwrap_or(uri).to_string()
    }

    #[test]
    fn s3_paths_take_the_form_that_servers_reckon_with() {
        for (sent, wire) in [
            ("http://h/a/b", "http://h/a/b"),
            ("http://h/+(a)'*!@=&:,;$?x=+", "http://h/%2B%28a%29%27%2A%21%40%3D%26%3A%2C%3B%24?x=+"),
            ("http://h/%41%7e%2b", "http://h/A~%2B"),
            ("http://h//a/../%2F", "http://h//a/..//"),
            ("http://h/100%", "http://h/100%25"),
            ("http://h/%252F", "http://h/%252F"),
            ("http://h/ü", "http://h/%C3%BC"),
        ] {
            assert_eq!(settled(sent, "s3"), wire, "{sent}");
        }
        assert_eq!(settled("http://h/+%41", "lambda"), "http://h/+%41");
    }

    #[test]
    fn default_ports_go_and_user_names_are_refused() {
        assert_eq!(settled("https://h:443/a", "lambda"), "https://h/a");
        assert_eq!(settled("http://h:80/a?b", "lambda"), "http://h/a?b");
        assert_eq!(settled("https://h:80/a", "lambda"), "https://h:80/a");
        assert_eq!(settled("https://h:/a", "lambda"), "https://h/a");
        assert_eq!(settled("http://[::1]:/a", "lambda"), "http://[::1]/a");
        assert_eq!(settled("http://127.0.0.1:8000/", "lambda"), "http://127.0.0.1:8000/");
        for padded in ["http://h:080/", "http://h:00081/", "https://[::1]:0443/", "http://10.0.0.1:00/"] {
            let error = wire_host(&padded.parse().unwrap()).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Request, "{padded}");
            assert!(error.to_string().contains("port"), "{error}");
        }
        let uri: Uri = "https://user:pw@h/".parse().unwrap();
        let error = wire_host(&uri).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Request);
        assert!(!error.to_string().contains("pw"));
    }
}
