//! No block of memory that is given back holds a secret: an allocator looks into each, through signing, refreshing and
//! dropping.
//!
//! What a request or a URL carries by design is not looked for there: the token stands in the header value that
//! credentials share, which is wiped with them, and percent-encoded in a URL.

use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context as TaskContext, Poll, Waker};
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use hmac::{Hmac, KeyInit, Mac};
use http::{Request, Response};
use http_body_util::Full;
use sha2::Sha256;
use sha2::block_api::compress256;
use sigv4_core::body::chunked::{ChunkedMode, ChunkedOptions};
use sigv4_core::body::event_stream::{EventSigner, Message};
use sigv4_core::clock::{Clock, ManualClock};
use sigv4_core::credentials::CredentialCache;
use sigv4_core::signature::RegionSet;
use sigv4_core::signature::sigv4a::KeyPair;
use sigv4_core::tokens::TokenSigner;
use sigv4_core::verify::Verifier;
use sigv4_core::{Credentials, Error, Payload, PayloadMode, ProvideCredentials, Signer};
use sigv4_credentials::context::{Context, Files, Folder};
use sigv4_credentials::{DefaultChain, ProfileProvider};
use tower::{Layer, Service};
use tower_sigv4::SignLayer;

use sigv4_memory_tests::{found, look_for, settle};

const SECRETS: [&str; 2] = ["wJalrXUtnFEMI+K7MDENG+first+KEY", "wJalrXUtnFEMI+K7MDENG+other+KEY"];
const TOKENS: [&str; 2] = ["AQoDYXdzEPT//first/token+EXAMPLE==", "AQoDYXdzEPT//other/token+EXAMPLE=="];
/// Made for these tests, and its private scalar.
const LOGIN_KEY: &str = "-----BEGIN EC PRIVATE KEY-----\n\
    MHcCAQEEIGczK0fD5ANjzYHDC31KHhpAw6G6Rh5usw1UxrQlefqooAoGCCqGSM49\n\
    AwEHoUQDQgAE91b2DhaQ4aOvyxZEqRkfWxLFo1uP9H/WRxfdruM0hWkZLjmujmwv\n\
    H96FGgjlSkCJyqroFFolfqkzTDthr3MF2w==\n-----END EC PRIVATE KEY-----\n";
const LOGIN_SCALAR: [u8; 32] = [
    0x67, 0x33, 0x2b, 0x47, 0xc3, 0xe4, 0x03, 0x63, 0xcd, 0x81, 0xc3, 0x0b, 0x7d, 0x4a, 0x1e, 0x1a, 0x40,
    0xc3, 0xa1, 0xba, 0x46, 0x1e, 0x6e, 0xb3, 0x0d, 0x54, 0xc6, 0xb4, 0x25, 0x79, 0xfa, 0xa8,
];
const NOW: &str = "20150830T123600Z";

fn hmac(key: &[u8], message: &[u8]) -> [u8; 32] {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).unwrap();
    mac.update(message);
    mac.finalize().into_bytes().into()
}

/// The state of SHA-256 after one block of the key, which is no longer than that: what an implementation keeps instead of the key.
fn state(key: &[u8], pad: u8) -> [u8; 32] {
    let mut block = [pad; 64];
    for (byte, key) in block.iter_mut().zip(key) {
        *byte ^= key;
    }
    let mut state = [
        0x6a09_e667_u32,
        0xbb67_ae85,
        0x3c6e_f372,
        0xa54f_f53a,
        0x510e_527f,
        0x9b05_688c,
        0x1f83_d9ab,
        0x5be0_cd19,
    ];
    compress256(&mut state, &[block]);
    let mut bytes = [0; 32];
    for (bytes, word) in bytes.chunks_exact_mut(4).zip(state) {
        bytes.copy_from_slice(&word.to_ne_bytes());
    }
    bytes
}

