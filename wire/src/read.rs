//! Reading protobuf in place, every step bounded by the bytes that are there. Knows wire types, no message of OTLP.

use crate::refusal::Refusal;

/// One field of a message.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Field<'a> {
    Varint(u64),
    Fixed64(u64),
    Bytes(&'a [u8]),
    Fixed32,
}

impl<'a> Field<'a> {
    pub(crate) fn bytes(self) -> Result<&'a [u8], Refusal> {
        match self {
            Self::Bytes(bytes) => Ok(bytes),
            _ => Err(Refusal::Protobuf("a field that should be length-delimited is not")),
        }
    }

    pub(crate) fn text(self) -> Result<&'a str, Refusal> {
        std::str::from_utf8(self.bytes()?).map_err(|_ignored| Refusal::Protobuf("a string is not UTF-8"))
    }

    pub(crate) fn fixed64(self) -> Result<u64, Refusal> {
        match self {
            Self::Fixed64(value) => Ok(value),
            _ => Err(Refusal::Protobuf("a field that should be 64 bits wide is not")),
        }
    }

    /// A count: `sfixed64` that is not negative.
    pub(crate) fn count(self) -> Result<u64, Refusal> {
        let value = self.fixed64()?;
        if value.cast_signed() < 0 { Err(Refusal::Protobuf("a count is negative")) } else { Ok(value) }
    }

    pub(crate) fn varint(self) -> Result<u64, Refusal> {
        match self {
            Self::Varint(value) => Ok(value),
            _ => Err(Refusal::Protobuf("a field that should be a varint is not")),
        }
    }

    /// A zigzag varint of 32 bits.
    pub(crate) fn sint(self) -> Result<i32, Refusal> {
        let raw =
            u32::try_from(self.varint()?).map_err(|_ignored| Refusal::Protobuf("a 32-bit field is out of range"))?;
        Ok((raw >> 1).cast_signed() ^ -(raw & 1).cast_signed())
    }
}

/// Iterates over the fields of a message.
#[derive(Debug, Clone)]
pub(crate) struct Fields<'a> {
    rest: &'a [u8],
}

impl<'a> Fields<'a> {
    pub(crate) const fn of(message: &'a [u8]) -> Self {
        Self { rest: message }
    }

    /// Bytes not read yet.
    pub(crate) const fn remaining(&self) -> usize {
        self.rest.len()
    }

    /// The next field's number and value; `None` at the end.
    pub(crate) fn next(&mut self) -> Result<Option<(u32, Field<'a>)>, Refusal> {
        if self.rest.is_empty() {
            return Ok(None);
        }
        let key = take_varint(&mut self.rest)?;
        let number = u32::try_from(key >> 3).map_err(|_ignored| Refusal::Protobuf("a field number is out of range"))?;
        let value = match key & 7 {
            0 => Field::Varint(take_varint(&mut self.rest)?),
            1 => Field::Fixed64(u64::from_le_bytes(self.take()?)),
            2 => {
                let len = usize::try_from(take_varint(&mut self.rest)?).unwrap_or(usize::MAX);
                let (head, tail) = self.rest.split_at_checked(len).ok_or(Refusal::Truncated)?;
                self.rest = tail;
                Field::Bytes(head)
            }
            5 => {
                self.take::<4>()?;
                Field::Fixed32
            }
            _ => return Err(Refusal::Protobuf("an unknown wire type")),
        };
        Ok(Some((number, value)))
    }

    fn take<const N: usize>(&mut self) -> Result<[u8; N], Refusal> {
        let (head, tail) = self.rest.split_first_chunk::<N>().ok_or(Refusal::Truncated)?;
        self.rest = tail;
        Ok(*head)
    }
}

/// Takes one varint off the front.
pub(crate) fn take_varint(rest: &mut &[u8]) -> Result<u64, Refusal> {
    let mut value = 0_u64;
    for shift in (0..70).step_by(7) {
        let (byte, tail) = rest.split_first().ok_or(Refusal::Truncated)?;
        *rest = tail;
        if shift == 63 && *byte > 1 {
            break;
        }
        value |= u64::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            return Ok(value);
        }
    }
    Err(Refusal::Protobuf("a varint is longer than 64 bits"))
}

/// An attribute's value, as far as Hogusu uses values.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Any<'a> {
    Text(&'a str),
    Int(u64),
    Bool(bool),
    Else,
}

/// Key and value of a `KeyValue`.
pub(crate) fn key_value(message: &[u8]) -> Result<(&str, Any<'_>), Refusal> {
    let mut fields = Fields::of(message);
    let (mut key, mut value) = ("", Any::Else);
    while let Some((number, field)) = fields.next()? {
        match number {
            1 => key = field.text()?,
            2 => value = any_value(field.bytes()?)?,
            _ => {}
        }
    }
    Ok((key, value))
}

fn any_value(message: &[u8]) -> Result<Any<'_>, Refusal> {
    let mut fields = Fields::of(message);
    let mut value = Any::Else;
    while let Some((number, field)) = fields.next()? {
        value = match number {
            1 => Any::Text(field.text()?),
            2 => Any::Bool(field.varint()? != 0),
            3 => Any::Int(field.varint()?),
            4..=8 => Any::Else,
            // Not a value: a field that a newer writer adds.
            _ => value,
        };
    }
    Ok(value)
}
