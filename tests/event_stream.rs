//! Event streams beside those of the crate `aws-sigv4`, byte for byte, and messages that are wrong in every way.

use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use aws_sigv4::event_stream::{sign_empty_message, sign_message};
use aws_sigv4::sign::v4;
use aws_smithy_eventstream::frame::{read_message_from, write_message_to};
use aws_smithy_types::event_stream as theirs;
use bytes::Bytes;
use http::Request;
use http_body::{Body, Frame};
use proptest::prelude::*;
use sigv4_core::body::event_stream::{
    Decoder, EventSigner, MAX_MESSAGE, Message, STREAMING_EVENTS, SignedEvents, Value,
};
use sigv4_core::clock::{AmzDate, ManualClock};
use sigv4_core::request::{RequestView, SigningParams, sign};
use sigv4_core::signature::RegionSet;
use sigv4_core::{Credentials, Error, ErrorKind, Payload, SignOptions, Signer};

const KEY: &str = "AKIDEXAMPLE";
const SECRET: &str = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";

fn credentials() -> Credentials {
    Credentials::new(KEY, SECRET).unwrap()
}

/// A minute before midnight, so that the day changes under the stream.
fn start() -> SystemTime {
    AmzDate::parse("20261121T235900Z").unwrap().time() + Duration::from_millis(750)
}

/// A message with a header of every type, in our terms and in theirs.
fn messages(number: u8) -> (Message, theirs::Message) {
    let payload = vec![number; usize::from(number) * 100];
    let moment = start() + Duration::from_millis(u64::from(number));
    let millis = i64::try_from(moment.duration_since(UNIX_EPOCH).unwrap().as_millis()).unwrap();
    let uuid = [number; 16];
    let ours = Message::new(payload.clone())
        .with_header(":event-type", Value::String("AudioEvent".into()))
        .with_header("yes", Value::Bool(true))
        .with_header("no", Value::Bool(false))
        .with_header("byte", Value::Byte(-7))
        .with_header("int16", Value::Int16(-700))
        .with_header("int32", Value::Int32(-70_000))
        .with_header("int64", Value::Int64(-7_000_000_000))
        .with_header("bytes", Value::Bytes(Bytes::from_static(b"\x00\xff")))
        .with_header("time", Value::Timestamp(UNIX_EPOCH + Duration::from_millis(millis as u64)))
        .with_header("uuid", Value::Uuid(uuid));
    let mut message = theirs::Message::new(payload);
    for (name, value) in [
        (":event-type", theirs::HeaderValue::String("AudioEvent".into())),
        ("yes", theirs::HeaderValue::Bool(true)),
        ("no", theirs::HeaderValue::Bool(false)),
        ("byte", theirs::HeaderValue::Byte(-7)),
        ("int16", theirs::HeaderValue::Int16(-700)),
        ("int32", theirs::HeaderValue::Int32(-70_000)),
        ("int64", theirs::HeaderValue::Int64(-7_000_000_000)),
        ("bytes", theirs::HeaderValue::ByteArray(Bytes::from_static(b"\x00\xff"))),
        ("time", theirs::HeaderValue::Timestamp(aws_smithy_types::DateTime::from_millis(millis))),
        ("uuid", theirs::HeaderValue::Uuid(u128::from_be_bytes(uuid))),
    ] {
        message = message.add_header(theirs::Header::new(name, value));
    }
    (ours, message)
}

fn encoded(message: &theirs::Message) -> Vec<u8> {
    let mut bytes = Vec::new();
    write_message_to(message, &mut bytes).unwrap();
    bytes
}

/// Signs a request that opens a stream, and gives its headers.
fn open() -> Request<()> {
    let (credentials, date) = (credentials(), AmzDate::new(start()).unwrap());
    let params = SigningParams::new(&credentials, &date, "us-east-1", "transcribe");
    let mut request =
        Request::post("https://transcribestreaming.us-east-1.amazonaws.com/stream-transcription")
            .body(())
            .unwrap();
    let view = RequestView::new(request.method(), request.uri(), request.headers()).unwrap();
    sign(&view, &params, Payload::literal(STREAMING_EVENTS), None)
        .unwrap()
        .apply(request.headers_mut())
        .unwrap();
    request
}

