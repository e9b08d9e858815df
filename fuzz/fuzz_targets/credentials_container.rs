//! What a container endpoint answers, and where the variable says that it is.
#![no_main]

use std::collections::BTreeMap;

use bytes::Bytes;
use futures_lite::future::block_on;
use http::{Request, Response};
use libfuzzer_sys::fuzz_target;
use sigv4_core::ProvideCredentials;
use sigv4_credentials::ContainerProvider;
use sigv4_credentials::context::Context;

fuzz_target!(|input: (Vec<u8>, String, bool)| {
    let (body, uri, fixed) = input;
    let uri = if fixed { "http://localhost/c".to_owned() } else { uri };
    let answer = move |request: Request<Bytes>| {
        let plain = request.uri().scheme_str() == Some("http");
        let host = request.uri().host().unwrap_or_default();
        assert!(
            !plain
                || host.starts_with("127.")
                || ["localhost", "[::1]", "169.254.170.2", "169.254.170.23", "[fd00:ec2::23]"]
                    .iter()
                    .any(|known| host.eq_ignore_ascii_case(known))
                || host.starts_with('['),
            "plain HTTP to {host}"
        );
        std::future::ready(Ok::<_, std::io::Error>(Response::new(Bytes::from(body.clone()))))
    };
    let variable = ("AWS_CONTAINER_CREDENTIALS_FULL_URI".to_owned(), uri);
    let context = Context::isolated().with_environment(BTreeMap::from([variable])).with_http(answer);
    let _ = block_on(ContainerProvider::new(&context).provide_credentials());
});