/// Registers the secret, the token and all that is derived from the secret.
fn register() {
    for (secret, token) in SECRETS.into_iter().zip(TOKENS) {
        look_for("the secret access key", secret.as_bytes());
        look_for("the session token", token.as_bytes());
        let in_query = token.replace('/', "%2F").replace('+', "%2B").replace('=', "%3D");
        look_for("the session token in a query", in_query.as_bytes());
        look_for("the inner state of the secret", &state(format!("AWS4{secret}").as_bytes(), 0x36));
        look_for("the outer state of the secret", &state(format!("AWS4{secret}").as_bytes(), 0x5c));
        for (region, service) in [("us-east-1", "s3"), ("us-east-1", "execute-api"), ("us-east-1", "sts")] {
            let mut key = hmac(format!("AWS4{secret}").as_bytes(), &NOW.as_bytes()[..8]);
            look_for("the key of the date", &key);
            for part in [region, service, "aws4_request"] {
                key = hmac(&key, part.as_bytes());
                look_for("a derived key", &key);
            }
            look_for("the inner state of a key", &state(&key, 0x36));
            look_for("the outer state of a key", &state(&key, 0x5c));
        }
        let mut scalar = sigv4a_scalar(secret);
        look_for("the private key of SigV4a", &scalar);
        scalar.reverse();
        look_for("the private key of SigV4a", &scalar);
    }
    look_for("the key of a login session", &LOGIN_SCALAR);
    look_for("the key of a login session", b"MHcCAQEEIGczK0fD5ANjzYHDC31KHhpAw6G6Rh5usw1UxrQlefqo");
    let mut reversed = LOGIN_SCALAR;
    reversed.reverse();
    look_for("the key of a login session", &reversed);
    settle();
}

/// The private key of SigV4a, as its description derives it; the first counter does for these secrets.
fn sigv4a_scalar(secret: &str) -> [u8; 32] {
    let mut context = b"AWS4-ECDSA-P256-SHA256\0AKIDEXAMPLE\x01".to_vec();
    context.extend_from_slice(&256u32.to_be_bytes());
    let input = [&1u32.to_be_bytes()[..], &context].concat();
    let mut scalar = hmac(format!("AWS4A{secret}").as_bytes(), &input);
    for byte in scalar.iter_mut().rev() {
        let (next, carried) = byte.overflowing_add(1);
        *byte = next;
        if !carried {
            break;
        }
    }
    scalar
}

fn credentials(number: usize) -> Credentials {
    Credentials::new("AKIDEXAMPLE", SECRETS[number % 2])
        .and_then(|found| found.with_session_token(TOKENS[number % 2]))
        .unwrap()
}

fn clock() -> Arc<ManualClock> {
    Arc::new(ManualClock::at_amz_date(NOW).unwrap())
}

/// Runs what is never woken: nothing here waits for anything but itself.
fn run<T>(future: impl Future<Output = T>) -> T {
    let mut future = pin!(future);
    let mut context = TaskContext::from_waker(Waker::noop());
    loop {
        if let Poll::Ready(value) = future.as_mut().poll(&mut context) {
            return value;
        }
    }
}

/// Other credentials each time, that live a minute.
struct Rotating {
    calls: AtomicUsize,
    clock: Arc<ManualClock>,
}

#[async_trait]
impl ProvideCredentials for Rotating {
    async fn provide_credentials(&self) -> Result<Credentials, Error> {
        let call = self.calls.fetch_add(1, Ordering::Relaxed);
        Ok(credentials(call).with_expiry(self.clock.now() + Duration::from_secs(60)))
    }
}

fn signer(service: &str) -> (Signer, Arc<ManualClock>) {
    let clock = clock();
    let cache = CredentialCache::new(Rotating { calls: AtomicUsize::new(0), clock: clock.clone() });
    let cache = cache.with_clock(clock.clone());
    (Signer::new(service.to_owned(), "us-east-1", cache).with_clock(clock.clone()), clock)
}

fn request() -> Request<Full<Bytes>> {
    let body = Full::new(Bytes::from_static(b"{\"a\":1}"));
    Request::post("https://api.example.com/a?b=c").header("content-type", "text/plain").body(body).unwrap()
}

fn through_the_signer(service: &str) {
    let (signer, clock) = signer(service);
    for _ in 0..20 {
        let mut request = request().map(drop);
        run(signer.sign_async(&mut request, Payload::bytes(b"body"))).unwrap();
        let refused = signer.credentials().try_get(clock.now()).unwrap().unwrap();
        let _ = signer.presign(&self::request(), Duration::from_secs(60)).unwrap();
        signer.credentials().invalidate(&refused);
        clock.advance(Duration::from_secs(45));
    }
}