#[test]
fn a_conversation_is_the_one_that_aws_sigv4_signs() {
    let request = open();
    assert_eq!(request.headers()["x-amz-content-sha256"], STREAMING_EVENTS);
    let mut signer = EventSigner::of_request(&credentials(), request.headers()).unwrap();
    let identity = aws_credential_types::Credentials::new(KEY, SECRET, None, None, "test").into();
    let params = |time| {
        let builder = v4::SigningParams::builder().identity(&identity).region("us-east-1").name("transcribe");
        builder.time(time).settings(()).build().unwrap()
    };
    let mut previous = signer.previous_signature().to_owned();
    assert!(request.headers()["authorization"].to_str().unwrap().ends_with(&previous));
    for number in 0..10 {
        // Past midnight on the way.
        let now = start() + Duration::from_secs(13 * u64::from(number));
        let (ours, message) = messages(number);
        assert_eq!(ours.encode().unwrap(), encoded(&message));
        let wire = signer.sign(&ours, now).unwrap();
        let (expected, signature) = sign_message(&message, &previous, &params(now)).unwrap().into_parts();
        assert_eq!(wire, encoded(&expected), "message {number}");
        assert_eq!(signer.previous_signature(), signature);
        previous = signature;
        // What is inside is what was given.
        let outer = Message::decode(&wire).unwrap();
        assert_eq!(Message::decode(outer.payload()).unwrap(), ours);
        assert_eq!(read_message_from(&mut outer.payload().clone()).unwrap(), message);
    }
    let end = start() + Duration::from_secs(200);
    let (expected, _) = sign_empty_message(&previous, &params(end)).unwrap().into_parts();
    assert_eq!(signer.finish(end).unwrap(), encoded(&expected));
}

#[test]
fn a_presigned_url_begins_a_chain_too() {
    let signer = Signer::new("transcribe", "eu-west-1", credentials()).with_clock(ManualClock::new(start()));
    let request = Request::get("wss://transcribestreaming.eu-west-1.amazonaws.com:8443/stream-transcription-websocket?language-code=en-US")
        .body(())
        .unwrap();
    let url = signer.presign(&request, Duration::from_secs(300)).unwrap().url().to_owned();
    let chain = EventSigner::of_presigned(&credentials(), &url).unwrap();
    assert!(url.ends_with(&format!("X-Amz-Signature={}", chain.previous_signature())), "{url}");
    assert_eq!(format!("{chain:?}"), r#"EventSigner { region: "eu-west-1", service: "transcribe", .. }"#);

    let error = EventSigner::of_presigned(&credentials(), "wss://example.com/?a=b").unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Request);
    assert!(error.to_string().contains("X-Amz-Credential"), "{error}");
}

#[test]
fn a_chain_begins_at_a_signature_of_the_same_credentials_and_of_sigv4() {
    let request = open();
    let others = Credentials::new("AKIDOTHER", SECRET).unwrap();
    let error = EventSigner::of_request(&others, request.headers()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Credentials);

    let error = EventSigner::of_request(&credentials(), &http::HeaderMap::new()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Header);

    let mut request = Request::post("https://example.com/").body(()).unwrap();
    request.extensions_mut().insert(SignOptions::new().region_set(RegionSet::all()));
    Signer::new("transcribe", "us-east-1", credentials()).sign(&mut request, Payload::EMPTY).unwrap();
    let error = EventSigner::of_request(&credentials(), request.headers()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Option);
    assert!(error.to_string().contains("region set"), "{error}");
}

