//! A tonic channel below the signer.

use bytes::{Buf, BufMut, Bytes};
use http_body_util::Full;
use sigv4_tests::capture::Server;
use tonic::client::Grpc;
use tonic::codec::{Codec, DecodeBuf, Decoder, EncodeBuf, Encoder};
use tonic::transport::Channel;
use tonic::{Request, Status};
use tower::ServiceBuilder;
use tower_sigv4::SignLayer;

use crate::{clock, expected, signer};

/// Messages that are bytes.
#[derive(Clone, Copy)]
struct Plain;

impl Codec for Plain {
    type Encode = Bytes;
    type Decode = Bytes;
    type Encoder = Self;
    type Decoder = Self;

    fn encoder(&mut self) -> Self {
        Self
    }

    fn decoder(&mut self) -> Self {
        Self
    }
}

impl Encoder for Plain {
    type Item = Bytes;
    type Error = Status;

    fn encode(&mut self, message: Bytes, to: &mut EncodeBuf<'_>) -> Result<(), Status> {
        to.put(message);
        Ok(())
    }
}

impl Decoder for Plain {
    type Item = Bytes;
    type Error = Status;

    fn decode(&mut self, from: &mut DecodeBuf<'_>) -> Result<Option<Bytes>, Status> {
        Ok(Some(from.copy_to_bytes(from.remaining())))
    }
}

#[tokio::test]
async fn a_unary_call_is_signed_with_its_body() {
    let server = Server::http2().await;
    let channel = Channel::from_shared(server.origin()).unwrap().connect().await.unwrap();
    let sign = SignLayer::new(signer(&clock()))
        .with_rebuild(|bytes: Bytes| tonic::body::Body::new(Full::new(bytes)));
    let service = ServiceBuilder::new().layer(sign).service(channel);
    // The origin is what is signed as the host: a channel adds its own too late.
    let mut grpc = Grpc::with_origin(service, server.origin().parse().unwrap());
    for message in [&b"one message"[..], b"another"] {
        grpc.ready().await.unwrap();
        let request = Request::new(Bytes::copy_from_slice(message));
        // The server answers without a message, which is an error to gRPC.
        grpc.unary(request, "/pkg.Service/Method".parse().unwrap(), Plain).await.unwrap_err();
        let captured = server.take_one();
        assert_eq!(captured.target, "/pkg.Service/Method");
        // A flag, the length in four bytes, the message.
        assert_eq!(captured.body[5..], *message);
        assert_eq!(captured.header("content-type"), Some("application/grpc"));
        captured.assert_signed(&expected());
    }
    assert_eq!(server.connections(), 1);
}
