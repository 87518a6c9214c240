//! What holds of every rehearsal, over generated policies: a change that can only do one thing is never said to do the other, and of what
//! was seen under today's policies nothing certain is wrong, nor is anything left out.

use std::collections::BTreeMap;

use hogusu_access::{
    Call, Client, Effect, EffectKind, Missing, Peer, Policies, Proxy, Seen, Server, Wire, contradicts, rehearse,
};
use serde_json::{Value, json};

use crate::chance::Chance;
use crate::exchange::{Exchange, workload};
use crate::generate;
use crate::generated::{ground, read};
use crate::naive::{Ground, is_allowed};

const SETS: u64 = 300;
const EXCHANGES: usize = 12;

/// One exchange that was seen so; who asked is known as `call` knows it.
fn one(call: Call, is_nobody: bool, is_let_in: bool) -> Seen {
    let wire = if is_nobody { Wire::Plaintext } else { Wire::MutualTls };
    let principals = match &call.peer {
        Some(Peer::Certificate(name)) => vec![name.clone()],
        _ => Vec::new(),
    };
    Seen {
        client: Client { namespace: "b".to_owned(), has_proxy: Some(!is_nobody) },
        server: Server {
            workload: workload(Proxy::Sidecar),
            has_proxy: Some(true),
            port: call.port,
            is_http: None,
            service: None,
        },
        call,
        principals,
        has_unnamed: false,
        counted: BTreeMap::from([(wire, 1)]),
        unclear: 0,
        denied: u64::from(!is_let_in),
        unanswered: 0,
        refused: 0,
        becomes: None,
        remade: Vec::new(),
        doubts: Missing::new(),
    }
}

fn has(effects: &[Effect], kind: EffectKind) -> bool {
    effects.iter().any(|effect| effect.kind == kind)
}

/// Policies before and after a change, as manifests and as they are read.
struct Change {
    before: Vec<Value>,
    after: Vec<Value>,
    today: Policies,
    then: Policies,
}

/// Makes a change of generated policies, and gives it to `check` with exchanges.
fn each(
    salt: u64,
    change: impl Fn(&mut Chance, &[Value]) -> Vec<Value>,
    mut check: impl FnMut(&mut Chance, &Ground, &Change, &Exchange),
) {
    for seed in 0..SETS {
        let mut chance = Chance::from(seed + salt);
        let ground = ground(&mut chance, false);
        let before = generate::policies(&mut chance, false);
        let after = change(&mut chance, &before);
        let (today, then) = (read(&before, &ground), read(&after, &ground));
        let change = Change { before, after, today, then };
        for _ in 0..EXCHANGES {
            let exchange = Exchange::any(&mut chance);
            check(&mut chance, &ground, &change, &exchange);
        }
    }
}

/// No effect of this kind follows from a change, whatever was seen.
fn never(salt: u64, kinds: &[EffectKind], change: impl Fn(&mut Chance, &[Value]) -> Vec<Value>) {
    each(salt, change, |chance, _, Change { before, after, today, then }, exchange| {
        for seen in all_seen(chance, exchange) {
            let effects = rehearse(&seen, Some(today), then);
            let is_none = !kinds.iter().any(|kind| has(&effects, *kind));
            assert!(is_none, "{seen:?} {effects:?}\n{before:#?}\n{after:#?}");
        }
    });
}

/// What was seen of an exchange, let in or refused: as all of it is known, and as a part.
fn all_seen(chance: &mut Chance, exchange: &Exchange) -> Vec<Seen> {
    let calls = [exchange.call(), exchange.masked(chance)];
    let both = |call: Call| [true, false].map(|is_let_in| one(call.clone(), exchange.peer.is_none(), is_let_in));
    calls.into_iter().flat_map(both).collect()
}

fn named(mut policy: Value, name: &str) -> Value {
    policy["metadata"]["name"] = json!(name);
    policy
}

/// Further policies with this action, under names that are not taken.
fn further(chance: &mut Chance, action: &str) -> Vec<Value> {
    let new = generate::policies(chance, false).into_iter().filter(|policy| policy["spec"]["action"] == action);
    new.enumerate().map(|(index, policy)| named(policy, &format!("new{index}"))).collect()
}

