//! The writer's thread, and those that work on its commits and roll-ups.

mod handles;

use std::io;
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use hogusu_model::slot::SLOT_NANOS;
use tokio::sync::oneshot;

pub(super) use handles::Snapshots;

use super::clock::{self, Stopwatch};
use crate::ingest::{Delivery, Verdict};
use crate::journal::{Folder, JournalError};
use crate::kubernetes::watch::Shared;
use crate::limits;
use crate::period::{Resolution, StoreError};
use crate::store::{Extent, Retention, SlotFolder, Windows};
use crate::telemetry::{Metric, Telemetry};
use crate::wanted::Wanted;
use crate::writer::commit::{Job, Landed};
use crate::writer::{OpenError, SEAL_NANOS, Snapshot, View, Writer, roll_up, sealed_to};

enum Command {
    Deliver(Delivery),
    View {
        from: u64,
        to: u64,
        finest: Resolution,
        wanted: Wanted,
        answer: SyncSender<Result<View, StoreError>>,
    },
    Snapshot {
        answer: SyncSender<Result<Snapshot<SlotFolder>, OpenError>>,
    },
    /// A step of a commit ended, after so many nanoseconds.
    Landed(Landed, u64),
    /// A file was rolled up, or not, after so many nanoseconds.
    RolledUp(Result<(), StoreError>, u64),
    Stop,
}

type Place = Writer<Folder, SlotFolder>;

/// Resolves when the writer ended by itself.
pub(super) type Failed = oneshot::Receiver<()>;

/// The thread.
pub(super) struct Running {
    commands: SyncSender<Command>,
    thread: JoinHandle<Result<(), JournalError>>,
    telemetry: Arc<Telemetry>,
    extent: Arc<Mutex<Extent>>,
    windows: Windows,
    retention: Retention,
}

/// Starts the thread.
pub(super) fn start(
    writer: Place,
    retention: Retention,
    record: Shared,
    telemetry: Arc<Telemetry>,
) -> io::Result<(Running, Failed)> {
    let (commands, received) = sync_channel(limits::QUEUE);
    let (alive, failed) = oneshot::channel();
    let mut work = Work {
        writer,
        jobs: worker(commands.clone())?,
        is_underway: false,
        roll_ups: roller(commands.clone(), record)?,
        is_rolling: false,
        retention,
        telemetry: Arc::clone(&telemetry),
        extent: Arc::default(),
        next_commit: next_seal(clock::now()),
        last_committed: true,
        is_gone: false,
    };
    work.measure();
    let (extent, windows) = (Arc::clone(&work.extent), work.writer.windows().clone());
    let thread = std::thread::Builder::new().name("writer".to_owned()).spawn(move || {
        let ended = work.run(&received);
        drop(alive);
        ended
    })?;
    Ok((Running { commands, thread, telemetry, extent, windows, retention }, failed))
}

/// Starts the thread that works on commits; it ends when nobody can give it work any more.
fn worker(commands: SyncSender<Command>) -> io::Result<SyncSender<Job<SlotFolder>>> {
    let (jobs, received) = sync_channel::<Job<SlotFolder>>(1);
    std::thread::Builder::new().name("commits".to_owned()).spawn(move || {
        for job in received {
            let watch = Stopwatch::start();
            let landed = job.run();
            if commands.send(Command::Landed(landed, watch.nanos())).is_err() {
                return;
            }
        }
    })?;
    Ok(jobs)
}

/// Starts the thread that rolls files up; it ends when nobody can give it work any more.
fn roller(commands: SyncSender<Command>, record: Shared) -> io::Result<SyncSender<roll_up::Job<SlotFolder>>> {
    let (jobs, received) = sync_channel::<roll_up::Job<SlotFolder>>(1);
    std::thread::Builder::new().name("roll-up".to_owned()).spawn(move || {
        for job in received {
            let watch = Stopwatch::start();
            let ended = job.run(&record, clock::now());
            if commands.send(Command::RolledUp(ended, watch.nanos())).is_err() {
                return;
            }
        }
    })?;
    Ok(jobs)
}

impl Running {
    /// Lets the thread finish its group and commit.
    pub(super) fn stop(self) -> Result<(), JournalError> {
        drop(self.commands.send(Command::Stop));
        self.thread
            .join()
            .unwrap_or_else(|_panicked| Err(JournalError::Broken(io::Error::other("the writer panicked"))))
    }
}

/// How often batches that are kept back are looked at.
const EARLY_LOOK: u64 = limits::EARLY_NANOS / 10;

