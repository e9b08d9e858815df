//! The command line.

use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;

use http::{HeaderName, HeaderValue, Method};
use sigv4_core::PayloadMode;
use sigv4_core::body::ChecksumAlgorithm;
use sigv4_core::body::chunked::{ChunkedMode, ChunkedOptions};
use sigv4_core::signature::RegionSet;
use sigv4_examples::Failure;
use sigv4_examples::clients::SigningClient;

pub const USAGE: &str = "\
curl [-X METHOD] [-H 'name: value']... [-d DATA|@FILE] [-T FILE] [--service S]
     [--region R | --sigv4a REGIONSET] [--client reqwest|tower|hyper]
     [--checksum crc32|crc32c|crc64nvme|sha1|sha256]
     [--payload signed|unsigned|precomputed:HEX|chunked|chunked-trailer|unsigned-trailer]
     [--presign SECONDS] [--print-url] [-i] [-o FILE] [--fail] [--explain] URL

Signs with AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN. Service and region are read
from the host where they are not given; --sigv4a signs for a set of regions, such as us-east-1,eu-* or *.
-T streams the file, as PUT unless -X says otherwise; --presign signs in the query, and --print-url prints
that URL and sends nothing. --checksum goes with S3: in the trailer where the payload has one, else in a
header, for which the body is read beforehand. --explain says on standard error why a request was refused.
Exit: 0 for any HTTP answer (22 for 4xx and 5xx with --fail), 2 for bad usage, 1 for anything else.";

#[derive(Debug)]
pub struct Args {
    pub method: Option<Method>,
    pub headers: Vec<(HeaderName, HeaderValue)>,
    pub data: Option<Data>,
    pub upload: Option<PathBuf>,
    pub service: Option<String>,
    pub region: Option<String>,
    pub sigv4a: Option<RegionSet>,
    pub client: String,
    pub payload: PayloadMode,
    pub checksum: Option<ChecksumAlgorithm>,
    pub presign: Option<Duration>,
    pub print_url: bool,
    pub include: bool,
    pub output: Option<PathBuf>,
    pub fail: bool,
    pub explain: bool,
    pub url: String,
}

#[derive(Debug)]
pub enum Data {
    Literal(Vec<u8>),
    File(PathBuf),
}

impl Args {
    /// Reads the command line; `None` where help was asked for.
    pub fn parse(arguments: impl IntoIterator<Item = OsString>) -> Result<Option<Self>, Failure> {
        use lexopt::prelude::*;

        let mut args = Self {
            method: None,
            headers: Vec::new(),
            data: None,
            upload: None,
            service: None,
            region: None,
            sigv4a: None,
            client: "hyper".into(),
            payload: PayloadMode::Auto,
            checksum: None,
            presign: None,
            print_url: false,
            include: false,
            output: None,
            fail: false,
            explain: false,
            url: String::new(),
        };
        let mut parser = lexopt::Parser::from_args(arguments);
        while let Some(argument) = parser.next()? {
            match argument {
                Short('X') | Long("request") => args.method = Some(parser.value()?.string()?.parse()?),
                Short('H') | Long("header") => args.headers.push(header(&parser.value()?.string()?)?),
                Short('d') | Long("data") => args.data = Some(data(parser.value()?)),
                Short('T') | Long("upload-file") => args.upload = Some(parser.value()?.into()),
                Long("service") => args.service = Some(parser.value()?.string()?),
                Long("region") => args.region = Some(parser.value()?.string()?),
                Long("sigv4a") => args.sigv4a = Some(parser.value()?.string()?.parse()?),
                Long("client") => args.client = client(parser.value()?.string()?)?,
                Long("payload") => args.payload = payload(&parser.value()?.string()?)?,
                Long("checksum") => args.checksum = Some(parser.value()?.string()?.parse()?),
                Long("presign") => args.presign = Some(Duration::from_secs(parser.value()?.parse()?)),
                Long("print-url") => args.print_url = true,
                Short('i') | Long("include") => args.include = true,
                Short('o') | Long("output") => args.output = Some(parser.value()?.into()),
                Short('f') | Long("fail") => args.fail = true,
                Long("explain") => args.explain = true,
                Short('h') | Long("help") => return Ok(None),
                Value(url) if args.url.is_empty() => args.url = url.string()?,
                other => return Err(other.unexpected().into()),
            }
        }
        args.check()
    }

