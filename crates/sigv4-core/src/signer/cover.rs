//! What is signed of a body.

use http::HeaderMap;

#[cfg(feature = "refusals")]
use super::watch::What;
use crate::body::Payload;
use crate::error::Error;
use crate::request::{self, HeaderSignature, RequestView, SignedText, SigningParams};

/// What is signed of a body: all of it or nothing, told by a [`Payload`]; or its head now, and each chunk when it is sent.
pub(super) trait Cover: Copy {
    /// A signature that is not yet in the request.
    type Signature;
    /// What goes on with the body.
    type Rest;

    /// Whether a watched request keeps its texts, since its head is not all that is signed.
    const KEEPS_TEXT: bool;

    fn sign(
        self,
        view: RequestView<'_, HeaderMap>,
        params: &SigningParams<'_>,
        text: Option<&mut SignedText>,
    ) -> Result<Self::Signature, Error>;

    /// Puts the signature into the headers.
    fn apply(signature: Self::Signature, headers: &mut HeaderMap) -> Result<Self::Rest, Error>;

    /// What is kept of it by a watch.
    #[cfg(feature = "refusals")]
    fn kept(self, text: Option<SignedText>) -> What;
}

impl Cover for Payload<'_> {
    type Signature = HeaderSignature;
    type Rest = ();

    const KEEPS_TEXT: bool = false;

    fn sign(
        self,
        view: RequestView<'_, HeaderMap>,
        params: &SigningParams<'_>,
        text: Option<&mut SignedText>,
    ) -> Result<HeaderSignature, Error> {
        request::sign(&view, params, self, text)
    }

    fn apply(signature: HeaderSignature, headers: &mut HeaderMap) -> Result<(), Error> {
        signature.apply(headers)
    }

    #[cfg(feature = "refusals")]
    fn kept(self, _: Option<SignedText>) -> What {
        What::Payload(self.to_signed())
    }
}