#[test]
fn a_message_over_its_limit_is_refused_and_the_chain_goes_on() {
    let mut signer = EventSigner::of_request(&credentials(), open().headers()).unwrap();
    let before = signer.previous_signature().to_owned();
    let big = |length: usize| Message::new(vec![0; length]);
    // With its frame of 16 bytes it fits; the signed message around it does not.
    assert_eq!(big(MAX_MESSAGE - 16).encode().unwrap().len(), MAX_MESSAGE);
    let cases = [
        (big(MAX_MESSAGE - 15), "an event's message: 16777217 bytes are over the limit of 16777216"),
        (big(MAX_MESSAGE - 16), "an event's message: 16777299 bytes are over the limit of 16777216"),
        (
            (0..3).fold(Message::default(), |message, n| {
                message.with_header(format!("h{n}"), Value::Bytes(vec![0; 65_535].into()))
            }),
            "the headers of an event's message: 196623 bytes are over the limit of 131072",
        ),
        (
            Message::default().with_header("long", Value::String("x".repeat(65_536))),
            "the event's header \"long\" has 65536 bytes: 65,535 are allowed",
        ),
        (Message::default().with_header("", Value::Bool(true)), "has 0 bytes (\"\"): 1 to 255 are allowed"),
        (Message::default().with_header("n".repeat(256), Value::Bool(true)), "has 256 bytes"),
    ];
    for (message, words) in cases {
        let error = signer.sign(&message, start()).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Payload);
        assert!(error.to_string().contains(words), "{error}");
        assert_eq!(signer.previous_signature(), before);
    }
}

#[test]
fn a_damaged_message_is_refused_wherever_the_damage_is() {
    let wire = messages(3).0.encode().unwrap();
    for at in 0..wire.len() {
        let mut damaged = wire.to_vec();
        damaged[at] ^= 0x10;
        let error = Message::decode(&damaged.into()).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Payload, "byte {at}");
    }
    for length in 0..wire.len() {
        Message::decode(&wire.slice(..length)).unwrap_err();
    }
    Message::decode(&[&wire[..], b"x"].concat().into()).unwrap_err();
}

/// A prelude with its right checksum.
fn prelude(length: u32, headers: u32) -> Vec<u8> {
    let start = [length.to_be_bytes(), headers.to_be_bytes()].concat();
    let crc = crc32(&start).to_be_bytes();
    [&start[..], &crc].concat()
}

/// CRC-32 bit by bit.
fn crc32(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(u32::MAX, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| (crc >> 1) ^ (0xedb8_8320 & (crc & 1).wrapping_neg()))
    })
}

#[test]
fn a_decoder_refuses_lengths_before_it_waits_for_them() {
    for (length, headers, words) in [
        (u32::MAX, 0, "over the limit of 16777216"),
        (16_777_217, 0, "over the limit of 16777216"),
        (300_000, 131_073, "over the limit of 131072"),
        (15, 0, "shorter than its headers"),
        (20, 5, "shorter than its headers"),
    ] {
        let mut decoder = Decoder::default();
        decoder.push(&prelude(length, headers));
        let error = decoder.next().unwrap_err();
        assert!(error.to_string().contains(words), "{length} {headers}: {error}");
    }
}

#[test]
fn a_decoder_reads_messages_in_any_pieces() {
    let all: Vec<Message> = (0..5).map(|number| messages(number).0).collect();
    let wire: Vec<u8> = all.iter().flat_map(|message| message.encode().unwrap()).collect();
    for size in [1, 2, 7, 100, wire.len()] {
        let (mut decoder, mut read) = (Decoder::default(), Vec::new());
        for piece in wire.chunks(size) {
            decoder.push(piece);
            while let Some(message) = decoder.next().unwrap() {
                read.push(message);
            }
        }
        assert_eq!(read, all, "pieces of {size}");
        assert!(decoder.is_empty());
    }
}

/// A body of these frames.
struct Frames(Vec<Result<Bytes, std::io::Error>>);

impl Body for Frames {
    type Data = Bytes;
    type Error = std::io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, std::io::Error>>> {
        let next = if self.0.is_empty() { None } else { Some(self.0.remove(0)) };
        Poll::Ready(next.map(|frame| frame.map(Frame::data)))
    }
}

