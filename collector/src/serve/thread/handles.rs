//! How others reach the writer's thread: who brings batches, and who asks.

use std::sync::mpsc::{SyncSender, TrySendError, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};

use super::super::clock;
use super::{Command, Running};
use crate::ingest::{Busy, Delivery, Queue};
use crate::kubernetes::watch::Shared;
use crate::period::{Period, Periods, Resolution, Status, StoreError};
use crate::refusals::Refusals;
use crate::spans;
use crate::store::{Extent, Retention, SlotFolder, Windows};
use crate::telemetry::{Metric, Telemetry};
use crate::wanted::Wanted;
use crate::writer::{OpenError, Snapshot, sealed_to};

impl Running {
    /// For the endpoint that takes batches.
    pub(in crate::serve) fn queue(&self) -> Arc<dyn Queue> {
        Arc::new(Offer(self.commands.clone()))
    }

    /// For who copies everything.
    pub(in crate::serve) fn snapshots(&self) -> Snapshots {
        Snapshots(self.commands.clone())
    }

    /// For those who read.
    pub(in crate::serve) fn periods(&self, record: Shared, refusals: Arc<Refusals>) -> Arc<dyn Periods> {
        Arc::new(Views {
            commands: self.commands.clone(),
            telemetry: Arc::clone(&self.telemetry),
            extent: Arc::clone(&self.extent),
            windows: self.windows.clone(),
            record,
            refusals,
            retention: self.retention,
            started: clock::now(),
        })
    }
}

/// For who copies everything.
#[derive(Debug)]
pub(in crate::serve) struct Snapshots(SyncSender<Command>);

impl Snapshots {
    /// Everything that is acknowledged, as it is now.
    pub(in crate::serve) fn take(&self) -> Result<Snapshot<SlotFolder>, OpenError> {
        let (answer, snapshot) = sync_channel(1);
        self.0.send(Command::Snapshot { answer }).map_err(|_ended| StoreError::Stopping)?;
        snapshot.recv().map_err(|_ended| StoreError::Stopping)?
    }
}

struct Offer(SyncSender<Command>);

impl Queue for Offer {
    fn offer(&self, delivery: Delivery) -> Result<(), Busy> {
        self.0.try_send(Command::Deliver(delivery)).map_err(|error| match error {
            TrySendError::Full(_) | TrySendError::Disconnected(_) => Busy,
        })
    }
}

struct Views {
    commands: SyncSender<Command>,
    telemetry: Arc<Telemetry>,
    extent: Arc<Mutex<Extent>>,
    windows: Windows,
    record: Shared,
    refusals: Arc<Refusals>,
    retention: Retention,
    started: u64,
}

impl Periods for Views {
    fn period(&self, from: u64, to: u64, wanted: &Wanted) -> Result<Period, StoreError> {
        self.period_at(from, to, Resolution::of_period(to.saturating_sub(from)), wanted)
    }

    fn period_at(&self, from: u64, to: u64, finest: Resolution, wanted: &Wanted) -> Result<Period, StoreError> {
        let (answer, view) = sync_channel(1);
        let command = Command::View { from, to, finest, wanted: wanted.clone(), answer };
        self.commands.send(command).map_err(|_ended| StoreError::Stopping)?;
        let view = view.recv().map_err(|_ended| StoreError::Stopping)??;
        spans::number(spans::FILES, view.files() as u64);
        let period = view.wanted(wanted).period(&self.record, clock::now())?;
        let (refused, refused_since) = (self.refusals.within(period.from, period.to), self.refusals.since(period.from));
        let (refusals_from, is_clock_in_doubt) = (self.started, clock::is_in_doubt());
        Ok(Period { refused, refused_since, refusals_from, is_clock_in_doubt, ..period })
    }

    fn let_go(&self) -> bool {
        self.windows.let_go()
    }

    fn status(&self) -> Status {
        let now = clock::now();
        let value = |metric| self.telemetry.get(metric);
        let extent = *self.extent.lock().unwrap_or_else(PoisonError::into_inner);
        let resolutions = Resolution::ALL.into_iter().zip(extent.reaches);
        Status {
            now,
            started: self.started,
            sealed_to: sealed_to(now),
            oldest: value(Metric::OldestEvent),
            newest: value(Metric::NewestEvent),
            disk_bytes: value(Metric::JournalBytes).saturating_add(value(Metric::StoreBytes)),
            damaged_files: value(Metric::StoreDamaged),
            max_disk_bytes: self.retention.bytes,
            retention: self.retention.age,
            resolutions: resolutions.map(|(one, reach)| (one, self.retention.of(one), reach)).collect(),
            ready: value(Metric::Ready) == 1,
        }
    }
}
