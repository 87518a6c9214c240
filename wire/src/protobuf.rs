//! Writing protobuf by appending. Knows wire types, no message of OTLP.

/// Appends a varint.
pub(crate) fn varint(out: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        out.push(low_byte(value) | 0x80);
        value >>= 7;
    }
    out.push(low_byte(value));
}

/// The low seven bits.
const fn low_byte(value: u64) -> u8 {
    (value & 0x7f).to_le_bytes()[0]
}

/// Bytes that [`varint`] appends.
const fn varint_len(value: u64) -> usize {
    (64 - (value | 1).leading_zeros() as usize).div_ceil(7)
}

const fn tag(field: u32, wire_type: u32) -> u64 {
    (field << 3 | wire_type) as u64
}

/// Appends a length-delimited field.
pub(crate) fn bytes(out: &mut Vec<u8>, field: u32, value: &[u8]) {
    varint(out, tag(field, 2));
    varint(out, value.len() as u64);
    out.extend_from_slice(value);
}

/// Appends a varint field.
pub(crate) fn uint(out: &mut Vec<u8>, field: u32, value: u64) {
    varint(out, tag(field, 0));
    varint(out, value);
}

/// Appends a zigzag varint field.
pub(crate) fn sint(out: &mut Vec<u8>, field: u32, value: i32) {
    let zigzag = (value << 1) ^ (value >> 31);
    uint(out, field, u64::from(zigzag.cast_unsigned()));
}

/// Appends a fixed 64-bit field.
pub(crate) fn fixed64(out: &mut Vec<u8>, field: u32, value: u64) {
    varint(out, tag(field, 1));
    out.extend_from_slice(&value.to_le_bytes());
}

/// Appends a double field.
pub(crate) fn double(out: &mut Vec<u8>, field: u32, value: f64) {
    fixed64(out, field, value.to_bits());
}

/// Appends a field of packed varints.
pub(crate) fn packed(out: &mut Vec<u8>, field: u32, values: &[u64]) {
    varint(out, tag(field, 2));
    varint(out, values.iter().map(|value| varint_len(*value) as u64).sum());
    values.iter().for_each(|value| varint(out, *value));
}

/// Appends a message field whose content `write` appends. The content is written in place and moved aside by its length, for
/// a buffer of its own at each level would hold a large batch several times.
pub(crate) fn message(out: &mut Vec<u8>, field: u32, write: impl FnOnce(&mut Vec<u8>)) {
    varint(out, tag(field, 2));
    let start = out.len();
    write(out);
    let end = out.len();
    varint(out, (end - start) as u64);
    let prefix = out.len() - end;
    if let Some(written) = out.get_mut(start..) {
        written.rotate_right(prefix);
    }
}

/// Appends `KeyValue { key, AnyValue { string } }` as `field`.
pub(crate) fn string_attribute(out: &mut Vec<u8>, field: u32, key: &str, value: &str) {
    message(out, field, |pair| {
        bytes(pair, 1, key.as_bytes());
        message(pair, 2, |any| bytes(any, 1, value.as_bytes()));
    });
}

/// Appends `KeyValue { key, AnyValue { int } }` as `field`.
pub(crate) fn int_attribute(out: &mut Vec<u8>, field: u32, key: &str, value: u64) {
    message(out, field, |pair| {
        bytes(pair, 1, key.as_bytes());
        message(pair, 2, |any| uint(any, 3, value));
    });
}

/// Appends `KeyValue { key, AnyValue { bool } }` as `field`.
pub(crate) fn bool_attribute(out: &mut Vec<u8>, field: u32, key: &str, value: bool) {
    message(out, field, |pair| {
        bytes(pair, 1, key.as_bytes());
        message(pair, 2, |any| uint(any, 2, u64::from(value)));
    });
}
