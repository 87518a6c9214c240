//! Where the host puts what it hands to the guest: a bump allocator, emptied at each entry.
//!
//! The host allocates one buffer per present property; a general allocator would cost as much as the read itself.
#![expect(unsafe_code, reason = "memory that the host writes through raw pointers")]

use std::cell::RefCell;

/// Bytes of the arena; what does not fit gets a buffer of its own until the next entry.
const CAPACITY: usize = 16 * 1024;

#[derive(Default)]
struct Arena {
    chunk: Vec<u8>,
    used: usize,
    large: Vec<Vec<u8>>,
}

thread_local! {
    static ARENA: RefCell<Arena> = RefCell::default();
}

/// A buffer of `size` bytes, valid until [`recycle`]. Null when there is none.
pub(crate) fn allocate(size: usize) -> *mut u8 {
    ARENA.with(|arena| match arena.try_borrow_mut() {
        Ok(mut arena) => arena.allocate(size),
        Err(_) => std::ptr::null_mut(),
    })
}

/// Forgets every buffer handed out.
pub(crate) fn recycle() {
    ARENA.with(|arena| {
        if let Ok(mut arena) = arena.try_borrow_mut() {
            arena.used = 0;
            arena.large.clear();
        }
    });
}

impl Arena {
    fn allocate(&mut self, size: usize) -> *mut u8 {
        if self.chunk.is_empty() {
            self.chunk = vec![0; CAPACITY];
        }
        let start = self.used;
        let end = size.checked_next_multiple_of(8).and_then(|size| start.checked_add(size));
        if let Some(end) = end.filter(|end| *end <= CAPACITY) {
            self.used = end;
            // SAFETY: start <= CAPACITY, the length of the chunk, which is never resized.
            return unsafe { self.chunk.as_mut_ptr().add(start) };
        }
        let mut large = Vec::new();
        if large.try_reserve_exact(size).is_err() {
            return std::ptr::null_mut();
        }
        large.resize(size, 0);
        self.large.push(large);
        self.large.last_mut().map_or(std::ptr::null_mut(), Vec::as_mut_ptr)
    }
}
