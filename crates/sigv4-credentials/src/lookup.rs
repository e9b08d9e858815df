//! What a source of credentials answers when it is asked.

use sigv4_core::{Credentials, Error, ErrorKind};
use zeroize::Zeroizing;

use crate::http::fail;
use crate::json::Object;
use crate::timestamp;

/// Three answers, the third being an error: found, not set up here, set up but failing.
#[derive(Debug)]
pub(crate) enum Lookup {
    Found(Credentials),
    /// Nothing here speaks of this source, or nothing answers where it would be: the next one may be asked.
    Absent(String),
}

impl Lookup {
    pub(crate) fn absent(why: impl Into<String>) -> Result<Self, Error> {
        Ok(Self::Absent(why.into()))
    }

    /// For a source that is asked alone.
    pub(crate) fn or_error(self, source: &str) -> Result<Credentials, Error> {
        match self {
            Self::Found(credentials) => Ok(credentials),
            Self::Absent(why) => Err(absent(format_args!("{source}: {why}"))),
        }
    }
}

/// Marks, as the source of an error, that nothing is set up, rather than that something failed.
#[derive(Debug)]
struct NothingSetUp;

impl std::fmt::Display for NothingSetUp {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("no source of credentials is set up")
    }
}

impl std::error::Error for NothingSetUp {}

/// The error of a source, or of all of them, that is not set up.
pub(crate) fn absent(message: impl std::fmt::Display) -> Error {
    fail(message).with_source(NothingSetUp)
}

/// Whether an error says that nothing is set up.
#[cfg(feature = "aws-credential-types")]
pub(crate) fn is_absent(error: &Error) -> bool {
    std::error::Error::source(error).is_some_and(|source| source.is::<NothingSetUp>())
}

/// The same error with words in front that say where it happened.
pub(crate) fn within(place: impl std::fmt::Display, error: Error) -> Error {
    Error::new(error.kind(), format!("{place}: {error}"))
        .with_retryable(error.is_retryable())
        .with_source(error)
}

/// Reads the answer that processes, containers and instances have in common: `AccessKeyId`, `SecretAccessKey`,
/// a token and `Expiration`. `temporary` ones must have the last two.
pub(crate) fn from_json(answer: &Object, token: &str, temporary: bool) -> Result<Credentials, Error> {
    let text = |name: &str| answer.text(name).ok_or_else(|| fail(format_args!("the answer has no {name}")));
    let mut credentials = Credentials::new(text("AccessKeyId")?, text("SecretAccessKey")?)?;
    match answer.text(token) {
        Some(token) => credentials = credentials.with_session_token(token)?,
        None if temporary => return Err(fail(format_args!("the answer has no {token}"))),
        None => {}
    }
    let not_a_time = || fail("Expiration in the answer is not a time such as 2009-02-13T23:31:30Z");
    match answer.text("Expiration") {
        Some(moment) => Ok(credentials.with_expiry(timestamp::parse(moment).ok_or_else(not_a_time)?)),
        None if temporary => Err(fail("the answer has no Expiration")),
        // Taken for none, it would let them live for ever.
        None if answer.number("Expiration").is_some() => Err(not_a_time()),
        None => Ok(credentials),
    }
}

/// `code: message` of an answer that reports a failure, bounded, or nothing.
pub(crate) fn reported(answer: &Object, code: &str, message: &str) -> Option<String> {
    let code = answer.text(code)?;
    let text = answer.text(message).map(|message| format!("{code}: {message}"));
    Some(brief(&text.unwrap_or_else(|| code.to_owned())))
}

/// At most 300 characters on one line, for messages of others that go into ours.
pub(crate) fn brief(text: &str) -> String {
    text.trim().chars().map(|c| if c.is_control() { ' ' } else { c }).take(300).collect()
}

/// A token file, read anew, without the line break at its end. An error names the file.
pub(crate) fn read_token(
    context: &crate::context::Context,
    path: &str,
    what: &str,
) -> Result<Zeroizing<String>, Error> {
    /// Far more than a token: what is larger is another file.
    const LIMIT: usize = 64 << 10;
    let failed = |why: &dyn std::fmt::Display| fail(format_args!("{what} {path:?} {why}"));
    let bytes = match context.read(std::path::Path::new(path), LIMIT) {
        Ok(bytes) => Zeroizing::new(bytes),
        Err(error) => {
            return Err(Error::new(
                ErrorKind::Credentials,
                format!("{what} {path:?} cannot be read: {error}"),
            )
            .with_source(error));
        }
    };
    let text = std::str::from_utf8(&bytes).map_err(|_| failed(&"is not text"))?.trim();
    if text.is_empty() {
        return Err(failed(&"is empty"));
    }
    if text.chars().any(|c| c.is_control()) {
        return Err(failed(&"holds a line break or another control character within the token"));
    }
    Ok(Zeroizing::new(text.to_owned()))
}