    fn check(self) -> Result<Option<Self>, Failure> {
        if self.url.is_empty() {
            return Err("no URL given".into());
        }
        if self.data.is_some() && self.upload.is_some() {
            return Err("-d and -T cannot go together".into());
        }
        if self.region.is_some() && self.sigv4a.is_some() {
            return Err(
                "--region and --sigv4a cannot go together: a set of regions takes the region's place".into(),
            );
        }
        if self.print_url && self.presign.is_none() {
            return Err("--print-url needs --presign SECONDS".into());
        }
        if self.presign.is_some() && self.explain {
            return Err(
                "--explain is for signed headers: for a presigned URL there is the example explain".into()
            );
        }
        if self.presign.is_some() && matches!(self.payload, PayloadMode::Chunked(_)) {
            return Err("--presign signs no chunks: leave --payload out".into());
        }
        Ok(Some(self))
    }

    /// What covers the payload: a checksum that has a trailer to go into is computed on the way.
    pub fn payload(&self) -> PayloadMode {
        match (&self.payload, self.checksum) {
            (PayloadMode::Chunked(options), Some(checksum)) if options.mode().has_trailer() => {
                PayloadMode::Chunked(options.clone().with_checksum(checksum))
            }
            (mode, _) => mode.clone(),
        }
    }

    /// A checksum that has to be in a header.
    pub fn header_checksum(&self) -> Option<ChecksumAlgorithm> {
        let in_trailer =
            matches!(&self.payload, PayloadMode::Chunked(options) if options.mode().has_trailer());
        self.checksum.filter(|_| !in_trailer)
    }

    /// The method: what `-X` says, else what the body makes likely.
    pub fn method(&self) -> Method {
        self.method.clone().unwrap_or(match (&self.upload, &self.data) {
            (Some(_), _) => Method::PUT,
            (None, Some(_)) => Method::POST,
            (None, None) => Method::GET,
        })
    }
}

fn header(line: &str) -> Result<(HeaderName, HeaderValue), Failure> {
    let (name, value) = line.split_once(':').ok_or("a header (-H) is written 'name: value'")?;
    let value =
        HeaderValue::from_str(value.trim()).or_else(|_| HeaderValue::from_bytes(value.trim().as_bytes()))?;
    Ok((name.trim().parse()?, value))
}

fn data(value: OsString) -> Data {
    match value.to_str().and_then(|text| text.strip_prefix('@')) {
        Some(path) => Data::File(path.into()),
        None => Data::Literal(value.into_encoded_bytes()),
    }
}

fn client(name: String) -> Result<String, Failure> {
    if SigningClient::KINDS.contains(&name.as_str()) {
        Ok(name)
    } else {
        Err(format!("--client {name:?}: reqwest, tower or hyper").into())
    }
}

fn payload(mode: &str) -> Result<PayloadMode, Failure> {
    let chunked = |mode| Ok(PayloadMode::Chunked(ChunkedOptions::new(mode)));
    match mode {
        "chunked" => chunked(ChunkedMode::Signed),
        "chunked-trailer" => chunked(ChunkedMode::SignedTrailer),
        "unsigned-trailer" => chunked(ChunkedMode::UnsignedTrailer),
        "signed" => Ok(PayloadMode::Signed),
        "unsigned" => Ok(PayloadMode::Unsigned),
        _ => {
            let hex = mode
                .strip_prefix("precomputed:")
                .ok_or_else(|| format!("--payload {mode:?} is none that is known"))?;
            PayloadMode::precomputed_hex(hex).map_err(Into::into)
        }
    }
}
