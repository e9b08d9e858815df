//! The headers that arrived, and which of them are signed.

use smallvec::SmallVec;

use super::rejection::Reason;
use super::wire_form::WireForm;
use crate::canonical::CanonicalHeaders;
use crate::request::{HeaderView, RequestView};

/// All headers of a request, sorted by name; those of one name in the order in which they came.
pub(super) struct Arrived<'a>(Vec<(&'a str, &'a [u8])>);

impl<'a> Arrived<'a> {
    /// Refuses names that are not in lower case: [`HeaderView`] promises it, and every check by name relies on it.
    pub(super) fn look<H: HeaderView + ?Sized>(headers: &'a H) -> Result<Self, Reason> {
        let mut all = Vec::with_capacity(16);
        headers.each(|name, value| all.push((name, value)));
        if all.iter().any(|(name, _)| name.bytes().any(|byte| byte.is_ascii_uppercase())) {
            return Err(Reason::Malformed("a header name is not in lower case".into()));
        }
        // Stable: repeated names keep their order.
        all.sort_by_key(|(name, _)| *name);
        Ok(Self(all))
    }

    /// All values of a name.
    pub(super) fn all(&self, name: &str) -> &[(&'a str, &'a [u8])] {
        let start = self.0.partition_point(|(other, _)| *other < name);
        let end = start + self.0[start..].partition_point(|(other, _)| *other == name);
        &self.0[start..end]
    }

    /// The value of a header that may be there once.
    pub(super) fn once(&self, name: &'static str) -> Result<Option<&'a [u8]>, Reason> {
        match self.all(name) {
            [] => Ok(None),
            [(_, value)] => Ok(Some(value)),
            _ => Err(Reason::Repeated(name)),
        }
    }

    /// As [`once`](Self::once), for a header of visible ASCII.
    pub(super) fn text(&self, name: &'static str) -> Result<Option<&'a str>, Reason> {
        let Some(value) = self.once(name)? else { return Ok(None) };
        match std::str::from_utf8(value.trim_ascii()) {
            Ok(text) if text.is_ascii() => Ok(Some(text)),
            _ => Err(Reason::Malformed(format!("the header {name} holds bytes outside ASCII").into())),
        }
    }

    /// The host that was signed: the one that the server is told of, else the `host` header, else `:authority`.
    /// Where both arrived they must agree, as nobody can tell which one the request was routed by.
    pub(super) fn host<'s, H: ?Sized>(&self, request: &RequestView<'s, H>) -> Result<&'s [u8], Reason>
    where
        'a: 's,
    {
        let header = self.once("host")?.map(<[u8]>::trim_ascii);
        if let Some(host) = request.sign_host {
            return Ok(host.as_bytes());
        }
        let host = match (header, request.host.map(str::as_bytes)) {
            (Some(header), Some(authority)) if !same_host(header, authority) => {
                return Err(Reason::WireForm("the host header and :authority name different hosts"));
            }
            (Some(header), _) => header,
            (None, Some(authority)) => authority,
            (None, None) => &[],
        };
        if host.is_empty() {
            return Err(Reason::WireForm("the request has no host"));
        }
        Ok(host)
    }

    /// The headers to hash: those that `signed` lists (sorted, each once), with `host` in place of what arrived.
    ///
    /// Refuses a list without `host` or without one of the `x-amz-*` that arrived (`x-amz-cf-id` apart, which
    /// CloudFront adds on the way) or of `demanded`, and a list that names what did not arrive.
    pub(super) fn signed<'s>(
        &self,
        signed: &[&'s str],
        host: &'s [u8],
        demanded: impl Fn(&str) -> bool,
        form: WireForm,
    ) -> Result<CanonicalHeaders<'s>, Reason>
    where
        'a: 's,
    {
        let listed = |name: &str| signed.binary_search(&name).is_ok();
        let due = |name: &str| (name.starts_with("x-amz-") && name != "x-amz-cf-id") || demanded(name);
        let mut missing: Vec<String> = if listed("host") { Vec::new() } else { vec!["host".to_owned()] };
        for (name, _) in &self.0 {
            if due(name) && !listed(name) && missing.last().is_none_or(|last| last != name) {
                missing.push((*name).to_owned());
            }
        }
        if !missing.is_empty() {
            return Err(Reason::HeadersNotSigned(missing));
        }
        let mut headers = CanonicalHeaders::default();
        for name in signed {
            if *name == "host" {
                headers.push("host", host);
                continue;
            }
            let values = self.all(name);
            if values.is_empty() {
                return Err(Reason::SignedHeaderAbsent((*name).to_owned()));
            }
            for (name, value) in values {
                form.check_value(value, values.len())?;
                headers.push(name, value);
            }
        }
        headers.sort();
        Ok(headers)
    }
}

/// Whether both name one host: in any case, and one may leave out the port that is the default of `http` or `https`.
fn same_host(a: &[u8], b: &[u8]) -> bool {
    let with_port = |long: &[u8], short: &[u8]| {
        let bare = long.strip_suffix(b":443").or_else(|| long.strip_suffix(b":80"));
        bare.is_some_and(|bare| bare.eq_ignore_ascii_case(short))
    };
    a.eq_ignore_ascii_case(b) || with_port(a, b) || with_port(b, a)
}

/// Reads a list of signed headers. A list that is not sorted, holds a name twice, an empty one, or one that is not in
/// lower case has two readings, and is refused.
pub(super) fn signed_names(list: &str) -> Result<SmallVec<[&str; 16]>, Reason> {
    let names: SmallVec<[&str; 16]> = list.split(';').collect();
    let is_name = |name: &&str| {
        !name.is_empty()
            && name
                .bytes()
                .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b"!#$%&'*+-.^_`|~".contains(&b))
    };
    if !names.iter().all(is_name) || !names.is_sorted_by(|a, b| a < b) {
        return Err(Reason::Malformed(
            "SignedHeaders must be header names in lower case, sorted, each once, joined by semicolons"
                .into(),
        ));
    }
    Ok(names)
}
