//! Bounded load: so many requests over so many connections, then it stops, with an exact account of its own. Never retries.
//! TCP load is in `tcp.rs`.

mod account;
mod plan;

use std::net::{IpAddr, SocketAddr};
use std::sync::atomic::Ordering;
use std::sync::{Arc, PoisonError};
use std::time::Duration;

use hyper::Request;

use crate::client::{Answer, Body, Conduct, Connection, Version};
use crate::script::{End, Script};

pub use account::Account;
use plan::Plan;
pub(crate) use plan::compose;
pub use plan::grpc_frame;

/// What to send: `script` so many times.
#[derive(Clone, Debug)]
pub struct Share {
    pub script: Script,
    pub count: usize,
    /// Go away once the backend has the request.
    pub leave: bool,
}

#[derive(Clone, Debug)]
pub struct Load {
    to: SocketAddr,
    authority: String,
    authorities: Vec<String>,
    path: String,
    version: Version,
    grpc: bool,
    connections: usize,
    from: Option<IpAddr>,
    headers: Vec<(String, String)>,
    traced: bool,
    period: Option<Duration>,
    shares: Vec<Share>,
}

impl Load {
    /// HTTP/1.1 to a listener, for the host `authority`.
    pub fn http1(to: SocketAddr, authority: &str) -> Self {
        Self {
            to,
            authority: authority.to_owned(),
            authorities: Vec::new(),
            path: "/".to_owned(),
            version: Version::Http1,
            grpc: false,
            connections: 1,
            from: None,
            headers: Vec::new(),
            traced: false,
            period: None,
            shares: Vec::new(),
        }
    }

    /// HTTP/2 without TLS, by prior knowledge.
    pub fn http2(to: SocketAddr, authority: &str) -> Self {
        Self { version: Version::Http2, ..Self::http1(to, authority) }
    }

    /// Unary gRPC.
    pub fn grpc(to: SocketAddr, authority: &str, method: &str) -> Self {
        Self { grpc: true, path: method.to_owned(), ..Self::http2(to, authority) }
    }

    pub fn connections(mut self, connections: usize) -> Self {
        self.connections = connections.max(1);
        self
    }

    pub fn path(mut self, path: &str) -> Self {
        path.clone_into(&mut self.path);
        self
    }

    /// Requests go round these hosts instead of the one.
    pub fn authorities(mut self, authorities: Vec<String>) -> Self {
        self.authorities = authorities;
        self
    }

    /// The source address: for a source without a proxy.
    pub fn from(mut self, from: IpAddr) -> Self {
        self.from = Some(from);
        self
    }

    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Every request gets an `x-request-id` and a `traceparent` of its own.
    pub fn traced(mut self) -> Self {
        self.traced = true;
        self
    }

    /// Adds `count` requests with this script.
    pub fn requests(mut self, count: usize, script: Script) -> Self {
        self.shares.push(Share { script, count, leave: false });
        self
    }

    /// Adds `count` requests that the client leaves as soon as the backend has them.
    pub fn departures(mut self, count: usize) -> Self {
        self.shares.push(Share { script: Script::ending(End::NoAnswer), count, leave: true });
        self
    }

    /// Spreads the requests evenly over `period` instead of sending as fast as answers come.
    pub fn over(mut self, period: Duration) -> Self {
        self.period = Some(period);
        self
    }

    /// Sends everything and returns the account.
    pub async fn run(&self) -> Account {
        self.start().finish().await
    }

    /// Starts sending in the background; the account can be read meanwhile.
    pub fn start(&self) -> Running {
        let plan = Arc::new(Plan::new(self.clone()));
        let workers = (0..self.connections).map(|_| tokio::spawn(work(Arc::clone(&plan)))).collect();
        Running { plan, workers }
    }
}

/// A load under way.
#[derive(Debug)]
pub struct Running {
    plan: Arc<Plan>,
    workers: Vec<tokio::task::JoinHandle<()>>,
}

impl Running {
    pub fn so_far(&self) -> Account {
        self.plan.account.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// No further requests; those under way are finished.
    pub async fn stop(self) -> Account {
        self.plan.next.store(usize::MAX / 2, Ordering::Relaxed);
        self.finish().await
    }

    /// Finishes; once `stop` is done, no further requests go out.
    pub async fn finish_until(self, stop: impl Future<Output = ()>) -> Account {
        let plan = Arc::clone(&self.plan);
        let mut finishing = std::pin::pin!(self.finish());
        tokio::select! {
            account = &mut finishing => account,
            () = stop => {
                plan.next.store(usize::MAX / 2, Ordering::Relaxed);
                finishing.await
            }
        }
    }

    pub async fn finish(self) -> Account {
        for worker in self.workers {
            worker.await.expect("a load worker does not panic");
        }
        self.plan.account.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// A load over a period has a point in time for each request.
async fn await_turn(plan: &Plan, index: usize) {
    if let Some(period) = plan.load.period {
        let share = index as f64 / plan.order.len() as f64;
        tokio::time::sleep_until(plan.begin + period.mul_f64(share)).await;
    }
}

async fn work(plan: Arc<Plan>) {
    let mut connection: Option<Connection> = None;
    while let Some((index, share)) = plan.take() {
        await_turn(&plan, index).await;
        let conduct = Conduct {
            id: plan.id(index),
            report_headers: share.script.end == End::ResetMidBody,
            leave_on_arrival: share.leave,
        };
        let request = plan.request(index, &share.script);
        let answer = exchange(&plan.load, &mut connection, request, &conduct).await;
        if answer == Answer::Gone && plan.load.version == Version::Http1 {
            connection = None;
        }
        let mut account = plan.account.lock().unwrap_or_else(PoisonError::into_inner);
        account.add(share.script.label(), answer);
    }
}

/// Sends once. A request given back unsent goes out on a new connection: that is no retry, nobody saw it.
async fn exchange(
    load: &Load,
    connection: &mut Option<Connection>,
    mut request: Request<Body>,
    conduct: &Conduct,
) -> Answer {
    for _ in 0..5 {
        if let Some(open) = connection
            && !open.is_ready().await
        {
            *connection = None;
        }
        if connection.is_none() {
            *connection = Connection::open(load.to, load.version, load.from).await.ok();
        }
        let Some(open) = connection else { return Answer::NotConnected };
        match open.exchange(request, conduct).await {
            Ok(answer) => return answer,
            Err(unsent) => {
                request = *unsent;
                *connection = None;
            }
        }
    }
    Answer::NotConnected
}