fn through_the_layer() {
    let (signer, clock) = signer("execute-api");
    let echo = tower::service_fn(|request: Request<Full<Bytes>>| async move {
        assert!(request.headers().contains_key("x-amz-security-token"));
        Ok::<_, Error>(Response::new(()))
    });
    let mut service = SignLayer::new(signer).layer(echo);
    for _ in 0..20 {
        run(async { service.call(request()).await }).unwrap();
        clock.advance(Duration::from_secs(45));
    }
}

fn through_chunks() {
    let (signer, _) = signer("s3");
    for mode in [ChunkedMode::Signed, ChunkedMode::SignedTrailer] {
        let options = ChunkedOptions::new(mode).with_chunk_size(8 << 10).unwrap();
        let signer = signer.clone().with_payload(PayloadMode::Chunked(options.clone()));
        let mut request = request().map(drop);
        let chunks = run(signer.sign_chunked(&mut request, &options, Some(20_000))).unwrap();
        let body = chunks.body(Full::new(Bytes::from_static(&[7; 20_000])));
        let sent = run(http_body_util::BodyExt::collect(body)).unwrap().to_bytes();
        assert!(sent.len() > 20_000);
    }
}

fn through_both_regions_and_tokens() {
    let (signer, clock) = signer("s3");
    let everywhere = signer.clone().with_region_set(RegionSet::new(["*"]).unwrap());
    let mut request = request().map(drop);
    run(everywhere.sign_async(&mut request, Payload::EMPTY)).unwrap();
    let _ = KeyPair::derive("AKIDEXAMPLE", SECRETS[0]).unwrap().sign(b"text");

    let credentials = credentials(0);
    let mut request = self::request().map(drop);
    run(signer.sign_async(&mut request, Payload::EMPTY)).unwrap();
    let mut events = EventSigner::of_request(&credentials, request.headers()).unwrap();
    events.sign(&Message::new(&b"event"[..]), clock.now()).unwrap();
    let _ = events.finish(clock.now()).unwrap();
    let tokens = TokenSigner::new(&credentials, "us-east-1", clock.now()).unwrap();
    let _ = tokens.rds("db.example.com", 5432, "user").unwrap();
    let _ = tokens.sts_caller_identity().unwrap();
}

fn through_the_verifier() {
    let (signer, clock) = signer("execute-api");
    let verifier = Verifier::new("execute-api", "us-east-1", credentials(0)).with_clock(clock);
    let mut request = request().map(drop);
    run(signer.sign_async(&mut request, Payload::bytes(b"body"))).unwrap();
    let view =
        sigv4_core::request::RequestView::new(request.method(), request.uri(), request.headers()).unwrap();
    let _ = run(verifier.verify(&view, Payload::bytes(b"body"))).unwrap();
    let _ = run(verifier.verify(&view, Payload::bytes(b"other"))).unwrap_err().response();
}

/// A file: what is read of it is wiped as well.
fn through_providers() {
    let file = format!(
        "[default]\naws_access_key_id = AKIDEXAMPLE\naws_secret_access_key = {}\naws_session_token = {}\n",
        SECRETS[0], TOKENS[0],
    );
    // What this test holds itself is never given back.
    let file = &*file.leak();
    let root = std::env::temp_dir().join(format!("sigv4-memory-{}", std::process::id()));
    std::fs::create_dir_all(root.join("home/user/.aws")).unwrap();
    std::fs::write(root.join("home/user/.aws/credentials"), file).unwrap();
    let in_memory = Folder::empty().with_file("/home/user/.aws/credentials", file);
    std::mem::forget(in_memory.clone());
    for files in [in_memory, Folder::below(&root)] {
        let context = Context::isolated().with_environment([("HOME", "/home/user")]).with_files(files);
        for _ in 0..3 {
            let found = run(ProfileProvider::new(&context).provide_credentials()).unwrap();
            assert_eq!(found.secret_access_key(), SECRETS[0]);
            let found = run(DefaultChain::new(context.clone()).provide_credentials()).unwrap();
            assert_eq!(found.session_token(), Some(TOKENS[0]));
        }
    }
    std::fs::remove_dir_all(root).unwrap();
}

/// Text that is never given back, put together without a buffer that grows.
fn kept(parts: &[&str]) -> &'static str {
    parts.concat().leak()
}

