//! The requests that a backend makes of its own, through its workload's sidecar, on connections that it keeps.

use std::collections::HashMap;
use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, PoisonError, RwLock};

use bytes::Bytes;
use http_body_util::Full;

use crate::backend::State;
use crate::client::{Answer, Conduct, Connection, Version};
use crate::load::{compose, grpc_frame};
use crate::script::{Call, End, LOAD_ID_HEADER, SCRIPT_HEADER};

/// Where a workload's application reaches other services: its own sidecar's outbound listeners.
#[derive(Clone, Debug)]
pub struct Route {
    pub to: SocketAddr,
    pub authority: String,
    pub version: Version,
    pub grpc: bool,
    /// The source address of an application without a sidecar.
    pub from: Option<IpAddr>,
}

/// `name.namespace` -> route; filled once the proxies' ports are known.
pub type Directory = Arc<RwLock<HashMap<String, Route>>>;

/// Makes the scripted calls in order; whether all succeeded.
pub(super) async fn call_all(state: &Arc<State>, calls: &[Call], id: &str) -> bool {
    let mut all_well = true;
    for (number, call) in calls.iter().enumerate() {
        let answer = call_one(state, call, format!("{id}.{number}")).await;
        all_well &= answer.is_success();
        let mut account = state.account();
        account.calls.entry(call.service.clone()).or_default().add(call.script.label(), answer);
    }
    all_well
}

async fn call_one(state: &Arc<State>, call: &Call, id: String) -> Answer {
    let route = state.directory.read().unwrap_or_else(PoisonError::into_inner).get(&call.service).cloned();
    let Some(route) = route else { return Answer::NotConnected };
    let path = if route.grpc { "/hogusu.test.Service/Call" } else { "/" };
    let body = if route.grpc { grpc_frame(b"") } else { Bytes::new() };
    let request = compose(route.version, route.grpc, &route.authority, path)
        .header(LOAD_ID_HEADER, &id)
        .header(SCRIPT_HEADER, call.script.label())
        .body(Full::new(body));
    let Ok(mut request) = request else { return Answer::NotConnected };
    let conduct = Conduct { id, report_headers: call.script.end == End::ResetMidBody, leave_on_arrival: false };
    loop {
        let Some(mut connection) = idle_or_new(state, &call.service, &route).await else { return Answer::NotConnected };
        match connection.exchange(request, &conduct).await {
            Ok(answer) => {
                let mut idle = state.idle.lock().unwrap_or_else(PoisonError::into_inner);
                idle.entry(call.service.clone()).or_default().push(connection);
                return answer;
            }
            Err(unsent) => request = *unsent,
        }
    }
}

async fn idle_or_new(state: &State, service: &str, route: &Route) -> Option<Connection> {
    loop {
        let idle = state.idle.lock().unwrap_or_else(PoisonError::into_inner).get_mut(service).and_then(Vec::pop);
        match idle {
            Some(mut connection) => {
                if connection.is_ready().await {
                    return Some(connection);
                }
            }
            None => return Connection::open(route.to, route.version, route.from).await.ok(),
        }
    }
}
