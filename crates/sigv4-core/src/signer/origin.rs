//! Where signatures may go.

use http::Uri;

use super::Location;
use crate::error::{Error, ErrorKind};

/// Scheme, host and port: a signature and a session token are made for one origin, and go nowhere else.
///
/// ```
/// use sigv4_core::Origin;
///
/// let origin: Origin = "https://Example.com".parse()?;
/// assert_eq!(origin, "https://example.com:443/path".parse()?);
/// assert_eq!(origin.to_string(), "https://example.com:443");
/// # Ok::<(), sigv4_core::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Origin {
    scheme: String,
    host: String,
    port: u16,
}

impl Origin {
    /// The origin of a location; a port that is not written is the scheme's own. An error of kind `Request`
    /// without scheme or host, or with a scheme other than `http`, `https`, `ws` and `wss`.
    pub fn of(location: &Location<'_>) -> Result<Self, Error> {
        let (host, port) = host_and_port(location)?;
        Ok(Self { scheme: location.scheme.to_owned(), host: host.to_ascii_lowercase(), port })
    }

    /// Whether `location` belongs to this origin.
    pub fn covers(&self, location: &Location<'_>) -> bool {
        host_and_port(location).is_ok_and(|(host, port)| {
            self.scheme == location.scheme && self.host.eq_ignore_ascii_case(host) && self.port == port
        })
    }
}

impl std::str::FromStr for Origin {
    type Err = Error;

    /// Reads the origin of an absolute URL; its path and query do not matter.
    fn from_str(url: &str) -> Result<Self, Error> {
        let uri: Uri = url.parse().map_err(|_| Error::new(ErrorKind::Request, "an origin is not a URL"))?;
        Self::of(&Location::of(&uri)?)
    }
}

impl std::fmt::Display for Origin {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}://{}:{}", self.scheme, self.host, self.port)
    }
}

fn host_and_port<'a>(location: &Location<'a>) -> Result<(&'a str, u16), Error> {
    let default_port = match location.scheme {
        "https" | "wss" => 443,
        "http" | "ws" => 80,
        _ => {
            return Err(Error::new(
                ErrorKind::Request,
                "an origin needs an absolute URL with the scheme http, https, ws or wss",
            ));
        }
    };
    let wrong =
        || Error::new(ErrorKind::Request, "an origin needs a URL with a host, and a port from 0 to 65535");
    let host = location.host.filter(|host| !host.is_empty()).ok_or_else(wrong)?;
    // A colon inside brackets belongs to an IPv6 address.
    match host.rsplit_once(':').filter(|(_, port)| !port.ends_with(']')) {
        Some((host, port)) => Ok((host, port.parse().map_err(|_| wrong())?)),
        None => Ok((host, default_port)),
    }
}
