//! Every bound that the outside meets, in one place. What exceeds one is refused, counted and said. Those that memory makes smaller are
//! in [`memory`].

pub mod memory;

use std::time::Duration;

/// Largest body of a batch as it arrives, possibly compressed.
pub const BODY_BYTES: usize = 4 * 1024 * 1024;
/// Largest body of a batch after decompression.
pub const DECOMPRESSED_BYTES: usize = 16 * 1024 * 1024;
/// Bytes of all bodies as they came, from their first byte until the writer is done with them; more are told to come again.
pub const BODIES_BYTES: usize = 192 * 1024 * 1024;
/// Bytes that decompressing made of those that came compressed.
pub const INFLATED_BYTES: usize = 64 * 1024 * 1024;
/// Data points in one batch.
pub const POINTS: usize = 100_000;
/// Bytes of a series' attributes.
pub const ATTRIBUTE_BYTES: usize = 8 * 1024;
/// Bytes of a sender's Resource.
pub const RESOURCE_BYTES: usize = 16 * 1024;
/// Exchanges in one batch: a million a second, for seven days, and some.
pub const BATCH_EXCHANGES: u64 = 1 << 40;
/// Longest stretch of time that a batch covers, and how far back from its arrival it is placed at most: seven days.
pub const BATCH_AGE_NANOS: u64 = 7 * 24 * 3600 * 1_000_000_000;

/// Server names of the applications' own TLS that an edge shows.
pub const SERVER_NAMES: usize = 20;

/// Findings of one kind about the telemetry that are listed; of the others it is said how many they are.
pub const TELEMETRY_FINDINGS: usize = 100;

/// Connections served at the same time; more wait in the kernel's queue.
pub const CONNECTIONS: usize = 20_000;
/// Of those, or of as many as the system lets the process open, one address has half; more of it are closed at once.
pub const SHARE_OF_PEER: usize = 2;
/// Hours of which it is told how steady edges were.
pub const STEADY_HOURS: u64 = 31 * 24;
/// Edges of one series.
pub const SERIES_EDGES: usize = 200;
/// Files that are no connections: those of journal and store, of reading, of the API server.
pub const OTHER_FILES: usize = 128;
/// Bodies that are arriving at the same time; beyond it a slow one goes first, else the new one is told to come again.
pub const BODIES: usize = 2_048;
/// Of them those of one address, or of one verified identity.
pub const BODIES_OF_PEER: usize = 512;
/// Of them those of one connection whose sender is not verified.
pub const BODIES_OF_CONNECTION: usize = 256;
/// A body that arrives for longer is slow: it gives its place to another.
pub const SLOW_BODY_NANOS: u64 = 500_000_000;
/// Bytes of bodies that are arriving; one peer may have half.
pub const ARRIVING_BYTES: usize = 128 * 1024 * 1024;
/// Bodies decompressed at the same time.
pub const UNPACKING: usize = 4;
/// Bytes that are still read of the body of a request that was refused at once, so that its sender sees the answer.
pub const DRAINED_BYTES: usize = 1024 * 1024;
/// Time for that.
pub const DRAIN_TIME: Duration = Duration::from_secs(2);
/// Bodies that are read so at the same time; what is beyond sees its connection closed.
pub const DRAINED: usize = 256;
/// Bytes of one request's head.
pub const HEAD_BYTES: usize = 16 * 1024;
/// Header fields of one request.
pub const HEADERS: usize = 64;
/// Time for a request's head to arrive, also between two requests of one connection.
pub const HEAD_TIME: Duration = Duration::from_secs(75);
/// Time for a request's body to arrive.
pub const BODY_TIME: Duration = Duration::from_secs(10);
/// Time for running requests to end when the collector stops.
pub const STOP_TIME: Duration = Duration::from_secs(10);

/// Spans of the collector's own traces that wait to be sent; of more the new ones are dropped and counted. `OTEL_BSP_MAX_QUEUE_SIZE` sets it.
pub const SPANS: usize = 2_048;
/// And at most.
pub const MOST_SPANS: usize = 65_536;
/// Time for one attempt to send some of them. `OTEL_EXPORTER_OTLP_TIMEOUT` sets it.
pub const EXPORT_TIME: Duration = Duration::from_secs(10);
/// Bytes that are read of what is answered to them.
pub const EXPORT_ANSWER_BYTES: usize = 64 * 1024;
/// Time for the last of them to be sent when the collector stops.
pub const FLUSH_TIME: Duration = Duration::from_secs(2);
/// That they cannot be sent is said once in this time.
pub const EXPORT_COMPLAINT_NANOS: u64 = 60 * 1_000_000_000;

/// Requests that are open at the same time on one connection of HTTP/2: a sidecar brings those of many proxies over one.
pub const STREAMS: u32 = 1024;

