//! `hogusu serve`: puts the stages together and runs them. The only place with a clock, sockets and signals.
//!
//! Start: bind, lock the folder, open store and journal, count again what only the journal holds, then say on stdout
//! where it listens. Stop on SIGTERM: no new connections, running requests end, the last group is made durable, commit.

mod acts;
mod backups;
mod clock;
mod connections;
mod declare;
mod descriptors;
mod doors;
mod hosts;
mod judging;
mod lock;
mod log;
mod memory;
mod options;
mod pages;
pub(crate) mod pem;
mod pods;
mod policies;
mod public;
mod reload;
mod restore;
mod served;
mod socket;
mod thread;
mod tls;
mod trace_url;
mod traces;
mod validity;
mod within;

use std::io::Write;
use std::path::Path;
use std::sync::Arc;

use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;

pub use acts::socket;
pub use options::{Kubernetes, LogFormat, ServeError, ServeOptions, Tls};
pub use public::{NoHost, PublicHost};
pub use restore::{RestoreFailed, restore};
pub use trace_url::{NoTraceUrl, TraceUrl};

use crate::allowance::Allowance;
use crate::api::{self, Patience, Settings};
use crate::backup;
use crate::baseline::Baselines;
use crate::ingest::Ingest;
use crate::journal::{Folder, Opening};
use crate::kubernetes::watch::Shared;
use crate::limits;
use crate::limits::memory::Memory;
use crate::placing::Placing;
use crate::store::{Files, SlotFolder};
use crate::telemetry::{Metric, Telemetry};
use crate::writer::Writer;
use backups::Backups;
use connections::{Entrance, Server};
use doors::Door;
use hosts::Hosts;
use lock::Lock;
use reload::Secure;
use served::Served;
use thread::{Failed, Running};
use traces::Traces;

/// Wall time, nanoseconds since the epoch: for commands that judge by the day.
pub(crate) fn now() -> u64 {
    clock::now()
}

/// Runs until SIGTERM or SIGINT, or until the data folder can no longer be written.
///
/// # Errors
/// When it cannot start, or must not go on.
pub fn run(options: &ServeOptions) -> Result<(), ServeError> {
    options.check()?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .max_blocking_threads(limits::BLOCKING_THREADS)
        .enable_all()
        .build()
        .map_err(ServeError::Runtime)?;
    let telemetry = Arc::new(Telemetry::default());
    let traces = Traces::begin(runtime.handle(), &telemetry)?;
    log::begin(options.log_format, traces.as_ref().map(Traces::tracer));
    traces.iter().for_each(Traces::announce);
    let served = runtime.block_on(serve(options, telemetry));
    traces.iter().for_each(Traces::flush);
    served
}

async fn serve(options: &ServeOptions, telemetry: Arc<Telemetry>) -> Result<(), ServeError> {
    let (expected, declared) = (pages::expected(options)?, declare::begin(options, &telemetry)?);
    let policies = policies::begin(&options.policies, &telemetry)?;
    let secure = options.tls.as_ref().map(|files| secure(files, &telemetry)).transpose()?;
    let (mut lock, doors) = hold(options).await?;
    let addresses = doors::addresses(&doors);
    lock.name(&addresses).map_err(|error| ServeError::data(&options.data, error))?;
    let retention = options.retention().age;
    let (record, watching) = pods::watch(options.kubernetes.as_ref(), &options.data, retention, &telemetry).await?;
    let memory = memory::accounts(options.max_memory);
    let (running, failed) = start(options, &memory, &lock, &record, &telemetry)?;
    let watched = options.kubernetes.is_some().then(|| Arc::clone(&record));
    let ingest = Ingest::new(running.queue(), Arc::clone(&telemetry), clock::now).trusting(options.trust());
    let ingest = ingest.bounded(&memory.ingest);
    let periods = running.periods(Arc::clone(&record), Arc::clone(&ingest.refusals));
    if options.kubernetes.is_some() {
        tokio::spawn(pods::ask_agents(Arc::clone(&periods), record, Arc::clone(&telemetry)));
    }
    let hosts = Hosts::new(&addresses, &options.public_hosts, Arc::clone(&telemetry));
    let hosts = secure.iter().fold(hosts, |hosts, secure| hosts.with_certificate(&secure.names));
    let (baselines, placing) = (baselines(options)?, placing(options)?);
    let backups = Backups::new(options.data.clone(), running.snapshots(), Arc::clone(&baselines), watched);
    let (stopping, stopped) = watch::channel(());
    let settings = Settings {
        expected,
        declared,
        telemetry: Arc::clone(&telemetry),
        trust: options.trust_of_askers(),
        tls: secure.as_ref().map(|secure| Arc::clone(&secure.state)),
        trace_url: options.trace_url.as_ref().map(|url| url.0.clone()),
        patience: Patience::default(),
        baselines: Some(baselines),
        placing,
        backups: Some(Arc::new(backups)),
        policies,
        allowance: Allowance::new(memory.questions),
        answers: memory.answers,
        stopping: Some(stopped),
    };
    let judged = judging::begin(&periods, &settings);
    let (questions, acts) = api::routers(periods, settings);
    let acts = acts::serve(&options.data, acts)?;
    let served = Served::new(ingest.router(), questions, hosts, (&telemetry, judged));
    telemetry.set(Metric::Ready, 1);
    // Whoever reads the line may ask it to stop at once.
    let stop = until_stopped(failed)?;
    announce(&doors, options.tls.is_some()).map_err(ServeError::Runtime)?;
    let entrances = doors.into_iter().map(|door| Entrance { app: served.at(door.purpose), listener: door.listener });
    let stop = telling(stop, stopping);
    let stopped = Server::new(secure).run(entrances.collect(), Arc::clone(&telemetry), stop).await;
    telemetry.set(Metric::Ready, 0);
    acts.iter().for_each(tokio::task::JoinHandle::abort);
    watching.stop().await;
    let ended = tokio::task::spawn_blocking(move || running.stop()).await;
    ended.map_err(|error| ServeError::Runtime(std::io::Error::other(error)))??;
    tracing::info!("stopped");
    drop(lock);
    stopped
}

