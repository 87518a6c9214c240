//! Why a TLS handshake failed, from the proxy's text of it: one of a few words. The text itself, which names certificates,
//! stays in the proxy.

use hogusu_model::Reason;

/// True when the connection failed in its handshake, not before it.
pub(crate) fn broke_off(failure: &str) -> bool {
    failure.starts_with("TLS_error")
}

/// True when TLS itself says what went wrong, of a downstream that nothing was received from: a connection that was reset says
/// nothing, be it in a handshake or after one.
pub(crate) fn is_verdict(failure: &str) -> bool {
    let is_reset = failure.contains("system library") && !failure.contains("SSL routines");
    failure.starts_with("TLS") && !is_reset
}

/// Words of OpenSSL's errors, which hold no spaces, and what they say. A certificate's own names stand behind them.
const ERRORS: [(&str, Reason); 11] = [
    ("WRONG_VERSION_NUMBER", Reason::NotTls),
    ("HTTP_REQUEST", Reason::NotTls),
    ("PEER_DID_NOT_RETURN_A_CERTIFICATE", Reason::CertificateMissing),
    ("ALERT_CERTIFICATE_REQUIRED", Reason::CertificateMissing),
    ("NO_SHARED_CIPHER", Reason::NothingInCommon),
    ("ALERT_PROTOCOL_VERSION", Reason::NothingInCommon),
    ("UNSUPPORTED_PROTOCOL", Reason::NothingInCommon),
    // The peer's alert alone says only that it did not want to: it may have missed a certificate.
    ("HANDSHAKE_FAILURE_ON_CLIENT_HELLO", Reason::NothingInCommon),
    ("ALERT_UNKNOWN_CA", Reason::CertificateRefused),
    ("ALERT_BAD_CERTIFICATE", Reason::CertificateRefused),
    ("ALERT_CERTIFICATE_", Reason::CertificateRefused),
];

/// What the proxy says of a certificate that it did not accept.
const VERDICTS: [(&str, Reason); 5] = [
    ("SAN matcher", Reason::SanMismatch),
    ("certificate has expired", Reason::CertificateExpired),
    ("certificate is not yet valid", Reason::CertificateNotYetValid),
    ("local issuer certificate", Reason::UnknownIssuer),
    ("self-signed certificate", Reason::UnknownIssuer),
];

/// The word for a failed handshake.
pub(crate) fn reason_of(failure: &str) -> Reason {
    let find = |texts: &[(&str, Reason)], text: &str| {
        texts.iter().find(|(part, _)| text.contains(part)).map(|(_, reason)| *reason)
    };
    match failure.split_once("CERTIFICATE_VERIFY_FAILED") {
        Some((_, verdict)) => find(&VERDICTS, verdict).unwrap_or(Reason::CertificateNotAccepted),
        None => find(&ERRORS, failure).unwrap_or(Reason::Handshake),
    }
}

#[cfg(test)]
mod tests {
    #[cfg(target_family = "wasm")]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    use super::*;

    /// Texts as Envoy 1.40 wrote them for handshakes with an OpenSSL server, between its own beginning and end.
    const SEEN: [(&str, Reason); 11] = [
        ("268435612:SSL routines:OPENSSL_internal:HTTP_REQUEST", Reason::NotTls),
        (
            "268435648:SSL routines:OPENSSL_internal:PEER_DID_NOT_RETURN_A_CERTIFICATE:peer did not provide required client \
             certificate",
            Reason::CertificateMissing,
        ),
        (
            "268435581:SSL routines:OPENSSL_internal:CERTIFICATE_VERIFY_FAILED:verify cert failed: SAN matcher, \
             certificate SANs are [spiffe://cluster.local/ns/a/sa/certificate has expired]",
            Reason::SanMismatch,
        ),
        (
            "268435581:SSL routines:OPENSSL_internal:CERTIFICATE_VERIFY_FAILED:verify cert failed: X509_verify_cert: \
             certificate verification error at depth 0: certificate has expired",
            Reason::CertificateExpired,
        ),
        (
            "268435581:SSL routines:OPENSSL_internal:CERTIFICATE_VERIFY_FAILED:verify cert failed: X509_verify_cert: \
             certificate verification error at depth 0: certificate is not yet valid",
            Reason::CertificateNotYetValid,
        ),
        (
            "268435581:SSL routines:OPENSSL_internal:CERTIFICATE_VERIFY_FAILED:verify cert failed: X509_verify_cert: \
             certificate verification error at depth 0: unable to get local issuer certificate",
            Reason::UnknownIssuer,
        ),
        ("268435703:SSL routines:OPENSSL_internal:WRONG_VERSION_NUMBER", Reason::NotTls),
        ("268436526:SSL routines:OPENSSL_internal:TLSV1_ALERT_PROTOCOL_VERSION", Reason::NothingInCommon),
        (
            "268436496:SSL routines:OPENSSL_internal:SSLV3_ALERT_HANDSHAKE_FAILURE|268435610:SSL routines:\
             OPENSSL_internal:HANDSHAKE_FAILURE_ON_CLIENT_HELLO",
            Reason::NothingInCommon,
        ),
        ("268436504:SSL routines:OPENSSL_internal:TLSV1_ALERT_UNKNOWN_CA", Reason::CertificateRefused),
        ("268436496:SSL routines:OPENSSL_internal:SSLV3_ALERT_HANDSHAKE_FAILURE", Reason::Handshake),
    ];

    #[test]
    fn texts_of_a_real_proxy_have_their_word() {
        for (text, reason) in SEEN {
            let failure = format!("TLS_error:|{text}:TLS_error_end");
            assert_eq!((broke_off(&failure), reason_of(&failure)), (true, reason), "{failure}");
        }
    }

    #[test]
    fn a_reset_is_no_verdict_and_every_word_of_tls_is_one() {
        let reset = "33554536:system library:OPENSSL_internal:Connection reset by peer";
        let refused = "268435581:SSL routines:OPENSSL_internal:CERTIFICATE_VERIFY_FAILED:verify cert failed";
        for (text, is_word) in [
            (format!("TLS_error:|{reset}:TLS_error_end"), false),
            (format!("TLS_error:|{refused}:TLS_error_end"), true),
            // The alert that tells the peer may not get through.
            (format!("TLS_error:|{refused}|33554464:system library:OPENSSL_internal:Broken pipe:TLS_error_end"), true),
            ("TLS error: Secret is not supplied by SDS".to_owned(), true),
            ("Connection reset by peer".to_owned(), false),
            (String::new(), false),
        ] {
            assert_eq!(is_verdict(&text), is_word, "{text}");
        }
    }

    #[test]
    fn what_has_no_word_is_still_a_failed_handshake() {
        for (text, reason) in [
            (
                "TLS_error:|33554536:system library:OPENSSL_internal:Connection reset by peer:TLS_error_end",
                Reason::Handshake,
            ),
            (
                "TLS_error:|268435581:SSL routines:OPENSSL_internal:CERTIFICATE_VERIFY_FAILED:TLS_error_end",
                Reason::CertificateNotAccepted,
            ),
            ("TLS_error", Reason::Handshake),
        ] {
            assert_eq!((broke_off(text), reason_of(text)), (true, reason), "{text}");
        }
        assert!(!broke_off("delayed connect error: Connection refused") && !broke_off(""));
    }
}