/// Answers over HTTP, and the session of a login that is refreshed: what is read of them and written is wiped. (The buffers
/// of an HTTP client are its own.)
fn through_answers() {
    let keys = |number: usize, id: &str, secret: &str, token: &str| {
        let (value, with) = (SECRETS[number], TOKENS[number]);
        let open = [
            r#"{"Expiration":"2999-01-01T00:00:00Z","expiresAt":"2000-01-01T00:00:00Z","#,
            id,
            r#":"ASIA","#,
        ];
        // A slash as some writers escape it.
        let (escaped, rest) = with.split_once('/').unwrap();
        let texts = [secret, r#":""#, value, r#"","#, token, r#":""#, escaped, r"\/", rest, r#""}"#];
        kept(&[&open[..], &texts].concat())
    };
    let of_container = kept(&[keys(0, r#""AccessKeyId""#, r#""SecretAccessKey""#, r#""Token""#)]);
    let of_sts = kept(&[
        "<R><Credentials><AccessKeyId>ASIA</AccessKeyId><SecretAccessKey>",
        SECRETS[1],
        "</SecretAccessKey><SessionToken>",
        TOKENS[1],
        "</SessionToken><Expiration>2999-01-01T00:00:00Z</Expiration></Credentials></R>",
    ]);
    let of_login = |number| keys(number, r#""accessKeyId""#, r#""secretAccessKey""#, r#""sessionToken""#);
    let of_refresh = kept(&[r#"{"expiresIn":900,"refreshToken":"r","accessToken":"#, of_login(1), "}"]);
    let key = LOGIN_KEY.split('\n').flat_map(|line| [line, "\\n"]);
    let key = kept(&key.collect::<Vec<_>>());
    let session = kept(&[
        r#"{"clientId":"c","refreshToken":"r","dpopKey":""#,
        key,
        r#"","accessToken":"#,
        of_login(0),
        "}",
    ]);
    let answer = move |request: Request<Bytes>| {
        let body = match request.uri().host() {
            Some("169.254.170.2") => of_container,
            Some("sts.us-east-1.amazonaws.com") => of_sts,
            _ => of_refresh,
        };
        std::future::ready(Ok::<_, std::io::Error>(Response::new(Bytes::from_static(body.as_bytes()))))
    };
    let config = "[default]\nregion = us-east-1\nrole_arn = r\ncredential_source = EcsContainer\n\
                  [profile login]\nregion = us-east-1\nlogin_session = me";
    // SHA-256 of `me`.
    let name = "2744ccd10c7533bd736ad890f9dd5cab2adb27b07d500b9493f29cdc420cb2e0.json";
    let files = Folder::empty().with_file("/config", config).with_file(format!("/login/{name}"), session);
    std::mem::forget(files.clone());
    let context = Context::isolated()
        .with_environment([
            ("AWS_CONFIG_FILE", "/config"),
            ("AWS_LOGIN_CACHE_DIRECTORY", "/login"),
            ("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "/c"),
        ])
        .with_files(ReadOnly(files))
        .with_http(answer);
    for profile in ["default", "login"] {
        let found = run(ProfileProvider::new(&context).with_profile(profile).provide_credentials()).unwrap();
        assert_eq!(found.secret_access_key(), SECRETS[1]);
    }
}

/// Files that take no writes: a file that is replaced in memory is given back as it is.
struct ReadOnly(Folder);

impl Files for ReadOnly {
    fn read(&self, path: &std::path::Path, limit: usize) -> std::io::Result<Vec<u8>> {
        self.0.read(path, limit)
    }

    fn write(&self, _: &std::path::Path, _: &[u8]) -> std::io::Result<()> {
        Err(std::io::ErrorKind::ReadOnlyFilesystem.into())
    }
}

#[test]
fn nothing_given_back_holds_a_secret() {
    register();
    // The allocator sees what it should: a secret in an ordinary string.
    drop(std::hint::black_box(SECRETS[0].to_owned()));
    assert_eq!(found().len(), 1, "the allocator is blind");

    for (what, run) in [
        ("credentials", (|| drop(credentials(0))) as fn()),
        ("the signer", || through_the_signer("execute-api")),
        ("the signer for S3", || through_the_signer("s3")),
        ("the layer", through_the_layer),
        ("chunks", through_chunks),
        ("SigV4a, events, tokens", through_both_regions_and_tokens),
        ("the verifier", through_the_verifier),
        ("providers", through_providers),
        ("answers", through_answers),
    ] {
        run();
        let found = found();
        assert!(found.is_empty(), "{what}: {} times, first {}", found.len(), found[0]);
    }
}
