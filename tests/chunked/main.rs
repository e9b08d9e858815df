//! Bodies sent and received as aws-chunked: signatures, lengths, and what must be refused.

mod common;
mod connection;
mod damaged;
mod decode;
mod documented;
mod encode;
mod layer;
mod others;
mod plan;
mod sigv4a;
