//! What STS answers.
#![no_main]

use bytes::Bytes;
use futures_lite::future::block_on;
use http::{Request, Response};
use libfuzzer_sys::fuzz_target;
use sigv4_core::{Credentials, ProvideCredentials};
use sigv4_credentials::AssumeRoleProvider;
use sigv4_credentials::context::Context;

fuzz_target!(|input: (Vec<u8>, bool)| {
    let (body, refused) = input;
    let answer = move |_: Request<Bytes>| {
        let mut response = Response::new(Bytes::from(body.clone()));
        if refused {
            *response.status_mut() = http::StatusCode::FORBIDDEN;
        }
        std::future::ready(Ok::<_, std::io::Error>(response))
    };
    let source = Credentials::new("AKIDEXAMPLE", "secret").unwrap();
    let provider = AssumeRoleProvider::new(&Context::isolated().with_http(answer), "us-east-1", "role", source);
    let _ = block_on(provider.provide_credentials());
});