/// Senders and addresses whose refused batches are remembered.
pub const REFUSED: usize = 256;
/// Names that one address may bring among them.
pub const REFUSED_OF_ONE_ADDRESS: usize = 16;

/// Workloads that are named of those which claim one address at one time.
pub const CLAIMANTS: usize = 32;

/// Threads for what blocks: questions, decompression, files. More of it waits for one.
pub const BLOCKING_THREADS: usize = 16;
/// Questions that are worked on at the same time.
pub const QUESTIONS_AT_ONCE: usize = 4;
/// Of them those about more than [`LONG_QUESTION_NANOS`]: they never stop the short ones.
pub const LONG_QUESTIONS_AT_ONCE: usize = 2;
/// A question about a longer period is a long one: one hour.
pub const LONG_QUESTION_NANOS: u64 = 3600 * 1_000_000_000;
/// Questions that are worked on or wait; more are told to come again.
pub const QUESTIONS: usize = 64;
/// Of them those of one address, or of one verified identity.
pub const QUESTIONS_OF_PEER: usize = 16;
/// How long a question waits for its turn.
pub const QUESTION_WAIT: Duration = Duration::from_secs(10);
/// How long it is worked on.
pub const QUESTION_TIME: Duration = Duration::from_secs(45);
/// An answer serves who asks for the same within so long of its beginning: one second.
pub const SHARED_NANOS: u64 = 1_000_000_000;
/// Only if it took so long: a tenth of a second. What is cheap is worked out anew.
pub const SHARED_COST_NANOS: u64 = 100_000_000;
/// How long an answer is kept for its further pages: one minute.
pub const PAGES_NANOS: u64 = 60 * 1_000_000_000;
/// Answers that are kept so.
pub const SHARED_ANSWERS: usize = 4;
/// Edges of them together, of about 10 kB each; the newest one is kept whatever its size.
pub const SHARED_EDGES: usize = 20_000;
/// Lengths of periods whose rows are kept added up while somebody watches them: five minutes, as pages and `hogusu map` ask for without
/// being told, and an hour, of which no answer would be in time on a large mesh where all of it is read at each question.
pub const WATCHED_NANOS: [u64; 2] = [300 * 1_000_000_000, 3600 * 1_000_000_000];
/// Only periods that end no longer ago are watched: one minute. Who asks for others asks once.
pub const WATCHED_AGO_NANOS: u64 = 60 * 1_000_000_000;
/// How long what is kept for a length is kept though nobody asks for it: two minutes. For so long, too, it is not tried again where there was no room.
pub const WATCHED_IDLE_NANOS: u64 = 120 * 1_000_000_000;
/// How often it is looked whether an asker has left, where nothing tells.
pub const LEFT_LOOK: Duration = Duration::from_millis(250);
/// Bytes of answers that are not read yet; one peer may have half.
pub const ANSWERS_BYTES: usize = 128 * 1024 * 1024;
/// Bytes of an answer that are handed to a connection at a time.
pub const ANSWER_PIECE: usize = 64 * 1024;
/// How long a connection may take nothing of what is written to it.
pub const WRITE_TIME: Duration = Duration::from_secs(60);
/// Time for a whole exchange over HTTP/2, until the last byte of its answer is read.
pub const STREAM_TIME: Duration = Duration::from_secs(120);

/// Streams of events that are open at the same time; more are told to come again.
pub const EVENT_STREAMS: usize = 256;
/// Of them those of one address, or of one verified identity.
pub const EVENT_STREAMS_OF_PEER: usize = 32;
/// How often it is looked for a new slot while somebody listens.
pub const EVENT_LOOK: Duration = Duration::from_secs(1);
/// How long a stream says nothing at most.
pub const EVENTS_ALIVE: Duration = Duration::from_secs(15);
/// How long a stream lasts, below [`STREAM_TIME`]; whoever listens opens the next one.
pub const EVENTS_TIME: Duration = Duration::from_secs(100);

/// How often it is looked whether the files of TLS changed.
pub const TLS_LOOK: Duration = Duration::from_secs(1);
/// How often it is looked whether the file of one's own rules changed.
pub const DECLARE_LOOK: Duration = Duration::from_secs(1);
/// Bytes of a TLS file.
pub const TLS_FILE_BYTES: usize = 1024 * 1024;

/// Batches that wait for the writer; more are answered 503 with `Retry-After`.
pub const QUEUE: usize = 1024;
/// Batches in one group, which one fdatasync makes durable.
pub const GROUP_BATCHES: usize = 512;
/// Bytes of bodies in one group.
pub const GROUP_BYTES: usize = 8 * 1024 * 1024;
/// What `Retry-After` says, in seconds.
pub const RETRY_AFTER_SECONDS: u64 = 2;

