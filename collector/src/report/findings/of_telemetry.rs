//! What findings about the telemetry say, behind the name of whom they are about.

use hogusu_model::{Hook, Reporter};

use crate::analysis::findings::Gap;
use crate::analysis::numerals::{counted, difference, grouped, moment};
use crate::analysis::proxies::ProxyState;
use crate::ownership::Dispute;
use crate::period::{DamagedFile, Refused};
use crate::refusals::NO_PLACE;
use crate::shown::word;

pub(super) fn damaged(file: &DamagedFile) -> String {
    let remedy = if file.file.ends_with(".redb") {
        "put a copy of the file back while the collector is stopped, or leave it: retention removes it"
    } else {
        "nothing brings it back, and retention removes what is left of it"
    };
    let to = if file.to == u64::MAX { "now".to_owned() } else { moment(file.to) };
    format!(
        "{} of the collector's data folder is damaged ({}): what it held of {} to {to} is missing here, and what came late then is \
         missing before it; {remedy}",
        file.file,
        file.reason,
        moment(file.from),
    )
}

pub(super) fn turned_away(refused: &Refused, now: u64) -> String {
    let ago = seconds(now.saturating_sub(refused.last.start()));
    let why = &refused.why;
    if refused.code == NO_PLACE {
        let times = counted(refused.batches, "time");
        return format!("turned away {times}, the last time {ago} s ago; what it counts waits in its proxy: {why}");
    }
    let batches = batches(refused.batches);
    format!("{batches} refused, the last one {ago} s ago, and what was in them is missing: {why}")
}

pub(super) fn lost(lost: u64, exchanges: u64) -> String {
    format!("{} lost with {}", batches(lost), counted(exchanges, "exchange"))
}

pub(super) fn unclosed(senders: u64, gap: Gap) -> String {
    let senders = counted(senders, "sender");
    let which = "this period, of which they tell nothing";
    match gap {
        Gap::Before => format!("{senders} went silent without an end before {which}"),
        Gap::Ahead => format!("{senders} went silent without an end, and what they told lies after {which}"),
        Gap::Within(nanos) => {
            let seconds = grouped(nanos.div_ceil(1_000_000_000));
            format!("{senders} went silent without an end; what was not sent is missing, {seconds} s are not covered")
        }
    }
}

/// Two hooks that count the same requests of a side.
pub(super) fn conflict(side: Reporter, dropped: Hook, proxies: u64, left_out: u64, is_guessed: bool) -> String {
    let proxies = if proxies == 1 { "1 proxy".to_owned() } else { format!("{} proxies", grouped(proxies)) };
    let guess = if is_guessed { "; their filters do not tell whether they are the same requests" } else { "" };
    format!(
        "{} and {} both count requests as {side} in {proxies}; {} by {dropped} left out{guess}",
        Hook::AccessLog,
        Hook::HttpFilter,
        counted(left_out, "request"),
    )
}

pub(super) fn folded(from: u64, to: u64, exchanges: u64) -> String {
    let lie = if exchanges == 1 { "lies" } else { "lie" };
    format!(
        "what it counted from {} to {} came as a backlog folded into one: {} {lie} at its beginning, and silence after that is none",
        moment(from),
        moment(to),
        counted(exchanges, "exchange"),
    )
}

pub(super) fn skew(skew: i64, is_moved: bool) -> String {
    let moved = if is_moved { "; what it counts lies where it arrived" } else { "" };
    let which = if skew < 0 { "ahead of the collector's" } else { "behind the collector's, or its batches are late" };
    format!("its clock is {} {which}{moved}", difference(skew.unsigned_abs()))
}

pub(super) fn clock_set(times: u64, ago: u64) -> String {
    let times = if times == 1 { "once".to_owned() } else { format!("{} times", grouped(times)) };
    format!("its clock was set while it counted, {times}, last {} s ago", seconds(ago))
}

/// Behind an address.
pub(super) fn disputed(dispute: Dispute, claimants: &[String]) -> String {
    let named = claimants.join(" and ");
    match dispute {
        Dispute::ChangedHands => {
            format!("was that of {named} within one slot: what was counted then is left unresolved")
        }
        Dispute::EndUnseen => {
            format!("was that of {named}, and when that ended was not seen: what was counted then is left unresolved")
        }
        Dispute::Contradiction => format!(
            "is said to be that of {named}: the API server's word was taken, but where a certificate spoke against it"
        ),
        Dispute::OtherCertificate => format!(
            "is said to be that of {named}, and who came from there had another's certificate: what was counted so is left unresolved"
        ),
    }
}

pub(super) fn late(parts: u64) -> String {
    format!("{} came after their slot was sealed; they are counted", counted(parts, "part"))
}

pub(super) fn amiss(state: ProxyState, cause: &str) -> String {
    let what = match state {
        ProxyState::WithoutPlugin => "without the plugin",
        ProxyState::OtherRevision => "with another revision",
        ProxyState::NeverReported => "never reported",
        ProxyState::Silent => "silent",
        ProxyState::Reporting | ProxyState::Starting | ProxyState::NotObservable => state.as_str(),
    };
    format!("{what}: {cause}")
}

pub(super) fn unreachable(nanos: u64, error: &str) -> String {
    format!("the API server was not watched for {} s: {error}", seconds(nanos))
}

pub(super) fn misnamed(watched: &str, stated: &[String]) -> String {
    format!(
        "the API server is watched as that of k8s cluster {} (--k8s-cluster), and proxies name {}: its pods name none of their addresses",
        word(watched),
        stated.iter().map(|name| word(name)).collect::<Vec<_>>().join(", ")
    )
}

fn batches(count: u64) -> String {
    format!("{} {}", grouped(count), if count == 1 { "batch" } else { "batches" })
}

fn seconds(nanos: u64) -> String {
    grouped(nanos / 1_000_000_000)
}
