//! What STS answers: XML of which few elements matter.

use quick_xml::Reader;
use quick_xml::escape::resolve_xml_entity;
use quick_xml::events::Event;
use sigv4_core::{Credentials, Error};
use zeroize::Zeroizing;

use crate::http::fail;
use crate::lookup::brief;
use crate::timestamp;

/// The texts of the elements that matter, wherever they stand.
#[derive(Default)]
pub(crate) struct Answer(Vec<(&'static str, Zeroizing<String>)>);

const ELEMENTS: [&str; 10] = [
    "AccessKeyId",
    "SecretAccessKey",
    "SessionToken",
    "Expiration",
    "Code",
    "Message",
    "Account",
    "Arn",
    "UserId",
    "AssumedRoleId",
];

/// Reads a document. An error when it is none.
pub(crate) fn read(body: &[u8]) -> Result<Answer, Error> {
    /// Far more than any answer has of the elements that matter.
    const MOST: usize = 64;
    let wrong = || fail("the answer is not the XML that STS speaks");
    let text = std::str::from_utf8(body).map_err(|_| wrong())?;
    let mut reader = Reader::from_str(text);
    let mut answer = Answer::default();
    let mut element: Option<&'static str> = None;
    // As large as the document: what is decoded is never longer, so the buffer does not grow and leaves no copies.
    let mut value = Zeroizing::new(String::with_capacity(text.len()));
    let mut is_document = false;
    loop {
        match reader.read_event().map_err(|_| wrong())? {
            Event::Start(start) => {
                is_document = true;
                let name = start.local_name();
                element = ELEMENTS.into_iter().find(|known| *known == name.as_ref());
                value.clear();
            }
            Event::Text(part) if element.is_some() => value.push_str(&part),
            Event::CData(part) if element.is_some() => value.push_str(&part),
            Event::GeneralRef(reference) if element.is_some() => {
                match reference.resolve_char_ref().map_err(|_| wrong())? {
                    Some(c) => value.push(c),
                    None => value.push_str(resolve_xml_entity(&reference).ok_or_else(wrong)?),
                }
            }
            Event::End(_) => {
                if let Some(element) = element.take().filter(|_| answer.0.len() < MOST) {
                    answer.0.push((element, Zeroizing::new(value.trim().to_owned())));
                }
            }
            Event::Eof if is_document => return Ok(answer),
            Event::Eof => return Err(wrong()),
            _ => {}
        }
    }
}

impl Answer {
    pub(crate) fn text(&self, element: &str) -> Option<&str> {
        let found = self.0.iter().find(|(name, _)| *name == element)?;
        Some(found.1.as_str()).filter(|text| !text.is_empty())
    }

    pub(crate) fn code(&self) -> Option<&str> {
        self.text("Code")
    }

    /// Whether it is a refusal that the same request may not meet again: calls come too fast (which STS says with
    /// status 400), or the identity provider does not answer STS at the moment.
    pub(crate) fn is_passing(&self) -> bool {
        const CODES: [&str; 6] = [
            "IDPCommunicationError",
            "RequestLimitExceeded",
            "RequestThrottled",
            "Throttling",
            "ThrottlingException",
            "TooManyRequestsException",
        ];
        self.code().is_some_and(|code| CODES.contains(&code))
    }

    /// `code: message` of a refusal, bounded.
    pub(crate) fn reported(&self) -> String {
        let message = self.text("Message").unwrap_or_default();
        let text = self.code().map_or_else(|| message.to_owned(), |code| format!("{code}: {message}"));
        brief(&text)
    }

    /// The credentials in it, where there are any.
    pub(crate) fn credentials(&self) -> Result<Option<Credentials>, Error> {
        let Some(id) = self.text("AccessKeyId") else { return Ok(None) };
        let text = |name: &str| {
            self.text(name)
                .ok_or_else(|| fail(format_args!("the credentials in the answer of STS have no {name}")))
        };
        let expiry = timestamp::parse(text("Expiration")?).ok_or_else(|| {
            fail("Expiration in the answer of STS is not a time such as 2009-02-13T23:31:30Z")
        })?;
        let credentials = Credentials::new(id, text("SecretAccessKey")?)?;
        Ok(Some(credentials.with_session_token(text("SessionToken")?)?.with_expiry(expiry)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_credentials_with_references_in_them() {
        let body = br#"<?xml version="1.0"?><AssumeRoleResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/">
            <AssumeRoleResult><Credentials><AccessKeyId>ASIA</AccessKeyId>
            <SecretAccessKey>a&#43;b/c</SecretAccessKey><SessionToken> t&amp;u </SessionToken>
            <Expiration>2009-02-13T23:31:30Z</Expiration></Credentials></AssumeRoleResult></AssumeRoleResponse>"#;
        let credentials = read(body).unwrap().credentials().unwrap().unwrap();
        assert_eq!(credentials.secret_access_key(), "a+b/c");
        assert_eq!(credentials.session_token(), Some("t&u"));
        assert_eq!(credentials.expiry(), timestamp::parse("2009-02-13T23:31:30Z"));
    }

    #[test]
    fn what_is_missing_is_named_and_no_secret_shown() {
        let body = b"<A><AccessKeyId>ASIA</AccessKeyId><SecretAccessKey>hush</SecretAccessKey></A>";
        let error = read(body).unwrap().credentials().unwrap_err().to_string();
        assert!(error.contains("Expiration") && !error.contains("hush"), "{error}");
        for bad in [&b""[..], b"hush", b"<A><AccessKeyId>&hush;</AccessKeyId></A>", b"<A></B>", b"\xff"] {
            let error = read(bad).err().unwrap().to_string();
            assert!(!error.contains("hush"), "{error}");
        }
        let refusal = b"<ErrorResponse><Error><Type>Sender</Type><Code>AccessDenied</Code><Message>not\n you</Message></Error></ErrorResponse>";
        assert_eq!(read(refusal).unwrap().reported(), "AccessDenied: not  you");
    }
}
