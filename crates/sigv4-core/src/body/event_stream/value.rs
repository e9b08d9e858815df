//! Values of a message's headers.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use bytes::{Buf, BufMut, Bytes};

use super::message::malformed;
use crate::error::{Error, ErrorKind};

/// The value of one header of a message.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Value {
    /// A truth value.
    Bool(bool),
    /// 8 bits.
    Byte(i8),
    /// 16 bits.
    Int16(i16),
    /// 32 bits.
    Int32(i32),
    /// 64 bits.
    Int64(i64),
    /// Bytes, 65,535 of them at most.
    Bytes(Bytes),
    /// Text, 65,535 bytes of it at most.
    String(String),
    /// A moment, in whole milliseconds.
    Timestamp(SystemTime),
    /// A UUID.
    Uuid([u8; 16]),
}

impl Value {
    /// Puts the type and the value. An error of kind `Payload` when it is too long, or a moment too far off.
    pub(super) fn put(&self, name: &str, out: &mut Vec<u8>) -> Result<(), Error> {
        match self {
            Self::Bool(true) => out.put_u8(0),
            Self::Bool(false) => out.put_u8(1),
            Self::Byte(value) => {
                out.put_u8(2);
                out.put_i8(*value);
            }
            Self::Int16(value) => {
                out.put_u8(3);
                out.put_i16(*value);
            }
            Self::Int32(value) => {
                out.put_u8(4);
                out.put_i32(*value);
            }
            Self::Int64(value) => {
                out.put_u8(5);
                out.put_i64(*value);
            }
            Self::Bytes(value) => put_long(6, name, value, out)?,
            Self::String(value) => put_long(7, name, value.as_bytes(), out)?,
            Self::Timestamp(value) => {
                out.put_u8(8);
                out.put_i64(milliseconds(*value).ok_or_else(|| {
                    Error::new(
                        ErrorKind::Payload,
                        format!(
                            "the event's header {name:?} is a moment that 64 bits of milliseconds cannot tell"
                        ),
                    )
                })?);
            }
            Self::Uuid(value) => {
                out.put_u8(9);
                out.put_slice(value);
            }
        }
        Ok(())
    }

    /// Takes a type and a value from the front of `rest`.
    pub(super) fn take(rest: &mut Bytes) -> Result<Self, Error> {
        let short = |_| malformed("ends in the middle of a header");
        Ok(match rest.try_get_u8().map_err(short)? {
            0 => Self::Bool(true),
            1 => Self::Bool(false),
            2 => Self::Byte(rest.try_get_i8().map_err(short)?),
            3 => Self::Int16(rest.try_get_i16().map_err(short)?),
            4 => Self::Int32(rest.try_get_i32().map_err(short)?),
            5 => Self::Int64(rest.try_get_i64().map_err(short)?),
            6 => Self::Bytes(take_long(rest)?),
            7 => Self::String(
                String::from_utf8(take_long(rest)?.into())
                    .map_err(|_| malformed("has a text in a header that is not UTF-8"))?,
            ),
            8 => {
                let moment = moment(rest.try_get_i64().map_err(short)?);
                Self::Timestamp(moment.ok_or_else(|| malformed("has a moment that this system cannot hold"))?)
            }
            9 => {
                let mut uuid = [0; 16];
                rest.try_copy_to_slice(&mut uuid).map_err(short)?;
                Self::Uuid(uuid)
            }
            _ => return Err(malformed("has a header of an unknown type")),
        })
    }
}

fn put_long(kind: u8, name: &str, value: &[u8], out: &mut Vec<u8>) -> Result<(), Error> {
    let length = u16::try_from(value.len()).map_err(|_| {
        Error::new(
            ErrorKind::Payload,
            format!("the event's header {name:?} has {} bytes: 65,535 are allowed", value.len()),
        )
    })?;
    out.put_u8(kind);
    out.put_u16(length);
    out.put_slice(value);
    Ok(())
}

fn take_long(rest: &mut Bytes) -> Result<Bytes, Error> {
    let length = usize::from(rest.try_get_u16().map_err(|_| malformed("ends in the middle of a header"))?);
    if length > rest.len() {
        return Err(malformed("ends in the middle of a header"));
    }
    Ok(rest.split_to(length))
}

fn milliseconds(time: SystemTime) -> Option<i64> {
    match time.duration_since(UNIX_EPOCH) {
        Ok(after) => i64::try_from(after.as_millis()).ok(),
        // Downwards, as everywhere on the line of time.
        Err(before) => i64::try_from(before.duration().as_nanos().div_ceil(1_000_000)).ok().map(|ms| -ms),
    }
}

fn moment(milliseconds: i64) -> Option<SystemTime> {
    let distance = Duration::from_millis(milliseconds.unsigned_abs());
    if milliseconds < 0 { UNIX_EPOCH.checked_sub(distance) } else { UNIX_EPOCH.checked_add(distance) }
}
