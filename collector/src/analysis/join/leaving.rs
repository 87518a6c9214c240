//! Which rows are left out because it is declared. Counts nothing.

use hogusu_model::{Reporter as SideWord, Security};

use super::Taking;
use crate::declared::Declaration;
use crate::period::{Period, Reporter, Row};

/// A declaration beside a period's reporters.
#[derive(Debug, Default)]
pub(super) struct Leaving<'a> {
    /// `None` where nothing is left out so.
    declaration: Option<&'a Declaration>,
    /// What the certificate of each reporter names, by its place in the period; empty: not known.
    stated: Vec<String>,
}

impl<'a> Leaving<'a> {
    pub(super) fn of(period: &Period, taking: Taking<'a>) -> Self {
        let declaration = taking.declaration().filter(|one| !taking.include.declared && !one.left_out.is_empty());
        let names = declaration.is_some_and(Declaration::names_principals);
        let stated = period.reporters.iter().filter(|_| names).map(stated).collect();
        Self { declaration, stated }
    }

    /// The place of the entry by which a row is left out.
    ///
    /// Who asks is told by its certificate alone. A source that reached nobody showed none: what its own proxy states of it stands in. In
    /// plaintext nobody proves who asks, and nothing is left out by principal.
    pub(super) fn entry(&self, row: &Row) -> Option<usize> {
        let (declaration, key) = (self.declaration?, &row.key);
        let principal = match key.reporter {
            SideWord::Destination => key.peer.principal.as_str(),
            SideWord::Source if key.own_principal.is_empty() && key.security == Security::Unknown => {
                self.stated.get(row.reporter).map_or("", String::as_str)
            }
            SideWord::Source => key.own_principal.as_str(),
        };
        declaration.leaves_out(principal, &key.operation)
    }
}

fn stated(reporter: &Reporter) -> String {
    let (domain, account) = (&reporter.trust_domain, &reporter.service_account);
    if domain.is_empty() || account.is_empty() {
        return String::new();
    }
    format!("spiffe://{domain}/ns/{}/sa/{account}", reporter.workload.namespace)
}
