//! WebSockets: the token is the URL to connect to.

use std::time::Duration;

use super::{Service, Token, TokenSigner};
use crate::error::Error;
use crate::request::MAX_EXPIRY;

const IOT: Service = Service {
    name: "iotdevicegateway",
    title: "an IoT WebSocket",
    lifetime: Duration::from_secs(86_400),
    longest: MAX_EXPIRY,
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
}
