//! The command line.

use std::ffi::OsString;
use std::net::SocketAddr;
use std::time::Duration;

use sigv4_examples::Failure;

pub const USAGE: &str = "\
sigv4_proxy --to ORIGIN --service NAME --region NAME [--listen ADDRESS:PORT] [--sign-host HOST]
            [--profile NAME] [--unsigned-payload] [--buffer MIB] [--deadline SECONDS] [--allow-remote]

Listens on 127.0.0.1:8080 unless told otherwise, signs each request with the credentials of the default chain, and forwards it to
ORIGIN (scheme, host and port), and to nowhere else. Answers are streamed. So are bodies that go to S3, and all that go with
--unsigned-payload; others are read into memory to be hashed, up to 10 MiB (--buffer).
--sign-host signs another host than the one that is dialled: for tunnels, port forwards and VPC endpoints.
--deadline bounds the time until the head of an answer is there, 60 seconds unless set.
--allow-remote lets --listen be an address that others can reach: they then act with your credentials.";

#[derive(Debug)]
pub struct Args {
    pub listen: SocketAddr,
    pub to: String,
    pub service: String,
    pub region: String,
    pub sign_host: Option<String>,
    pub profile: Option<String>,
    pub unsigned_payload: bool,
    pub buffer: u64,
    pub deadline: Duration,
    allow_remote: bool,
}

impl Args {
    /// Reads the command line; `None` where help was asked for.
    pub fn parse<A: Into<OsString>>(arguments: impl IntoIterator<Item = A>) -> Result<Option<Self>, Failure> {
        use lexopt::prelude::*;

        let mut args = Self {
            listen: SocketAddr::from(([127, 0, 0, 1], 8080)),
            to: String::new(),
            service: String::new(),
            region: String::new(),
            sign_host: None,
            profile: None,
            unsigned_payload: false,
            buffer: sigv4_core::DEFAULT_BUFFER_LIMIT,
            deadline: Duration::from_secs(60),
            allow_remote: false,
        };
        let mut parser = lexopt::Parser::from_args(arguments.into_iter().map(Into::into).collect::<Vec<_>>());
        while let Some(argument) = parser.next()? {
            match argument {
                Long("listen") => args.listen = parser.value()?.parse()?,
                Long("to") => args.to = parser.value()?.string()?,
                Long("service") => args.service = parser.value()?.string()?,
                Long("region") => args.region = parser.value()?.string()?,
                Long("sign-host") => args.sign_host = Some(parser.value()?.string()?),
                Long("profile") => args.profile = Some(parser.value()?.string()?),
                Long("unsigned-payload") => args.unsigned_payload = true,
                Long("buffer") => args.buffer = parser.value()?.parse::<u64>()?.saturating_mul(1024 * 1024),
                Long("deadline") => args.deadline = Duration::from_secs(parser.value()?.parse()?),
                Long("allow-remote") => args.allow_remote = true,
                Short('h') | Long("help") => return Ok(None),
                other => return Err(other.unexpected().into()),
            }
        }
        for (name, value) in [("--to", &args.to), ("--service", &args.service), ("--region", &args.region)] {
            if value.is_empty() {
                return Err(format!("{name} is missing").into());
            }
        }
        if !args.listen.ip().is_loopback() && !args.allow_remote {
            return Err(format!(
                "{} is not on the loopback: whoever reaches it acts with your credentials. If that is meant, say --allow-remote",
                args.listen
            )
            .into());
        }
        Ok(Some(args))
    }
}
