//! What is signed of a body.

use http::HeaderMap;

use super::steps::{Changes, Occasion};
#[cfg(feature = "refusals")]
use super::watch::What;
use super::{RequestHead, Signer};
use crate::body::Payload;
use crate::error::Error;
use crate::request::{RequestView, SignedText, Signing, SigningParams};

/// What is signed of a body: all of it or nothing, told by a [`Payload`]; or its head now, and each chunk when it is sent.
pub(super) trait Cover: Copy {
    /// What is to be put into the request beside the signature.
    type Signed;
    /// What goes on with the body.
    type Rest;

    /// Whether a watched request keeps its texts, since its head is not all that is signed.
    const KEEPS_TEXT: bool;

    /// [`Signer::read`]. Each writes it out, so that it is compiled with this crate, once.
    fn read(
        self,
        signer: &Signer,
        request: &RequestHead<'_>,
        occasion: Occasion<'_>,
        signing: &mut Signing<'_>,
        changes: &mut Changes,
    ) -> Result<Option<Self::Signed>, Error>;

    /// Signs what `view` shows; the signature itself is left in the making.
    fn sign(
        self,
        view: RequestView<'_, HeaderMap>,
        params: &SigningParams<'_>,
        signing: &mut Signing<'_>,
        text: Option<&mut SignedText>,
    ) -> Result<Self::Signed, Error>;

    /// Puts all into the headers.
    fn apply(
        signed: Self::Signed,
        signing: &mut Signing<'_>,
        changes: Changes,
        headers: &mut HeaderMap,
    ) -> Result<Self::Rest, Error>;

    /// What is kept of it by a watch.
    #[cfg(feature = "refusals")]
    fn kept(self, text: Option<Box<SignedText>>) -> What;
}

impl Cover for Payload<'_> {
    type Signed = ();
    type Rest = ();

    const KEEPS_TEXT: bool = false;

    fn read(
        self,
        signer: &Signer,
        request: &RequestHead<'_>,
        occasion: Occasion<'_>,
        signing: &mut Signing<'_>,
        changes: &mut Changes,
    ) -> Result<Option<()>, Error> {
        signer.read(self, request, occasion, signing, changes)
    }

    fn sign(
        self,
        view: RequestView<'_, HeaderMap>,
        params: &SigningParams<'_>,
        signing: &mut Signing<'_>,
        text: Option<&mut SignedText>,
    ) -> Result<(), Error> {
        signing.read(&view, params, self, text)
    }

    fn apply(
        (): (),
        signing: &mut Signing<'_>,
        mut changes: Changes,
        headers: &mut HeaderMap,
    ) -> Result<(), Error> {
        changes.put_before(headers);
        signing.put(headers)?;
        changes.put_behind(headers);
        Ok(())
    }

    #[cfg(feature = "refusals")]
    fn kept(self, _: Option<Box<SignedText>>) -> What {
        What::Payload(self.to_signed())
    }
}
