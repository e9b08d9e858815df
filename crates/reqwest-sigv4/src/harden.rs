//! A client that keeps signatures to itself.

use reqwest::ClientBuilder;
use reqwest::redirect::Policy;

/// Turns off what would carry a signature or a token elsewhere: following redirects below the signer (the headers of
/// the first request would go to the second server), and the `Referer` header (which repeats a presigned URL).
///
/// A redirect then comes back as a response of its own.
pub fn harden(builder: ClientBuilder) -> ClientBuilder {
    builder.redirect(Policy::none()).referer(false)
}
