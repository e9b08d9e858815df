//! Addresses that no proxy stands before.

use std::net::IpAddr;

use http::Uri;

/// Whether the host is a link-local or loopback address, or one of the IPv6 addresses that AWS gives to metadata.
pub(super) fn is_near(uri: &Uri) -> bool {
    let host = uri.host().unwrap_or_default();
    match host.trim_start_matches('[').trim_end_matches(']').parse() {
        Ok(IpAddr::V4(ip)) => ip.is_link_local() || ip.is_loopback(),
        Ok(IpAddr::V6(ip)) => {
            ip.is_loopback() || ip.is_unicast_link_local() || ip.segments()[..2] == [0xfd00, 0xec2]
        }
        Err(_) => host.eq_ignore_ascii_case("localhost"),
    }
}