fn collected(frames: Vec<Result<Bytes, std::io::Error>>) -> Vec<Result<Bytes, Error>> {
    let signer = EventSigner::of_request(&credentials(), open().headers()).unwrap();
    let clock = Arc::new(ManualClock::new(start()));
    let mut body = pin!(SignedEvents::new(Frames(frames), signer, Arc::clone(&clock)));
    let mut context = Context::from_waker(Waker::noop());
    let mut out = Vec::new();
    while let Poll::Ready(Some(frame)) = body.as_mut().poll_frame(&mut context) {
        out.push(frame.map(|frame| frame.into_data().unwrap()));
        clock.advance(Duration::from_secs(1));
    }
    let has_failed = out.last().is_some_and(Result::is_err);
    assert_eq!(body.is_end_stream(), !has_failed, "a failed body may not look ended");
    out
}

#[test]
fn a_body_is_signed_frame_by_frame_and_closed() {
    let all: Vec<Bytes> = (0..3).map(|number| messages(number).0.encode().unwrap()).collect();
    let sent = collected(all.iter().cloned().map(Ok).collect());
    let mut signer = EventSigner::of_request(&credentials(), open().headers()).unwrap();
    let at = |second| start() + Duration::from_secs(second);
    let mut expected: Vec<Bytes> = (0u64..)
        .zip(&all)
        .map(|(second, message)| signer.sign_encoded(message, at(second)).unwrap())
        .collect();
    expected.push(signer.finish(at(3)).unwrap());
    assert_eq!(sent.into_iter().map(Result::unwrap).collect::<Vec<_>>(), expected);
}

#[test]
fn a_body_that_fails_is_not_closed() {
    let whole = || Ok(messages(1).0.encode().unwrap());
    for (frames, words) in [
        (
            vec![whole(), Err(std::io::Error::other("microphone gone"))],
            "the source of the event stream failed",
        ),
        (vec![whole(), Ok(Bytes::from_static(b"no message"))], "not one whole message"),
    ] {
        let sent = collected(frames);
        assert_eq!(sent.len(), 2);
        let error = sent[1].as_ref().unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Body);
        assert!(error.to_string().contains(words), "{error}");
    }
}

fn any_value() -> impl Strategy<Value = Value> {
    prop_oneof![
        any::<bool>().prop_map(Value::Bool),
        any::<i64>().prop_map(Value::Int64),
        proptest::collection::vec(any::<u8>(), 0..40).prop_map(|bytes| Value::Bytes(bytes.into())),
        ".{0,20}".prop_map(Value::String),
        (-1_000_000_000_000i64..4_000_000_000_000).prop_map(|millis| {
            let distance = Duration::from_millis(millis.unsigned_abs());
            Value::Timestamp(if millis < 0 { UNIX_EPOCH - distance } else { UNIX_EPOCH + distance })
        }),
    ]
}

proptest! {
    #[test]
    fn every_message_is_read_as_it_was_written(
        headers in proptest::collection::vec((".{1,20}", any_value()), 0..6),
        payload in proptest::collection::vec(any::<u8>(), 0..200),
    ) {
        let message = headers
            .into_iter()
            .fold(Message::new(payload), |message, (name, value)| message.with_header(name, value));
        prop_assert_eq!(Message::decode(&message.encode().unwrap()).unwrap(), message);
    }

    #[test]
    fn nothing_that_comes_in_panics(bytes in proptest::collection::vec(any::<u8>(), 0..100)) {
        let _ = Message::decode(&bytes.clone().into());
        let mut decoder = Decoder::default();
        decoder.push(&bytes);
        let _ = decoder.next();
        // Inside a right frame, any headers and payload.
        let mut framed = prelude(u32::try_from(bytes.len()).unwrap() + 16, u32::try_from(bytes.len() / 2).unwrap());
        framed.extend_from_slice(&bytes);
        framed.extend_from_slice(&crc32(&framed).to_be_bytes());
        let _ = Message::decode(&framed.into());
    }
}