/// The same with a further rule in each ALLOW, and a further port wherever there are some.
fn wider(chance: &mut Chance, before: &[Value]) -> Vec<Value> {
    let mut after = before.to_vec();
    let mut more = further(chance, "ALLOW");
    for policy in after.iter_mut().filter(|policy| policy["spec"]["action"] == "ALLOW") {
        let own = policy["spec"]["rules"].as_array_mut().unwrap();
        for ports in own.iter_mut().filter_map(|rule| rule.pointer_mut("/to/0/operation/ports")) {
            ports.as_array_mut().unwrap().push(json!("8080"));
        }
        if let Some(Value::Array(rules)) = more.pop().map(|mut policy| policy["spec"]["rules"].take()) {
            own.extend(rules);
        }
    }
    after
}

#[test]
fn a_change_that_only_adds_deny_opens_nothing() {
    never(1, &[EffectKind::Opens], |chance, before| [before, further(chance, "DENY").as_slice()].concat());
}

#[test]
fn a_change_that_only_removes_deny_breaks_nothing() {
    never(2, &[EffectKind::Breaks], |chance, before| {
        let stays = |one: &&Value| one["spec"]["action"] != "DENY" || chance.one_in(2);
        before.iter().filter(stays).cloned().collect()
    });
}

#[test]
fn a_change_that_only_widens_allow_breaks_nothing() {
    never(3, &[EffectKind::Breaks], wider);
}

/// The same with one rule less in each policy with this action that keeps one.
fn fewer_rules(before: &[Value], action: &str, least: usize) -> Vec<Value> {
    let mut after = before.to_vec();
    for policy in after.iter_mut().filter(|policy| policy["spec"]["action"] == action) {
        let rules = policy["spec"]["rules"].as_array_mut().unwrap();
        if rules.len() > least {
            rules.pop();
        }
    }
    after
}

#[test]
fn a_change_that_only_narrows_allow_opens_nothing_and_one_that_only_narrows_deny_breaks_nothing() {
    never(6, &[EffectKind::Opens], |_, before| fewer_rules(before, "ALLOW", 0));
    never(7, &[EffectKind::Breaks], |_, before| fewer_rules(before, "DENY", 1));
}

#[test]
fn what_is_applied_again_makes_no_row() {
    let kinds = [EffectKind::Breaks, EffectKind::Opens, EffectKind::Weakens];
    never(4, &kinds, |_, before| before.iter().rev().cloned().collect());
}

#[test]
fn of_what_todays_policies_did_nothing_certain_is_wrong_and_nothing_is_left_out() {
    let (mut breaks, mut opens) = (0_usize, 0_usize);
    let change = |chance: &mut Chance, before: &[Value]| {
        let kept: Vec<Value> = before.iter().filter(|_| !chance.one_in(4)).cloned().collect();
        let action = chance.of(&["ALLOW", "DENY"]);
        [kept, further(chance, action)].concat()
    };
    each(5, change, |chance, ground, Change { before, after, today, then }, exchange| {
        let (was, is) = (is_allowed(before, ground, exchange), is_allowed(after, ground, exchange));
        (breaks, opens) = (breaks + usize::from(was && !is), opens + usize::from(!was && is));
        for call in [exchange.call(), exchange.masked(chance)] {
            let seen = one(call, exchange.peer.is_none(), was);
            let effects = rehearse(&seen, Some(today), then);
            let told = format!("{seen:?} {effects:?}\n{before:#?}\n{after:#?}");
            let is_certain = |kind| effects.iter().any(|one| one.kind == kind && one.missing.is_empty());
            assert!(has(&effects, EffectKind::Breaks) || !was || is, "left out: {told}");
            assert!(has(&effects, EffectKind::Opens) || was || !is, "left out: {told}");
            assert!(!is_certain(EffectKind::Breaks) || (was && !is), "wrong: {told}");
            assert!(was || !has(&effects, EffectKind::Breaks), "refused, and counted as let in: {told}");
            assert!(!was || !has(&effects, EffectKind::Opens), "let in, and counted as refused: {told}");
            let against = contradicts(&seen, today);
            assert!(against.iter().all(|one| !one.missing.is_empty()), "{against:?} {told}");
        }
    });
    assert!(breaks > 50 && opens > 50, "{breaks} break, {opens} open: too few");
}