/// Size at which the journal begins a new segment.
pub const SEGMENT_BYTES: u64 = 64 * 1024 * 1024;
/// Less disk than this cannot be kept to: a segment of the journal takes as much before any of it is in the store.
pub const LEAST_DISK_BYTES: u64 = SEGMENT_BYTES;
/// Rows (slot, reporter, series) that the store does not hold at which a commit is made before its time; at twice as many, those on
/// their way among them, batches must wait.
pub const OPEN_ROWS: usize = 250_000;
/// Rows that a roll-up adds up in memory before it writes them.
pub const ROLLED_ROWS: usize = 200_000;
/// Known series at which the dictionary in memory is emptied by a commit; it fills again from what arrives. At twice as
/// many, batches must wait for that commit.
pub const KNOWN_SERIES: usize = 250_000;
/// Bytes of the dictionary in memory, by estimate, with the same consequences.
pub const KNOWN_BYTES: usize = 384 * 1024 * 1024;
/// Senders remembered whole, each with its Resource. Beyond it nobody who speaks is forgotten: batches of new ones are answered 503
/// until others have ended or fallen silent. One group of batches may exceed it by its own length.
pub const SENDERS: usize = 100_000;
/// Bytes of those, by estimate, with the same consequence.
pub const SENDER_BYTES: usize = 512 * 1024 * 1024;
/// A sender silent for so long is remembered in brief: two days.
pub const SENDER_SILENCE_NANOS: u64 = 48 * 3600 * 1_000_000_000;
/// A sender that ended in order is remembered in brief after this: an hour.
pub const SENDER_CLOSED_NANOS: u64 = 3600 * 1_000_000_000;
/// Where places become scarce, one that ended is remembered in brief at once, and one that is silent after this: ten minutes,
/// longer than any sender that lives is silent.
pub const SENDER_PAUSE_NANOS: u64 = 600 * 1_000_000_000;
/// Senders remembered in brief. Beyond it those that ended first are forgotten; from then on a batch as old as theirs whose sender
/// is not known is refused, for it may have been counted.
pub const PAST_SENDERS: usize = 500_000;

/// Longest flush interval that is believed of a sender, in milliseconds: the longest that the filter's configuration allows.
pub const FLUSH_INTERVAL_MS: u64 = 60_000;
/// How long a batch that overtook the one before it is kept back: 500 ms.
pub const EARLY_NANOS: u64 = 500_000_000;
/// Batches kept back so at once; more are told to come again.
pub const EARLY_BATCHES: usize = 1_024;
/// Bytes of those.
pub const EARLY_BYTES: usize = 32 * 1024 * 1024;

/// Points of one series over time.
pub const SERIES_POINTS: u64 = 2_000;

/// Addresses named of a host outside the mesh.
pub const HOST_ADDRESSES: usize = 32;

/// Stretches of time in which nothing of a pod changed, kept in memory and on disk; beyond it those that ended first go.
pub const TENURES: usize = 100_000;
/// Time for a proxy's agent to answer when it is asked why its proxy does not report.
pub const AGENT_TIME: Duration = Duration::from_secs(3);
/// Bytes of its answer.
pub const AGENT_BYTES: usize = 16 * 1024 * 1024;
/// Agents asked at the same time.
pub const AGENTS_AT_ONCE: usize = 8;
/// How often the agents of proxies that do not report as they should are asked.
pub const AGENTS_EVERY: Duration = Duration::from_secs(10);

/// Policies that a collector judges by: each has about forty metrics.
pub const POLICIES_SERVED: usize = 250;
/// How often it is looked whether their files changed.
pub const POLICY_LOOK: Duration = Duration::from_secs(2);
/// How often a collector judges for its metrics: once a minute.
pub const JUDGE_EVERY: Duration = Duration::from_secs(60);
/// What it judges then: the last five minutes of which nothing changes any more.
pub const JUDGED_NANOS: u64 = WATCHED_NANOS[0];
/// Baselines that are kept.
pub const BASELINES: usize = 64;
/// Bytes of one of them, about.
pub const BASELINE_BYTES: u64 = 128 * 1024 * 1024;
/// Bytes of the file of places: more than all that are kept can take.
pub const PLACING_BYTES: u64 = 64 * 1024 * 1024;
/// How far back a new placing epoch looks for what it places: seven days, by the day.
pub const PLACED_NANOS: u64 = 7 * 24 * 3600 * 1_000_000_000;
/// How long one may take to be saved.
pub const SAVE_TIME: Duration = Duration::from_secs(1_800);
/// Bytes of the body of an act.
pub const ACT_BYTES: usize = 16 * 1024;
/// How long a backup may take to be made.
pub const BACKUP_TIME: Duration = Duration::from_secs(3_600);
/// Bytes of a backup's manifest.
pub const MANIFEST_BYTES: u64 = 16 * 1024 * 1024;
