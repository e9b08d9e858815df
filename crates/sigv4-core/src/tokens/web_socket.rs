//! WebSockets: the token is the URL to connect to.

use std::time::Duration;

use super::{Service, Token, TokenSigner, query};
use crate::error::Error;
use crate::request::MAX_EXPIRY;
use crate::service::dns_suffix;

const IOT: Service = Service {
    name: "iotdevicegateway",
    title: "an IoT WebSocket",
    lifetime: Duration::from_secs(86_400),
    longest: MAX_EXPIRY,
};
const TRANSCRIBE: Service = Service {
    name: "transcribe",
    title: "a Transcribe WebSocket",
    lifetime: Duration::from_secs(300),
    longest: Duration::from_secs(300),
};

impl TokenSigner<'_> {
    /// The URL of MQTT over WebSocket at AWS IoT Core, for a day or up to 7. `endpoint` is the account's data
    /// endpoint (`…-ats.iot.REGION.amazonaws.com`). The session token is appended after signing, as the gateway wants it.
    ///
    /// <https://docs.aws.amazon.com/iot/latest/developerguide/protocols.html#mqtt-ws>
    pub fn iot_mqtt(&self, endpoint: &str) -> Result<Token, Error> {
        let signed = self.presign(&IOT, endpoint, "/mqtt", "", &[])?;
        Ok(self.token(format!("wss://{endpoint}/mqtt?{}", signed.query()), signed.lifetime()))
    }

    /// The URL of a Transcribe stream over a WebSocket, for 5 minutes. `parameters` are those of
    /// `StartStreamTranscription`, unencoded: `language-code`, `media-encoding`, `sample-rate` ….
    ///
    /// The messages sent are signed in a chain that begins with this URL: see `EventSigner::of_presigned` (feature
    /// `event-stream`).
    ///
    /// <https://docs.aws.amazon.com/transcribe/latest/dg/streaming-setting-up.html#streaming-websocket>
    pub fn transcribe(&self, parameters: &[(&str, &str)]) -> Result<Token, Error> {
        const PATH: &str = "/stream-transcription-websocket";
        let host = format!("transcribestreaming.{}.{}:8443", self.region, dns_suffix(self.region));
        let signed = self.presign(&TRANSCRIBE, &host, PATH, &query(parameters), &[])?;
        Ok(self.token(format!("wss://{host}{PATH}?{}", signed.query()), signed.lifetime()))
    }
}
