//! Streams of news from the API server, one for each kind, in one common form.

use std::pin::Pin;
use std::time::Duration;

use futures_util::StreamExt;
use futures_util::stream::unfold;
use k8s_openapi::api::core::v1::Pod;
use kube::api::ApiResource;
use kube::core::{DynamicObject, GroupVersionKind, ObjectMeta, PartialObjectMeta};
use kube::runtime::WatchStreamExt;
use kube::runtime::watcher::{self, Event, watcher};
use kube::{Api, Client, Resource};
use tokio::time::{Interval, MissedTickBehavior, interval};

use super::health::Refusal;
use super::objects::Kind;

/// How often the API server is asked whether it is there.
const PING_EVERY: Duration = Duration::from_secs(10);
/// How long it may take to say so.
const PING_TIME: Duration = Duration::from_secs(5);

/// One piece of news.
#[derive(Debug)]
pub(super) enum Told {
    Pod(Box<Event<Pod>>),
    Metadata(Kind, Box<Event<ObjectMeta>>),
    Plugin(Kind, Box<Event<DynamicObject>>),
    /// A kind could not be listed or watched; it is tried again.
    Failed(Kind, Refusal),
    /// The API server's version, or why it did not answer.
    Version(Result<String, String>),
    /// Time has passed.
    Beat,
}

/// A stream of news without an end.
pub(super) type Stream = Pin<Box<dyn futures_util::Stream<Item = Told> + Send>>;

/// Every pod, whole: addresses, containers and phase are not in its metadata.
pub(super) fn pods(client: &Client) -> Stream {
    let events = watcher(Api::<Pod>::all(client.clone()), watcher::Config::default()).default_backoff();
    Box::pin(events.map(|event| match event {
        Ok(event) => Told::Pod(Box::new(event)),
        Err(error) => Told::Failed(Kind::Pods, refusal(&error)),
    }))
}

/// Metadata of every object of a kind.
pub(super) fn metadata<K>(client: &Client, kind: Kind) -> Stream
where
    K: Resource<DynamicType = ()> + Clone + std::fmt::Debug + Send + serde::de::DeserializeOwned + 'static,
{
    let api = Api::<PartialObjectMeta<K>>::all(client.clone());
    let events = watcher(api, watcher::Config::default()).default_backoff();
    Box::pin(events.map(move |event| match event {
        Ok(event) => Told::Metadata(kind, Box::new(mapped(event, |object| object.metadata))),
        Err(error) => Told::Failed(kind, refusal(&error)),
    }))
}

/// Plugin objects of every namespace, if the API server has the kind.
pub(super) fn plugins(client: &Client, kind: Kind) -> Stream {
    let name = if kind == Kind::WasmPlugins { "WasmPlugin" } else { "TrafficExtension" };
    let resource = ApiResource::from_gvk_with_plural(
        &GroupVersionKind::gvk("extensions.istio.io", "v1alpha1", name),
        kind.as_str(),
    );
    let api = Api::<DynamicObject>::all_with(client.clone(), &resource);
    let events = watcher(api, watcher::Config::default()).default_backoff();
    Box::pin(events.map(move |event| match event {
        Ok(event) => Told::Plugin(kind, Box::new(event)),
        Err(error) => Told::Failed(kind, refusal(&error)),
    }))
}

/// The API server's version, again and again: it also says that the server is there.
pub(super) fn versions(client: &Client) -> Stream {
    Box::pin(unfold((client.clone(), pace(PING_EVERY)), |(client, mut pace)| async move {
        pace.tick().await;
        let answer = match tokio::time::timeout(PING_TIME, client.apiserver_version()).await {
            Ok(Ok(version)) => Ok(version.git_version),
            Ok(Err(error)) => Err(chain(&error)),
            Err(_elapsed) => Err(format!("no answer within {} s", PING_TIME.as_secs())),
        };
        Some((Told::Version(answer), (client, pace)))
    }))
}

/// Says that time has passed.
pub(super) fn beats(every: Duration) -> Stream {
    Box::pin(unfold(pace(every), |mut pace| async move {
        pace.tick().await;
        Some((Told::Beat, pace))
    }))
}

fn pace(every: Duration) -> Interval {
    let mut pace = interval(every);
    pace.set_missed_tick_behavior(MissedTickBehavior::Delay);
    pace
}

fn mapped<A, B>(event: Event<A>, map: impl Fn(A) -> B) -> Event<B> {
    match event {
        Event::Apply(object) => Event::Apply(map(object)),
        Event::Delete(object) => Event::Delete(map(object)),
        Event::Init => Event::Init,
        Event::InitApply(object) => Event::InitApply(map(object)),
        Event::InitDone => Event::InitDone,
    }
}

fn refusal(error: &watcher::Error) -> Refusal {
    let (watcher::Error::InitialListFailed(cause)
    | watcher::Error::WatchStartFailed(cause)
    | watcher::Error::WatchFailed(cause)) = error
    else {
        return Refusal::Failed(chain(error));
    };
    match cause {
        kube::Error::Api(status) if status.code == 404 => Refusal::Absent,
        kube::Error::Api(status) if matches!(status.code, 401 | 403) => Refusal::Forbidden(status.message.clone()),
        other => Refusal::Failed(chain(other)),
    }
}

/// The error with everything that caused it.
fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(inner) = cause {
        let said = inner.to_string();
        if !text.contains(&said) {
            text = format!("{text}: {said}");
        }
        cause = inner.source();
    }
    text
}
