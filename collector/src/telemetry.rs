//! The collector's own metrics: one list of names with their help, and their text for Prometheus at `/metrics`.

use std::fmt::Write;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// Declares the metrics: variant, name after `hogusu_collector_`, type, labels, help.
macro_rules! metrics {
    ($($variant:ident = $kind:literal $name:literal $labels:literal $help:literal,)+) => {
        /// A metric of the collector.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum Metric { $(#[doc = $help] $variant,)+ }

        const ROWS: &[Row] = &[$(Row { kind: $kind, name: $name, labels: $labels, help: $help },)+];
    };
}

struct Row {
    kind: &'static str,
    name: &'static str,
    labels: &'static str,
    help: &'static str,
}

metrics! {
    BatchesAccepted = "counter" "batches_total" r#"{result="accepted"}"# "Batches by what became of them.",
    BatchesDuplicate = "counter" "batches_total" r#"{result="duplicate"}"# "Batches by what became of them.",
    BatchesReplayed = "counter" "batches_replayed_total" "" "Batches read again from the journal at start.",
    RefusedMalformed = "counter" "refused_total" r#"{reason="malformed"}"# "Requests that were refused, by reason.",
    RefusedBound = "counter" "refused_total" r#"{reason="bound"}"# "Requests that were refused, by reason.",
    RefusedTooLarge = "counter" "refused_total" r#"{reason="too_large"}"# "Requests that were refused, by reason.",
    RefusedType = "counter" "refused_total" r#"{reason="unsupported_type"}"# "Requests that were refused, by reason.",
    RefusedBody = "counter" "refused_total" r#"{reason="body"}"# "Requests that were refused, by reason.",
    RefusedBusy = "counter" "refused_total" r#"{reason="busy"}"# "Requests that were refused, by reason.",
    RefusedSlow = "counter" "refused_total" r#"{reason="slow"}"# "Requests that were refused, by reason.",
    RefusedHost = "counter" "refused_total" r#"{reason="host"}"# "Requests that were refused, by reason.",
    RefusedDoor = "counter" "refused_total" r#"{reason="door"}"# "Requests that were refused, by reason.",
    RefusedJournal = "counter" "refused_total" r#"{reason="journal"}"# "Requests that were refused, by reason.",
    RefusedSenders = "counter" "refused_total" r#"{reason="senders"}"# "Requests that were refused, by reason.",
    IdentityUnverified = "counter" "identity_refused_total" r#"{reason="unverified"}"# "Batches refused for who sent them, by reason.",
    IdentityMismatch = "counter" "identity_refused_total" r#"{reason="mismatch"}"# "Batches refused for who sent them, by reason.",
    Points = "counter" "points_total" "" "Data points in accepted batches.",
    BodyBytes = "counter" "body_bytes_total" "" "Bytes of accepted batches, decompressed.",
    LostBatches = "counter" "lost_batches_total" "" "Batches that never arrived: gaps in the senders' sequences.",
    LostExchanges = "counter" "lost_exchanges_total" "" "Exchanges in batches that never arrived.",
    LateBatches = "counter" "late_batches_total" "" "Batches that arrived more than 30 s after their slot's end.",
    Senders = "gauge" "senders" "" "Senders known.",
    SendersUnclosed = "gauge" "senders_unclosed" "" "Senders that went silent without ending in order.",
    OpenRows = "gauge" "open_rows" "" "Rows not yet committed to the store.",
    JournalBytes = "gauge" "journal_bytes" "" "Bytes of the journal.",
    JournalSyncs = "counter" "journal_syncs_total" "" "Groups made durable.",
    JournalSyncLast = "gauge" "journal_sync_last_seconds" "" "Duration of the last group's write and fdatasync.",
    JournalSyncMax = "gauge" "journal_sync_max_seconds" "" "Longest of them since the start.",
    JournalSyncSum = "counter" "journal_sync_seconds_total" "" "Sum of them.",
    JournalCut = "gauge" "journal_cut_bytes" "" "Bytes that were cut off the journal's end at the start: never acknowledged.",
    JournalDamages = "gauge" "journal_damages" "" "Damaged places that the start found in the journal.",
    Commits = "counter" "commits_total" r#"{result="ok"}"# "Commits of the store.",
    CommitsFailed = "counter" "commits_total" r#"{result="failed"}"# "Commits of the store.",
    CommitLast = "gauge" "commit_last_seconds" "" "Duration of the last commit.",
    CommitMax = "gauge" "commit_max_seconds" "" "Longest commit since the start.",
    RollUps = "counter" "roll_ups_total" r#"{result="ok"}"# "Files of slots that were rolled up.",
    RollUpsFailed = "counter" "roll_ups_total" r#"{result="failed"}"# "Files of slots that were rolled up.",
    RollUpLast = "gauge" "roll_up_last_seconds" "" "Duration of the last roll-up.",
    StoreBytes = "gauge" "store_bytes" "" "Bytes of the store's files.",
    StoreFiles = "gauge" "store_files" "" "Files of the store.",
    StoreDamaged = "gauge" "store_damaged_files" "" "Files of the store that are damaged: answers about their time are without them and say so.",
    FilesDropped = "counter" "store_files_dropped_total" "" "Files removed by age or by size.",
    OldestEvent = "gauge" "oldest_event_timestamp_seconds" "" "Start of the oldest event that is kept.",
    NewestEvent = "gauge" "newest_event_timestamp_seconds" "" "Start of the newest slot that a batch reached; 0: none.",
    OldestSlot = "gauge" "store_oldest_timestamp_seconds" r#"{resolution="10s"}"# "Start of the oldest event that is kept at a resolution; 0: none.",
    OldestMinute = "gauge" "store_oldest_timestamp_seconds" r#"{resolution="1m"}"# "Start of the oldest event that is kept at a resolution; 0: none.",
    OldestHour = "gauge" "store_oldest_timestamp_seconds" r#"{resolution="1h"}"# "Start of the oldest event that is kept at a resolution; 0: none.",
    OldestDay = "gauge" "store_oldest_timestamp_seconds" r#"{resolution="1d"}"# "Start of the oldest event that is kept at a resolution; 0: none.",
    KubernetesWatching = "gauge" "kubernetes_watching" "" "1 while the API server is being watched.",
    KubernetesEvents = "counter" "kubernetes_events_total" "" "Changes that the API server told.",
    KubernetesErrors = "counter" "kubernetes_errors_total" "" "Failures of the watch or of its file, by change of cause.",
    KubernetesPods = "gauge" "kubernetes_pods" "" "Pods recorded that are there now.",
    KubernetesTenures = "gauge" "kubernetes_tenures" "" "Stretches of time recorded in which nothing of a pod changed.",
    KubernetesForgotten = "counter" "kubernetes_forgotten_total" "" "Stretches forgotten before their time, as there were too many.",
    AgentsAsked = "counter" "agents_asked_total" r#"{result="answered"}"# "Agents asked why their proxy does not report, by whether they answered.",
    AgentsSilent = "counter" "agents_asked_total" r#"{result="silent"}"# "Agents asked why their proxy does not report, by whether they answered.",
    Questions = "gauge" "questions" "" "Questions that are being worked on.",
    QuestionsRefused = "counter" "questions_refused_total" r#"{reason="busy"}"# "Questions that were not answered, by reason.",
    QuestionsLate = "counter" "questions_refused_total" r#"{reason="late"}"# "Questions that were not answered, by reason.",
    QuestionsTooLarge = "counter" "questions_refused_total" r#"{reason="memory"}"# "Questions that were not answered, by reason.",
    EventStreams = "gauge" "event_streams" "" "Streams of events that are open.",
    Connections = "gauge" "connections" "" "Connections open.",
    TlsLoads = "counter" "tls_loads_total" r#"{result="ok"}"# "Changes of the TLS files, by whether they could be used.",
    TlsLoadsFailed = "counter" "tls_loads_total" r#"{result="failed"}"# "Changes of the TLS files, by whether they could be used.",
    TlsRefused = "gauge" "tls_files_refused" "" "1 while the TLS files cannot be used and those before them are in force.",
    TlsCertificateEnd = "gauge" "tls_certificate_end_timestamp_seconds" "" "End of the TLS certificate in force, of its chain the earliest; 0: no TLS.",
    DeclareLoads = "counter" "declare_loads_total" r#"{result="ok"}"# "Changes of the file of one's own rules, by whether they could be used.",
    DeclareLoadsFailed = "counter" "declare_loads_total" r#"{result="failed"}"# "Changes of the file of one's own rules, by whether they could be used.",
    DeclareRefused = "gauge" "declare_file_refused" "" "1 while the file of one's own rules cannot be used and the one before it is in force.",
    Policies = "gauge" "policies" "" "Policies in force.",
    PolicyLoads = "counter" "policy_loads_total" r#"{result="ok"}"# "Changes of the files of policies, by whether they could be used.",
    PolicyLoadsFailed = "counter" "policy_loads_total" r#"{result="failed"}"# "Changes of the files of policies, by whether they could be used.",
    PoliciesRefused = "gauge" "policy_files_refused" "" "1 while the files of policies cannot be used and those before them are in force.",
    Judgements = "counter" "policy_judgements_total" r#"{result="ok"}"# "Judgements of the last five minutes by the policies in force, by whether they could be made.",
    JudgementsFailed = "counter" "policy_judgements_total" r#"{result="failed"}"# "Judgements of the last five minutes by the policies in force, by whether they could be made.",
    JudgedTo = "gauge" "policy_judged_to_timestamp_seconds" "" "End of the period that policies were last judged of; 0: none.",
    JudgementLast = "gauge" "policy_judgement_last_seconds" "" "Duration of the last judgement.",
    SpansSent = "counter" "trace_spans_total" r#"{result="sent"}"# "Spans of the collector's own traces, by what became of them.",
    SpansFailed = "counter" "trace_spans_total" r#"{result="failed"}"# "Spans of the collector's own traces, by what became of them.",
    SpansDropped = "counter" "trace_spans_total" r#"{result="dropped"}"# "Spans of the collector's own traces, by what became of them.",
    Ready = "gauge" "ready" "" "1 when batches can be taken.",
}

