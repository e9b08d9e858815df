//! What a request claims about its signature: read leniently, since a claim that cannot be read is what this
//! program is asked about.

use sigv4_core::clock::AmzDate;

use crate::wire::Request;

/// The parts of the `Authorization` header, or of a presigned URL's query; empty where they are missing.
#[derive(Default, Clone)]
pub struct Claim {
    pub algorithm: String,
    pub access_key_id: String,
    pub scope_date: String,
    pub region: String,
    pub service: String,
    pub terminator: String,
    pub signed_headers: String,
    pub signature: String,
    /// The signed time, as it stands in the request.
    pub amz_date: String,
    pub has_session_token: bool,
    /// Whether the query carries the signature.
    pub presigned: bool,
    /// Seconds, of a presigned URL.
    pub expires: Option<u64>,
}

impl Claim {
    /// `None` if the request has no signature at all.
    pub fn read(request: &Request) -> Option<Self> {
        let mut claim = match request.header("authorization") {
            Some(header) => Self::of_header(&header),
            None => Self::of_query(request)?,
        };
        let token = ["x-amz-security-token", "x-amz-s3session-token"];
        claim.has_session_token =
            token.iter().any(|name| request.header(name).is_some() || request.parameter(name).is_some());
        if !claim.presigned {
            let date = request.header("x-amz-date").or_else(|| request.header("date"));
            claim.amz_date = date.map(|date| date.into_owned()).unwrap_or_default();
        }
        Some(claim)
    }

    fn of_header(header: &str) -> Self {
        let (algorithm, rest) = header.trim().split_once(char::is_whitespace).unwrap_or((header, ""));
        // Parts end at a comma; or at the next part, since a space may stand inside a credential that was copied with one.
        let part = |name: &str| {
            let at = rest.find(&format!("{name}="))? + name.len() + 1;
            let value = rest[at..].split(',').next()?;
            let next = ["Credential=", "SignedHeaders=", "Signature="]
                .iter()
                .filter_map(|part| value.find(part))
                .min();
            Some(value[..next.unwrap_or(value.len())].trim_end().to_owned())
        };
        let mut claim = Self { algorithm: algorithm.to_owned(), ..Self::default() };
        claim.credential(&part("Credential").unwrap_or_default());
        claim.signed_headers = part("SignedHeaders").unwrap_or_default();
        claim.signature = part("Signature").unwrap_or_default();
        claim
    }

    fn of_query(request: &Request) -> Option<Self> {
        let parameter = |name: &str| request.parameter(name).unwrap_or_default();
        let mut claim = Self {
            algorithm: request.parameter("X-Amz-Algorithm")?,
            signed_headers: parameter("X-Amz-SignedHeaders"),
            signature: parameter("X-Amz-Signature"),
            amz_date: parameter("X-Amz-Date"),
            presigned: true,
            expires: parameter("X-Amz-Expires").parse().ok(),
            ..Self::default()
        };
        claim.credential(&parameter("X-Amz-Credential"));
        Some(claim)
    }

    /// `ID/date/region/service/aws4_request`, as many of them as there are.
    fn credential(&mut self, credential: &str) {
        let mut parts = credential.split('/').map(str::to_owned);
        let mut next = || parts.next().unwrap_or_default();
        self.access_key_id = next();
        self.scope_date = next();
        self.region = next();
        self.service = next();
        self.terminator = next();
    }

    pub fn scope(&self) -> String {
        format!("{}/{}/{}/{}", self.scope_date, self.region, self.service, self.terminator)
    }

    /// The signed time, if it is of its form.
    pub fn date(&self) -> Option<AmzDate> {
        AmzDate::parse(&self.amz_date).ok()
    }

    /// The names of the signed headers, as written.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.signed_headers.split(';').filter(|name| !name.is_empty())
    }
}