/// Waits for `stop`, and tells those who watch `stopping`.
async fn telling(stop: impl Future<Output = ()>, stopping: watch::Sender<()>) {
    stop.await;
    drop(stopping);
}

fn baselines(options: &ServeOptions) -> Result<Arc<Baselines>, ServeError> {
    let opened = SlotFolder::open(options.data.join(backup::BASELINES)).and_then(Baselines::open);
    Ok(Arc::new(opened.map_err(|error| ServeError::data(&options.data, error))?))
}

fn placing(options: &ServeOptions) -> Result<Arc<Placing>, ServeError> {
    let opened = Placing::open(SlotFolder::found(options.data.clone()));
    Ok(Arc::new(opened.map_err(|error| ServeError::data(&options.data, error))?))
}

/// TLS with these files, which are looked after from now on. Without TLS, SIGHUP ends the process as it does any other.
fn secure(files: &Tls, telemetry: &Arc<Telemetry>) -> Result<Secure, ServeError> {
    let (secure, looking) = Secure::new(files, telemetry)?;
    tokio::spawn(looking.run(signal(SignalKind::hangup()).map_err(ServeError::Runtime)?));
    Ok(secure)
}

/// Opens journal and store and starts the thread that owns them.
fn start(
    options: &ServeOptions,
    memory: &Memory,
    lock: &Lock,
    record: &Shared,
    telemetry: &Arc<Telemetry>,
) -> Result<(Running, Failed), ServeError> {
    let folder = |error| ServeError::data(&options.data, error);
    let disk = Folder::open(options.data.join("journal")).map_err(folder)?.under(lock.inode().map_err(folder)?);
    let files = SlotFolder::open(options.data.join("slots")).map_err(folder)?;
    let (writer, opening) = Writer::open(disk, files, telemetry)?;
    let writer = writer.bounded(memory.ingest);
    log_damage(&opening);
    clock::begin(writer.newest_arrival());
    tracing::info!(batches = opening.records, data = %options.data.display(), "journal replayed");
    let (record, telemetry) = (Arc::clone(record), Arc::clone(telemetry));
    thread::start(writer, options.retention(), record, telemetry).map_err(ServeError::Runtime)
}

fn log_damage(opening: &Opening) {
    for damage in &opening.damages {
        tracing::error!(%damage, "acknowledged batches cannot be read; the senders' sequences show which are missing");
    }
    if opening.cut > 0 {
        tracing::warn!(
            bytes = opening.cut,
            "the journal's end was torn off by a crash and is cut; nothing of it was acknowledged"
        );
    }
}

/// The data folder and the addresses. Nothing is made for a process that cannot listen; where a folder is there, whoever has it may be
/// whoever listens, and is named first.
async fn hold(options: &ServeOptions) -> Result<(Lock, Vec<Door>), ServeError> {
    match doors::bind(&doors::wanted(options)).await {
        Ok(bound) => Ok((take(&options.data)?, bound)),
        Err(error) if options.data.is_dir() => take(&options.data).and(Err(error)),
        Err(error) => Err(error),
    }
}

/// Takes the folder, if it is one that is whole. One that was never anybody's, as a backup, gets no lock by being refused; of one that has a
/// lock its holder is named first.
fn take(folder: &Path) -> Result<Lock, ServeError> {
    if folder.is_dir() && !folder.join(backup::LOCK).exists() {
        whole(folder)?;
    }
    let lock = Lock::take(folder)?;
    whole(folder)?;
    Ok(lock)
}

/// Refuses a folder that is no data folder, or not all of one.
fn whole(folder: &Path) -> Result<(), ServeError> {
    let names = SlotFolder::found(folder.to_owned()).list().map_err(|error| ServeError::data(folder, error))?;
    let names: Vec<String> = names.into_iter().map(|(name, _)| name).collect();
    match backup::unserved(&names) {
        Some(why) => Err(ServeError::Unserved { folder: folder.to_owned(), why }),
        None => Ok(()),
    }
}

/// The one line on stdout: where it listens.
fn announce(doors: &[Door], tls: bool) -> std::io::Result<()> {
    let mut stdout = std::io::stdout().lock();
    writeln!(stdout, "{}", doors::announcement(doors, tls))?;
    stdout.flush()
}

/// Ends when the process is asked to stop, or when the writer failed.
fn until_stopped(failed: Failed) -> Result<impl Future<Output = ()>, ServeError> {
    let mut terminate = signal(SignalKind::terminate()).map_err(ServeError::Runtime)?;
    let mut interrupt = signal(SignalKind::interrupt()).map_err(ServeError::Runtime)?;
    Ok(async move {
        tokio::select! {
            _ = terminate.recv() => tracing::info!("SIGTERM: stopping"),
            _ = interrupt.recv() => tracing::info!("SIGINT: stopping"),
            _ = failed => tracing::error!("the writer ended: stopping"),
        }
    })
}
