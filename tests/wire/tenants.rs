//! Options of single requests, on every client.

use bytes::Bytes;
use http::Request;
use sigv4_core::{Credentials, SignOptions, SignedHeaders};
use sigv4_tests::capture::Expected;
use sigv4_tests::clients::{Client, Kind};

use crate::{expected, signer};

#[tokio::test]
async fn two_tenants_share_a_pool_of_connections() {
    let tenant = |name: &str| Credentials::new(format!("AKID{name}"), format!("{name}+secret")).unwrap();
    let tenants = [tenant("ONE"), tenant("TWO")];
    for kind in Kind::ALL {
        let server = kind.server().await;
        let client = Client::new(kind, signer("dynamodb"), &server, &server.origin()).await;
        for turn in 0..4 {
            let credentials = &tenants[turn % 2];
            let request = Request::post(format!("{}/", server.origin()))
                .header("x-amz-target", "DynamoDB_20120810.ListTables")
                .extension(SignOptions::new().credentials(credentials.clone()))
                .body(Bytes::from_static(b"{}"))
                .unwrap();
            client.send(request).await.unwrap();
            server.take_one().assert_signed(&Expected {
                access_key_id: credentials.access_key_id(),
                secret_access_key: credentials.secret_access_key(),
                session_token: None,
                ..expected("dynamodb")
            });
        }
        assert_eq!(server.connections(), 1, "{kind:?}");
    }
}

#[tokio::test]
async fn service_region_headers_and_skip() {
    for kind in Kind::ALL {
        let server = kind.server().await;
        let client = Client::new(kind, signer("dynamodb"), &server, &server.origin()).await;
        let request = |options: SignOptions| {
            let request = Request::get(format!("{}/key", server.origin())).header("if-match", "\"etag\"");
            request.extension(options).body(Bytes::new()).unwrap()
        };
        let options = SignOptions::new().service("s3").region("eu-central-1");
        client.send(request(options)).await.unwrap();
        server.take_one().assert_signed(&Expected { region: "eu-central-1", ..expected("s3") });

        let also = SignedHeaders::standard().also(http::header::IF_MATCH);
        client.send(request(SignOptions::new().signed_headers(also))).await.unwrap();
        let captured = server.take_one();
        assert!(
            captured.header("authorization").unwrap().contains("SignedHeaders=host;if-match;x-amz-date;")
        );
        captured.assert_signed(&expected("dynamodb"));

        client.send(request(SignOptions::skip())).await.unwrap();
        let captured = server.take_one();
        assert!(
            captured.headers.iter().all(|(name, _)| name != "authorization" && !name.starts_with("x-amz-"))
        );
    }
}
