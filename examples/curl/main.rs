//! A small `curl` that signs: any method, header and body, through any of the three clients.
//!
//! ```sh
//! cargo run --example curl -- --service sts --region us-east-1 \
//!     'https://sts.us-east-1.amazonaws.com/?Action=GetCallerIdentity&Version=2011-06-15'
//! ```
#![allow(clippy::print_stdout, clippy::print_stderr)]

mod args;

use std::io::Write;
use std::process::ExitCode;

use bytes::Bytes;
use http::header::CONTENT_TYPE;
use http::{HeaderMap, HeaderValue, Request, Uri};
use http_body_util::BodyExt;
use sigv4_core::body::Checksum;
use sigv4_core::refusal::Explanation;
use sigv4_core::signature::sha256;
use sigv4_core::{Credentials, PayloadMode, SignOptions, Signer, service};
use sigv4_examples::clients::{Answer, SigningClient};
use sigv4_examples::file_body::RequestBody;
use sigv4_examples::{Failure, complain};

use args::{Args, Data};

const HTTP_ERROR: u8 = 22;
const BAD_USAGE: u8 = 2;

#[tokio::main]
async fn main() -> ExitCode {
    let args = match Args::parse(std::env::args_os().skip(1)) {
        Ok(Some(args)) => args,
        Ok(None) => {
            println!("{}", args::USAGE);
            return ExitCode::SUCCESS;
        }
        Err(error) => {
            eprintln!("curl: {error}\n{}", args::USAGE);
            return ExitCode::from(BAD_USAGE);
        }
    };
    match run(&args).await {
        Ok(code) => code,
        Err(error) => {
            complain("curl", &error);
            ExitCode::FAILURE
        }
    }
}

async fn run(args: &Args) -> Result<ExitCode, Failure> {
    let uri: Uri = args.url.parse().map_err(|error| format!("the URL {:?}: {error}", args.url))?;
    if uri.scheme().is_none() || uri.host().is_none() {
        return Err(format!("the URL {:?} is not of the form https://HOST/PATH", args.url).into());
    }
    let (signer, service) = signer(args, &uri)?;
    let mut request = Request::builder().method(args.method()).uri(uri).body(body(args).await?)?;
    *request.headers_mut() = headers(args);
    if let Some(algorithm) = args.header_checksum() {
        // Read once for the checksum, then once more to be sent.
        let mut checksum = Checksum::new(algorithm);
        let mut data = body(args).await?;
        while let Some(frame) = data.frame().await {
            checksum.update(&frame?.into_data().unwrap_or_default());
        }
        request.headers_mut().insert(algorithm.header(), checksum.finish().parse()?);
    }
    if let Some(expires) = args.presign {
        let presigned = signer.presign(&request_head(args, &service, &request)?, expires)?;
        if args.print_url {
            println!("{}", presigned.url());
            return Ok(ExitCode::SUCCESS);
        }
        *request.uri_mut() = presigned.uri()?;
        request.extensions_mut().insert(SignOptions::skip());
    }
    let client = if args.explain { SigningClient::explaining } else { SigningClient::new };
    let answer = client(&args.client, signer)?.send(request).await?;
    if let Some(explanation) = answer.extensions().get::<Explanation>().filter(|_| args.explain) {
        eprintln!("curl: {explanation}");
    }
    let refused = answer.status().is_client_error() || answer.status().is_server_error();
    print(args, answer).await?;
    Ok(if args.fail && refused { ExitCode::from(HTTP_ERROR) } else { ExitCode::SUCCESS })
}

/// Signs for what the command line says, and for what the host says where it says nothing.
fn signer(args: &Args, uri: &Uri) -> Result<(Signer, String), Failure> {
    let credentials = Credentials::from_env()?;
    // The set takes the region's place.
    let region = args.region.clone().or_else(|| args.sigv4a.as_ref().map(|regions| regions.to_string()));
    let (service, region) = match (&args.service, &region) {
        (Some(service), Some(region)) => (service.clone(), region.clone()),
        (service, region) => {
            let host = uri.host().unwrap_or_default();
            let found = service::infer(host, uri.path()).ok_or_else(|| {
                format!(
                    "service and region cannot be told from the host {host:?}: give --service and --region"
                )
            })?;
            (
                service.clone().unwrap_or_else(|| found.service.to_owned()),
                region.clone().unwrap_or_else(|| found.region.into_owned()),
            )
        }
    };
    let mut signer = Signer::new(service.as_str(), region, credentials).with_payload(args.payload());
    if let Some(regions) = &args.sigv4a {
        signer = signer.with_region_set(regions.clone());
    }
    Ok((signer, service))
}

fn headers(args: &Args) -> HeaderMap {
    let mut headers: HeaderMap = HeaderMap::new();
    for (name, value) in &args.headers {
        headers.append(name, value.clone());
    }
    if args.data.is_some() && !headers.contains_key(CONTENT_TYPE) {
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/x-www-form-urlencoded"));
    }
    headers
}

async fn body(args: &Args) -> Result<RequestBody, Failure> {
    let named = |path: &std::path::Path, error| format!("{}: {error}", path.display());
    Ok(match (&args.data, &args.upload) {
        (Some(Data::Literal(bytes)), _) => Bytes::from(bytes.clone()).into(),
        (Some(Data::File(path)), _) => Bytes::from(std::fs::read(path).map_err(|e| named(path, e))?).into(),
        (None, Some(path)) => RequestBody::open(path).await.map_err(|e| named(path, e))?,
        (None, None) => RequestBody::EMPTY,
    })
}

/// What is presigned: the request without its body, whose hash is computed here where the service wants it.
fn request_head(args: &Args, service: &str, request: &Request<RequestBody>) -> Result<Request<()>, Failure> {
    let hashed = service::ServiceRules::for_service(service).presign_payload == service::PresignPayload::Hash;
    let payload = match (&args.payload, request.body()) {
        (PayloadMode::Auto | PayloadMode::Signed, RequestBody::Bytes(Some(bytes))) if hashed => {
            PayloadMode::Precomputed(sha256(bytes))
        }
        (PayloadMode::Auto | PayloadMode::Signed, RequestBody::File { .. }) if hashed => {
            return Err("a streamed file cannot be presigned for this service: use -d @FILE".into());
        }
        (mode, _) => mode.clone(),
    };
    let mut head = Request::builder().method(request.method()).uri(request.uri()).body(())?;
    *head.headers_mut() = request.headers().clone();
    head.extensions_mut().insert(SignOptions::new().payload(payload));
    Ok(head)
}

async fn print(args: &Args, answer: Answer) -> Result<(), Failure> {
    let mut out: Box<dyn Write> = match &args.output {
        Some(path) => {
            Box::new(std::fs::File::create(path).map_err(|error| format!("{}: {error}", path.display()))?)
        }
        None => Box::new(std::io::stdout()),
    };
    if args.include {
        println!("{:?} {}", answer.version(), answer.status());
        for (name, value) in answer.headers() {
            println!("{name}: {}", String::from_utf8_lossy(value.as_bytes()));
        }
        println!();
    }
    let mut body = answer.into_body();
    while let Some(frame) = body.frame().await {
        if let Ok(data) = frame?.into_data() {
            out.write_all(&data)?;
        }
    }
    Ok(out.flush()?)
}
