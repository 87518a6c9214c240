//! Bounded names for what was asked: a gRPC method, a route's name, or a declared path template. Never a raw path.

use std::collections::HashMap;

use hogusu_config::{Measures, Operations};
use hogusu_model::Protocol;

use crate::hash::BuildWordHasher;
use crate::host::Host;
use crate::property::{self as path, MAX_TEXT, bounded, whole};

/// Names at most per sender; what comes later is counted as `other`.
const MAX: usize = 200;
/// Number of no operation.
pub(crate) const NONE: u16 = 0;
const OTHER: u16 = 1;

#[derive(Debug)]
pub(crate) struct Operation {
    kind: Operations,
    templates: Vec<String>,
    names: Vec<Box<str>>,
    numbers: HashMap<Box<str>, u16, BuildWordHasher>,
}

impl Operation {
    pub(crate) fn new(measures: &Measures) -> Self {
        Self {
            kind: measures.operation,
            templates: measures.path_templates.clone(),
            names: vec!["".into(), "other".into()],
            numbers: HashMap::default(),
        }
    }

    /// The number of this exchange's operation.
    pub(crate) fn read(&mut self, host: &impl Host, protocol: Protocol) -> u16 {
        match self.kind {
            Operations::None => NONE,
            Operations::GrpcMethod if protocol != Protocol::Grpc => NONE,
            // At full length, for a part of a path could fit what the whole does not.
            Operations::GrpcMethod => {
                let method = whole(host.property(path::PATH));
                if method.len() <= MAX_TEXT && is_grpc_method(method) { self.number(method) } else { OTHER }
            }
            Operations::Route => self.number(&bounded(whole(host.property(path::ROUTE)))),
            Operations::PathTemplates => {
                let asked = whole(host.property(path::PATH));
                let asked = asked.split(['?', '#']).next().unwrap_or_default();
                let found = self.templates.iter().position(|template| fits(template, asked));
                match found.and_then(|at| self.templates.get(at)).cloned() {
                    Some(template) => self.number(&template),
                    None => OTHER,
                }
            }
        }
    }

    fn number(&mut self, name: &str) -> u16 {
        if name.is_empty() {
            return NONE;
        }
        if let Some(number) = self.numbers.get(name) {
            return *number;
        }
        if self.names.len() >= MAX + 2 {
            return OTHER;
        }
        let number = u16::try_from(self.names.len()).unwrap_or(OTHER);
        self.names.push(name.into());
        self.numbers.insert(name.into(), number);
        number
    }

    /// The name of a number.
    pub(crate) fn name(&self, number: u16) -> &str {
        self.names.get(usize::from(number)).map_or("", |name| name)
    }
}

/// `/package.Service/Method`, of the characters that protobuf allows.
fn is_grpc_method(path: &str) -> bool {
    let Some((service, method)) = path.strip_prefix('/').and_then(|rest| rest.split_once('/')) else { return false };
    let is_name =
        |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'.');
    is_name(service) && is_name(method)
}

/// True when the path has the template's segments, `{...}` standing for any one.
fn fits(template: &str, path: &str) -> bool {
    let mut asked = path.split('/');
    let fits = template.split('/').all(|segment| match asked.next() {
        Some(part) => segment == part || (segment.starts_with('{') && segment.ends_with('}') && !part.is_empty()),
        None => false,
    });
    fits && asked.next().is_none()
}

#[cfg(test)]
mod tests;
