//! Answers of real proxies beside verdicts: of an exchange as it is, and of one that happened before a change.

use anyhow::Result;
use hogusu_access::{Call, Labels, Policies, Proxy, Verdict, Workload, of_admitted, of_refused};
use hogusu_tests::istio::IstioLab;

use super::account::{Account, Of};
use super::asking::{Ask, SOURCES, Ways};
use crate::chance::Chance;

/// Requests of each source to each target.
const REQUESTS: usize = 4;

/// One target, the policies before a push and those after it.
pub struct Target<'a> {
    pub lab: &'a IstioLab,
    pub ways: &'a Ways,
    pub name: &'a str,
    pub before: &'a Policies,
    pub after: &'a Policies,
}

impl Target<'_> {
    /// Asks what is asked now, and some of what was asked before again, and compares. What was answered now goes on from here.
    pub async fn compare(&self, asks: Vec<Ask>, asked: &[(Ask, bool)]) -> Result<(Account, Vec<(Ask, bool)>)> {
        let (workload, mut account, mut answers) = (self.workload(), Account::default(), Vec::new());
        for (ask, was_let_in) in asked.iter().step_by(2) {
            let (before, after, told) = (Some(self.before), self.after, ask.told());
            let verdict = if *was_let_in {
                Some(of_admitted(before, after, &workload, &told))
            } else {
                of_refused(before, after, &workload, &told)
            };
            // No verdict: nothing that decides about it changes.
            let is_let_in = self.answer(
                ask,
                |is_let_in| verdict.as_ref().map_or(is_let_in, |one| contradicts(one, is_let_in)),
                &mut account,
            );
            let is_let_in = is_let_in.await?;
            if let Some(verdict) = &verdict {
                account.count(Of::Rehearsed, verdict);
            }
            if verdict.as_ref().map_or(is_let_in, |one| contradicts(one, is_let_in)) {
                let what = format!("rehearsed, was let in={was_let_in} is={is_let_in}: {ask:?}");
                account
                    .wrong
                    .push(format!("{} {what}\n  {verdict:?}\n  before: {:?}", self.name, self.before.authorizations));
            }
        }
        for ask in asks {
            let verdicts = [(Of::Known, ask.known(self.lab, self.name)), (Of::Told, ask.told())]
                .map(|(of, call): (Of, Call)| (of, self.after.decide(&workload, &call)));
            let is_wrong = |is_let_in| verdicts.iter().any(|(_, verdict)| contradicts(verdict, is_let_in));
            let is_let_in = self.answer(&ask, is_wrong, &mut account).await?;
            for (of, verdict) in &verdicts {
                account.count(*of, verdict);
                if contradicts(verdict, is_let_in) {
                    account.wrong.push(format!("{} {of:?} let in={is_let_in}: {ask:?}\n  {verdict:?}", self.name));
                }
            }
            answers.push((ask, is_let_in));
        }
        Ok((account, answers))
    }

    /// Whether it is let in; asked once more where that is wrong and the proxy still holds what was before.
    async fn answer(&self, ask: &Ask, is_wrong: impl Fn(bool) -> bool, account: &mut Account) -> Result<bool> {
        let is_let_in = ask.is_let_in(self.ways, self.name).await?;
        if !is_wrong(is_let_in) {
            return Ok(is_let_in);
        }
        account.again += 1;
        self.lab.pod(&format!("beta/{}", self.name)).wait_until_drained().await?;
        ask.is_let_in(self.ways, self.name).await
    }

    fn workload(&self) -> Workload {
        let own = self.lab.pod(&format!("beta/{}", self.name)).workload();
        let labels = Labels { known: own.pod_labels(), may_be_more: false };
        Workload { namespace: "beta".to_owned(), name: own.deployment(), labels: Some(labels), proxy: Proxy::Sidecar }
    }
}

/// What contradicts an answer; nothing where a verdict is right, or none.
fn contradicts(verdict: &Verdict, is_let_in: bool) -> bool {
    matches!((verdict, is_let_in), (Verdict::Allowed(_), false) | (Verdict::Denied(_), true))
}

/// What is asked of a target in one push.
pub fn asks(chance: &mut Chance, target: &str) -> Vec<Ask> {
    let mut asks = Vec::new();
    for from in SOURCES {
        asks.extend((0..REQUESTS).map(|_| Ask::request(chance, from, target)));
        asks.push(Ask::connection(from));
    }
    asks
}
