//! A module of the proxy-wasm ABI that does nothing, until one of its functions is called: that one hits `unreachable`.

/// Types of functions: what they take and what they give.
const TYPES: [(&[u8], &[u8]); 5] =
    [(&[I32, I32], &[I32]), (&[I32, I32], &[]), (&[], &[]), (&[I32], &[I32]), (&[I32], &[])];
/// What Envoy calls of a module like ours, by its type and what it answers: a place in memory, or `true`.
const FUNCTIONS: [(&str, u8, &[u8]); 7] = [
    ("proxy_abi_version_0_2_1", 2, &[]),
    ("_initialize", 2, &[]),
    ("proxy_on_memory_allocate", 3, &[I32_CONST, 0]),
    ("proxy_on_context_create", 1, &[]),
    ("proxy_on_vm_start", 0, &[I32_CONST, 1]),
    ("proxy_on_configure", 0, &[I32_CONST, 1]),
    ("proxy_on_log", 4, &[]),
];
const I32: u8 = 0x7f;
const I32_CONST: u8 = 0x41;
const UNREACHABLE: u8 = 0x00;
const END: u8 = 0x0b;

/// The module whose function `at` traps.
pub fn module(at: &str) -> Vec<u8> {
    assert!(FUNCTIONS.iter().any(|(name, ..)| *name == at), "no function {at}");
    let types = TYPES.map(|(takes, gives)| [&[0x60], &vector(takes)[..], &vector(gives)].concat());
    let functions = FUNCTIONS.map(|(_, kind, _)| vec![kind]);
    let memory = vec![vec![0, 1]];
    let mut exports: Vec<Vec<u8>> = Vec::new();
    for (index, (name, ..)) in (0..).zip(FUNCTIONS) {
        exports.push([&vector(name.as_bytes())[..], &[0, index]].concat());
    }
    exports.push([&vector(b"memory")[..], &[2, 0]].concat());
    let bodies = FUNCTIONS.map(|(name, _, answer)| {
        let code = if name == at { &[UNREACHABLE][..] } else { answer };
        vector(&[&[0], code, &[END]].concat())
    });
    let sections = [(1, &types[..]), (3, &functions), (5, &memory), (7, &exports), (10, &bodies)];
    let mut module = b"\0asm\x01\0\0\0".to_vec();
    for (id, items) in sections {
        let counted = [&[short(items.len())][..], &items.concat()].concat();
        module.push(id);
        module.extend(leb128(counted.len()));
        module.extend(counted);
    }
    module
}

/// Bytes behind their number.
fn vector(bytes: &[u8]) -> Vec<u8> {
    [&[short(bytes.len())], bytes].concat()
}

/// A number that one byte of LEB128 holds.
fn short(number: usize) -> u8 {
    u8::try_from(number).ok().filter(|byte| *byte < 0x80).expect("a small number")
}

fn leb128(mut number: usize) -> Vec<u8> {
    let mut bytes = Vec::new();
    while number >= 0x80 {
        bytes.push(0x80 | u8::try_from(number & 0x7f).expect("seven bits"));
        number >>= 7;
    }
    bytes.push(short(number));
    bytes
}
