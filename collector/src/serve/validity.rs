//! From when to when the collector's own certificate is valid, and in words when that is not now. Opens no files and reads no clock; whether
//! anybody believes the certificate is for who connects to say.

use std::path::Path;
use std::time::Duration;

use rustls_pki_types::{CertificateDer, UnixTime};
use webpki::{EndEntityCert, Error, KeyUsage};

use crate::report::Moment;

const SECOND: u64 = 1_000_000_000;
/// So long before its end it is told at most: a week.
const SOON: u64 = 7 * 86_400 * SECOND;
/// And of one that is made for less than ten of them, in the last tenth of its time: those are issued anew long before.
const LAST: u64 = 10;

/// When all certificates of a chain are valid; nanoseconds since the epoch, both inclusive. What is after 2554 reads as then.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Validity {
    from: u64,
    pub(super) to: u64,
}

/// One that ends before it begins: valid at no time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Reversed;

/// What the dates come to at a moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Standing {
    Valid,
    /// It ends soon.
    Ending,
    /// It does not begin before later.
    Early,
    Over,
}

impl Validity {
    /// Of all of these.
    ///
    /// # Errors
    /// When one of them is valid at no time.
    pub(super) fn of(chain: &[CertificateDer<'_>]) -> Result<Self, String> {
        let mut all = Self { from: 0, to: u64::MAX };
        for (place, certificate) in chain.iter().enumerate() {
            let (number, of) = (place + 1, chain.len());
            let (from, to) = bounds(certificate).map_err(|Reversed| {
                format!("certificate {number} of {of} in it ends before it begins; have it issued anew")
            })?;
            (all.from, all.to) = (all.from.max(from), all.to.min(to));
        }
        Ok(all)
    }

    pub(super) fn standing(self, now: u64) -> Standing {
        let soon = SOON.min(self.to.saturating_sub(self.from) / LAST);
        match now {
            _ if now > self.to => Standing::Over,
            _ if now < self.from => Standing::Early,
            _ if now > self.to.saturating_sub(soon) => Standing::Ending,
            _ => Standing::Valid,
        }
    }

    /// What to say of a file with such a certificate; `None` where all is well.
    pub(super) fn said(self, standing: Standing, file: &Path) -> Option<String> {
        let (file, from, to) = (file.display(), Moment(self.from), Moment(self.to));
        let remedy = "put one that is valid there: it is read again without a restart";
        match standing {
            Standing::Valid => None,
            Standing::Ending => Some(format!("the certificate in {file} ends at {to}; {remedy}")),
            Standing::Early => Some(format!(
                "the certificate in {file} does not begin before {from}: clients that verify it refuse to connect; {remedy}, or set this \
                 machine's clock right"
            )),
            Standing::Over => Some(format!(
                "the certificate in {file} ended at {to}: clients that verify it refuse to connect; {remedy}"
            )),
        }
    }
}

/// From when to when. One that cannot be read here, as it is of a version that is not known, is taken for valid at any time.
fn bounds(certificate: &CertificateDer<'_>) -> Result<(u64, u64), Reversed> {
    let Ok(read) = EndEntityCert::try_from(certificate) else { return Ok((0, u64::MAX)) };
    // A verification asks for the dates first, and says in its refusal what they are.
    let refused = |at: Duration| {
        let at = UnixTime::since_unix_epoch(at);
        read.verify_for_usage(&[], &[], &[], at, KeyUsage::server_auth(), None, None).err()
    };
    let from = match refused(Duration::ZERO) {
        Some(Error::InvalidCertValidity) => return Err(Reversed),
        Some(Error::CertNotValidYet { not_before, .. }) => nanos(not_before),
        _ => 0,
    };
    let to = match refused(Duration::from_secs(u64::MAX)) {
        Some(Error::CertExpired { not_after, .. }) => nanos(not_after),
        _ => u64::MAX,
    };
    Ok((from, to))
}

const fn nanos(time: UnixTime) -> u64 {
    time.as_secs().saturating_mul(SECOND)
}

#[cfg(test)]
mod tests {
    use rcgen::{CertificateParams, KeyPair, date_time_ymd};

    use super::*;

    /// 2030-01-01T00:00:00Z and 2031-01-01T00:00:00Z.
    const YEAR: (u64, u64) = (1_893_456_000 * SECOND, 1_924_992_000 * SECOND);

    fn certificate(from: i32, to: i32) -> CertificateDer<'static> {
        let mut params = CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
        (params.not_before, params.not_after) = (date_time_ymd(from, 1, 1), date_time_ymd(to, 1, 1));
        params.self_signed(&KeyPair::generate().unwrap()).unwrap().der().clone()
    }

    #[test]
    fn a_chain_is_valid_when_all_of_it_is() {
        let chain = [certificate(2030, 2040), certificate(2000, 2031)];
        assert_eq!(Validity::of(&chain), Ok(Validity { from: YEAR.0, to: YEAR.1 }));
        let for_ever = Validity::of(&[certificate(1970, 4096)]).unwrap();
        assert_eq!(for_ever, Validity { from: 0, to: u64::MAX });
    }

    #[test]
    fn one_that_ends_before_it_begins_is_named() {
        let wrong = Validity::of(&[certificate(2000, 2040), certificate(2031, 2030)]).unwrap_err();
        assert!(wrong.starts_with("certificate 2 of 2 in it ends before it begins"), "{wrong}");
    }

    #[test]
    fn one_that_is_made_for_a_day_is_not_always_about_to_end() {
        let hour = 3_600 * SECOND;
        let day = Validity { from: YEAR.0, to: YEAR.0 + 24 * hour };
        assert_eq!(
            [12, 21, 22].map(|hours| day.standing(YEAR.0 + hours * hour)),
            [Standing::Valid, Standing::Valid, Standing::Ending]
        );
    }

    #[test]
    fn each_date_is_said_when_it_matters() {
        let (valid, file) = (Validity { from: YEAR.0, to: YEAR.1 }, Path::new("/tls/cert.pem"));
        let said = |now| valid.said(valid.standing(now), file);
        assert_eq!([YEAR.0, YEAR.1 - SOON].map(said), [None, None]);
        for (now, words) in [
            (YEAR.0 - 1, "/tls/cert.pem does not begin before 2030-01-01T00:00:00Z"),
            (YEAR.1 - SOON + 1, "/tls/cert.pem ends at 2031-01-01T00:00:00Z"),
            (YEAR.1, "/tls/cert.pem ends at 2031-01-01T00:00:00Z"),
            (YEAR.1 + 1, "/tls/cert.pem ended at 2031-01-01T00:00:00Z"),
        ] {
            assert!(said(now).unwrap().contains(words), "{:?}", said(now));
        }
    }
}
