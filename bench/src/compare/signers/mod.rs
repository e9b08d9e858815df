//! The signers that are compared, each through its own public call.

mod aws_sigv4;
pub mod ours;
mod raw;
mod reqsign;
mod rusoto;
mod rusty_s3;

use super::workload::{Sample, Workload};

pub use self::aws_sigv4::AwsSigv4;
pub use self::ours::Ours;
pub use self::raw::Raw;
pub use self::reqsign::Reqsign;
pub use self::rusoto::Rusoto;
pub use self::rusty_s3::RustyS3;

/// One signer, made ready for one workload.
pub trait Signer: Sized {
    /// As its users know it.
    const NAME: &'static str;

    /// What it signs, with room for what comes of it.
    type Input;

    /// Ready for this workload; `None` if that is nothing it can do.
    fn new(workload: &Workload) -> Option<Self>;

    /// Outside the timed part: the request in the type that this signer takes.
    fn input(&self, sample: &Sample) -> Self::Input;

    /// The timed part: the clock, the credentials at hand, the signature, and the signed request.
    fn sign(&self, input: &mut Self::Input);

    /// Time (`YYYYMMDDTHHMMSSZ`) and signature (hex) of a signed request.
    fn signed(&self, input: &Self::Input) -> (String, String);
}

/// Time and signature in headers.
fn in_headers<'a>(header: impl Fn(&str) -> Option<&'a [u8]>) -> (String, String) {
    let text = |name| String::from_utf8_lossy(header(name).unwrap_or_default()).into_owned();
    let authorization = text("authorization");
    let signature = authorization.rsplit("Signature=").next().unwrap_or_default();
    (text("x-amz-date"), signature.to_owned())
}

/// Time and signature in a presigned URL.
fn in_query(url: &str) -> (String, String) {
    let parameter = |name: &str| {
        let value = url.split(['?', '&']).find_map(|pair| pair.strip_prefix(name));
        value.unwrap_or_default().to_owned()
    };
    (parameter("X-Amz-Date="), parameter("X-Amz-Signature="))
}
