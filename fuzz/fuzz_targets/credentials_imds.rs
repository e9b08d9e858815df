//! What instance metadata answers, at each step.
#![no_main]

use std::sync::atomic::{AtomicUsize, Ordering};

use bytes::Bytes;
use futures_lite::future::block_on;
use http::{Request, Response};
use libfuzzer_sys::fuzz_target;
use sigv4_core::ProvideCredentials;
use sigv4_credentials::context::Context;
use sigv4_credentials::{ImdsProvider, RegionChain};

fuzz_target!(|answers: (Vec<u8>, u8)| {
    let (body, honest_steps) = answers;
    let asked = AtomicUsize::new(0);
    let answer = move |_: Request<Bytes>| {
        let honest = [&b"session"[..], b"role"];
        let step = asked.fetch_add(1, Ordering::Relaxed);
        let text = match honest.get(step) {
            Some(text) if step < usize::from(honest_steps % 3) => text.to_vec(),
            _ => body.clone(),
        };
        let mut response = Response::new(Bytes::from(text));
        if body.first() == Some(&b'!') {
            *response.status_mut() = http::StatusCode::UNAUTHORIZED;
        }
        std::future::ready(Ok::<_, std::io::Error>(response))
    };
    let context = Context::isolated().with_http(answer);
    let _ = block_on(ImdsProvider::new(&context).provide_credentials());
    let _ = block_on(RegionChain::new(context).resolve());
});