/// What the thread does.
struct Work {
    writer: Place,
    jobs: SyncSender<Job<SlotFolder>>,
    /// A step of a commit is worked on.
    is_underway: bool,
    roll_ups: SyncSender<roll_up::Job<SlotFolder>>,
    /// A file is being rolled up.
    is_rolling: bool,
    retention: Retention,
    telemetry: Arc<Telemetry>,
    /// How much the store holds, for those who ask.
    extent: Arc<Mutex<Extent>>,
    next_commit: u64,
    /// False after a commit that failed: then the next one waits for its time.
    last_committed: bool,
    /// The data folder is not where it was.
    is_gone: bool,
}

impl Work {
    fn run(&mut self, commands: &Receiver<Command>) -> Result<(), JournalError> {
        loop {
            // After the wall clock was set back the next seal is earlier than it was.
            self.next_commit = self.next_commit.min(next_seal(clock::now()));
            let longest = if self.writer.is_holding() { EARLY_LOOK } else { SLOT_NANOS };
            let wait = self.next_commit.saturating_sub(clock::now()).min(longest);
            let first = match commands.recv_timeout(Duration::from_nanos(wait)) {
                Ok(command) => Some(command),
                Err(RecvTimeoutError::Timeout) => None,
                Err(RecvTimeoutError::Disconnected) => Some(Command::Stop),
            };
            let is_stopped = self.round(first, commands)?;
            self.look();
            if is_stopped {
                self.finish(commands);
                // Who stops it is told when nothing was kept.
                return self.writer.check();
            }
            let is_due = clock::now() >= self.next_commit || (self.writer.is_crowded() && self.last_committed);
            if is_due && !self.is_underway {
                self.begin_commit();
                self.next_commit = next_seal(clock::now());
            }
        }
    }

    /// Waits for the commit that is worked on, then moves the rest into the store.
    fn finish(&mut self, commands: &Receiver<Command>) {
        while self.is_underway {
            match commands.recv() {
                Ok(Command::Landed(landed, took)) => self.end_commit(landed, took),
                // Nothing more is taken; who waits is told so when the channel is dropped.
                Ok(
                    Command::Deliver(_)
                    | Command::View { .. }
                    | Command::Snapshot { .. }
                    | Command::RolledUp(..)
                    | Command::Stop,
                ) => {}
                Err(_ended) => break,
            }
        }
        if !self.is_gone && !clock::is_unproven() {
            let watch = Stopwatch::start();
            let committed = self.writer.commit(clock::now());
            self.note_commit(committed, watch.nanos());
        }
    }

    /// Takes what is there, up to a group's bounds: everything that came while the last group was being made durable.
    /// True when the thread shall end.
    fn round(&mut self, first: Option<Command>, commands: &Receiver<Command>) -> Result<bool, JournalError> {
        let (mut group, mut bytes, mut stop) = (self.writer.release(clock::now()), 0, false);
        let mut next = first;
        while let Some(command) = next {
            match command {
                Command::Deliver(delivery) => {
                    if let Some(delivery) = believed(delivery) {
                        bytes += delivery.body.held();
                        group.push(delivery);
                    }
                }
                Command::View { from, to, finest, wanted, answer } => {
                    let view =
                        wanted.check().map_err(StoreError::from).and_then(|()| self.writer.view_at(from, to, finest));
                    drop(answer.send(view));
                }
                // Between two groups: what was acknowledged is durable and counted, and nothing else.
                Command::Snapshot { answer } => drop(answer.send(self.writer.snapshot())),
                Command::Landed(landed, took) => self.end_commit(landed, took),
                Command::RolledUp(ended, took) => self.end_roll_up(ended, took),
                Command::Stop => stop = true,
            }
            let full = group.len() >= limits::GROUP_BATCHES || bytes >= limits::GROUP_BYTES;
            next = if full { None } else { commands.try_recv().ok() };
        }
        if stop {
            group.extend(self.writer.release(u64::MAX));
        }
        if !group.is_empty() {
            let watch = Stopwatch::start();
            self.writer.group(group, &self.telemetry)?;
            let took = watch.nanos();
            self.telemetry.add(Metric::JournalSyncs, 1);
            self.telemetry.add(Metric::JournalSyncSum, took);
            self.telemetry.set(Metric::JournalSyncLast, took);
            self.telemetry.raise(Metric::JournalSyncMax, took);
        }
        Ok(stop)
    }

