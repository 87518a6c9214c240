//! Envoy's response flags, one row each in the order of their bits, and what each says of how an exchange ended.
//! docs/ends.md shows the same; a test reads it, and another compares both with the flags of the real Envoy.

/// What a flag says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Flag {
    NoHealthyUpstream,
    Timeout,
    Reset,
    ConnectFailure,
    Overflow,
    NoRoute,
    DelayInjected,
    FaultInjected,
    RateLimited,
    Denied,
    ClientGone,
    /// The downstream broke its protocol.
    Protocol,
    UpstreamProtocol,
    RetryLimit,
    /// Says nothing of how the exchange ended: the answer does.
    Silent,
}

/// Every flag by its name in access logs; its place is its bit.
pub(crate) const FLAGS: [(&str, Flag); 30] = [
    ("LH", Flag::NoHealthyUpstream),
    ("UH", Flag::NoHealthyUpstream),
    ("UT", Flag::Timeout),
    ("LR", Flag::Reset),
    ("UR", Flag::Reset),
    ("UF", Flag::ConnectFailure),
    ("UC", Flag::Reset),
    ("UO", Flag::Overflow),
    ("NR", Flag::NoRoute),
    ("DI", Flag::DelayInjected),
    ("FI", Flag::FaultInjected),
    ("RL", Flag::RateLimited),
    ("UAEX", Flag::Denied),
    ("RLSE", Flag::RateLimited),
    ("DC", Flag::ClientGone),
    ("URX", Flag::RetryLimit),
    ("SI", Flag::Timeout),
    ("IH", Flag::Protocol),
    ("DPE", Flag::Protocol),
    ("UMSDR", Flag::Timeout),
    ("RFCF", Flag::Silent),
    ("NFCF", Flag::Silent),
    ("DT", Flag::Timeout),
    ("UPE", Flag::UpstreamProtocol),
    ("NC", Flag::NoRoute),
    ("OM", Flag::Overflow),
    ("DF", Flag::NoHealthyUpstream),
    ("DO", Flag::Overflow),
    ("DR", Flag::ClientGone),
    ("UDO", Flag::Overflow),
];

/// The bits of all flags that say this.
pub(crate) const fn mask(flag: Flag) -> u64 {
    let mut mask = 0;
    let mut bit = 0;
    let mut rest: &[(&str, Flag)] = &FLAGS;
    while let [(_, says), tail @ ..] = rest {
        if *says as u8 == flag as u8 {
            mask |= 1 << bit;
        }
        bit += 1;
        rest = tail;
    }
    mask
}

#[cfg(test)]
mod tests {
    #[cfg(target_family = "wasm")]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    use super::*;

    #[test]
    fn a_flag_has_the_bit_that_the_real_proxy_gives_it() {
        // As access log and attribute of one exchange showed them side by side.
        for (flag, bits) in [
            (Flag::ConnectFailure, 32),
            (Flag::RetryLimit, 32_768),
            (Flag::UpstreamProtocol, 8_388_608),
            (Flag::DelayInjected, 512),
        ] {
            assert_eq!(mask(flag), bits, "{flag:?}");
        }
        assert_eq!(mask(Flag::Overflow), 128 | 33_554_432 | 134_217_728 | 536_870_912);
        assert_eq!(mask(Flag::ClientGone), 16_384 | 268_435_456);
        assert_eq!(mask(Flag::Timeout), 4 | 65_536 | 524_288 | 4_194_304);
    }
}
