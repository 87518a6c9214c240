//! Loopback addresses: every mesh owns one /24 of 127.0.0.0/8, so that an address names a workload as it does in a k8s cluster.
//! Meshes of other test processes on the same machine own other ones.

use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::sync::atomic::{AtomicU8, AtomicU32, Ordering};

use anyhow::{Result, anyhow, ensure};

/// Below the range that the kernel draws from, so that no connection takes it by chance.
const CLAIM_PORT: u16 = 20_901;
const BLOCKS: u32 = 254 * 256;

/// One /24. The claim is a listening socket on its last address: the kernel refuses a second one, and frees it when the process ends.
#[derive(Debug)]
pub struct Block {
    claim: TcpListener,
    second: u8,
    third: u8,
    next: AtomicU8,
}

impl Block {
    pub fn claim() -> Result<Self> {
        // Each process starts elsewhere and each claim goes on, so that a closed block's connections in TIME_WAIT meet nobody.
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let start = std::process::id().wrapping_mul(97);
        for _ in 0..BLOCKS {
            let number = start.wrapping_add(NEXT.fetch_add(1, Ordering::Relaxed)) % BLOCKS;
            let (second, third) = (u8::try_from(number / 256)? + 1, u8::try_from(number % 256)?);
            if let Ok(claim) = TcpListener::bind((Ipv4Addr::new(127, second, third, 254), CLAIM_PORT)) {
                return Ok(Self { claim, second, third, next: AtomicU8::new(1) });
            }
        }
        Err(anyhow!("no free /24 in 127.0.0.0/8: is something listening on 0.0.0.0:{CLAIM_PORT}?"))
    }

    /// An address that no other workload has.
    pub fn next(&self) -> Result<Ipv4Addr> {
        let last = self.next.fetch_add(1, Ordering::Relaxed);
        ensure!(last < 250, "one mesh holds at most 249 addresses");
        Ok(Ipv4Addr::new(127, self.second, self.third, last))
    }

    /// `wanted` on an address of ours: free by ownership, unless something listens on all addresses; then another port.
    pub fn port(&self, address: Ipv4Addr, wanted: u16) -> Result<u16> {
        debug_assert_eq!(address.octets()[..3], [127, self.second, self.third]);
        if TcpListener::bind((address, wanted)).is_ok() {
            return Ok(wanted);
        }
        Ok(TcpListener::bind((address, 0))?.local_addr()?.port())
    }

    /// Where the claim sits, for messages.
    pub fn claimed_at(&self) -> Result<SocketAddr> {
        Ok(self.claim.local_addr()?)
    }
}