    /// Looks whether the data folder is still there, and says when that changes. While it is not, nothing is taken.
    fn look(&mut self) {
        match (self.writer.check(), self.is_gone) {
            (Ok(()), false) => {}
            (Ok(()), true) => {
                tracing::info!("the data folder is back: batches are taken again");
                self.telemetry.set(Metric::Ready, 1);
                self.is_gone = false;
            }
            (Err(error), was_gone) => {
                if !was_gone {
                    tracing::error!(%error, "no batch is taken any more");
                }
                self.telemetry.set(Metric::Ready, 0);
                self.is_gone = true;
            }
        }
    }

    /// Gives a commit to the thread that works on it. What fails is tried again with the next slot: the journal has it all.
    fn begin_commit(&mut self) {
        if self.is_gone || clock::is_unproven() {
            // Nothing is forgotten by a time that may be wrong; the journal has what is open.
            return;
        }
        match self.writer.begin_commit(clock::now()) {
            // There is place: the job before it has ended.
            Ok(Some(job)) => self.is_underway = self.jobs.try_send(job).is_ok(),
            Ok(None) => {
                self.note_commit(Ok(()), 0);
                self.retain();
            }
            Err(error) => self.note_commit(Err(error.into()), 0),
        }
    }

    fn end_commit(&mut self, landed: Landed, took: u64) {
        self.is_underway = false;
        let committed = self.writer.end_commit(landed, clock::now());
        self.note_commit(committed, took);
        self.retain();
        self.begin_roll_up();
    }

    /// Gives the next file that is to be rolled up to the thread that does it.
    fn begin_roll_up(&mut self) {
        if self.is_rolling || self.is_gone || clock::is_unproven() {
            return;
        }
        match self.writer.begin_roll_up(self.retention, clock::now()) {
            Ok(Some(job)) => self.is_rolling = self.roll_ups.try_send(job).is_ok(),
            Ok(None) => {}
            Err(error) => tracing::error!(%error, "no file can be rolled up"),
        }
    }

    /// One that failed is tried again after the next commit.
    fn end_roll_up(&mut self, ended: Result<(), StoreError>, took: u64) {
        self.is_rolling = false;
        self.telemetry.set(Metric::RollUpLast, took);
        match ended {
            Ok(()) => {
                self.telemetry.add(Metric::RollUps, 1);
                self.begin_roll_up();
            }
            Err(error) => {
                self.telemetry.add(Metric::RollUpsFailed, 1);
                tracing::error!(%error, "a file cannot be rolled up; its slots are kept until it is");
            }
        }
    }

    fn note_commit(&mut self, committed: Result<(), OpenError>, took: u64) {
        self.last_committed = committed.is_ok();
        match committed {
            Ok(()) => self.telemetry.add(Metric::Commits, 1),
            Err(error) => {
                self.telemetry.add(Metric::CommitsFailed, 1);
                tracing::error!(%error, "commit failed; the journal keeps everything until the next one");
            }
        }
        self.telemetry.set(Metric::CommitLast, took);
        self.telemetry.raise(Metric::CommitMax, took);
        self.measure();
    }

    /// Brings up to date what is told of the store.
    fn measure(&self) {
        self.writer.measure(clock::now(), &self.telemetry);
        *self.extent.lock().unwrap_or_else(PoisonError::into_inner) = self.writer.extent();
    }

    /// Drops what is no longer kept.
    fn retain(&mut self) {
        self.writer.windows().forget(clock::now());
        match self.writer.retain(self.retention, clock::now()) {
            Ok(dropped) => {
                self.telemetry.add(Metric::FilesDropped, dropped.len() as u64);
                dropped.iter().for_each(|file| tracing::info!(file, "dropped by retention"));
            }
            Err(error) => tracing::error!(%error, "files beyond retention cannot be dropped"),
        }
        self.measure();
    }
}

/// The delivery, unless this process' own clock is in doubt: then nobody knows when it arrived, and it must come again.
fn believed(delivery: Delivery) -> Option<Delivery> {
    let shown = || {
        let header = hogusu_wire::walk(delivery.body.bytes()).ok()?.header;
        Some(if header.sent == 0 { header.end } else { header.sent })
    };
    if clock::takes(shown) {
        // It may have been noted by a time that is no longer believed.
        let now = clock::now();
        let arrival = if delivery.arrival.abs_diff(now) > clock::JUMP { now } else { delivery.arrival };
        return Some(Delivery { arrival, ..delivery });
    }
    let why = "the collector's own clock is in doubt, and no time can be given to a batch".to_owned();
    drop(delivery.answer.send(Verdict::NoPlace { message: why, metric: Metric::RefusedBusy, claim: None }));
    None
}

/// When the next slot is sealed.
fn next_seal(now: u64) -> u64 {
    sealed_to(now).saturating_add(SLOT_NANOS).saturating_add(SEAL_NANOS)
}