const PREFIX: &str = "hogusu_collector_";

/// All values. Durations are kept in nanoseconds and shown in seconds.
#[derive(Debug)]
pub struct Telemetry {
    values: Vec<AtomicU64>,
}

impl Default for Telemetry {
    fn default() -> Self {
        Self { values: ROWS.iter().map(|_| AtomicU64::new(0)).collect() }
    }
}

impl Telemetry {
    fn value(&self, metric: Metric) -> Option<&AtomicU64> {
        self.values.get(metric as usize)
    }

    /// Adds to a counter.
    pub fn add(&self, metric: Metric, count: u64) {
        if let Some(value) = self.value(metric) {
            value.fetch_add(count, Ordering::Relaxed);
        }
    }

    /// Takes away from a gauge.
    pub fn subtract(&self, metric: Metric, count: u64) {
        if let Some(value) = self.value(metric) {
            value.fetch_sub(count, Ordering::Relaxed);
        }
    }

    /// Sets a gauge.
    pub fn set(&self, metric: Metric, to: u64) {
        if let Some(value) = self.value(metric) {
            value.store(to, Ordering::Relaxed);
        }
    }

    /// Raises a gauge that holds the largest value seen.
    pub fn raise(&self, metric: Metric, to: u64) {
        if let Some(value) = self.value(metric) {
            value.fetch_max(to, Ordering::Relaxed);
        }
    }

    /// A value.
    #[must_use]
    pub fn get(&self, metric: Metric) -> u64 {
        self.value(metric).map_or(0, |value| value.load(Ordering::Relaxed))
    }

    /// All metrics as Prometheus reads them.
    #[must_use]
    pub fn text(&self) -> String {
        let mut out = String::with_capacity(8 * 1024);
        let mut before = "";
        for (row, value) in ROWS.iter().zip(&self.values) {
            let value = value.load(Ordering::Relaxed);
            if row.name != before {
                // Writing to a String cannot fail.
                let _ignored =
                    write!(out, "# HELP {PREFIX}{0} {1}\n# TYPE {PREFIX}{0} {2}\n", row.name, row.help, row.kind);
                before = row.name;
            }
            let shown = if row.name.contains("seconds") {
                Duration::from_nanos(value).as_secs_f64().to_string()
            } else {
                value.to_string()
            };
            let _ignored = writeln!(out, "{PREFIX}{}{} {shown}", row.name, row.labels);
        }
        out
    }
}

/// Whole nanoseconds of a duration.
#[must_use]
pub fn nanos(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod documented;
