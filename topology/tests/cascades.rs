//! Cascades: the planted one is found from its first edge on, and two failures that only coincide are never chained.

use hogusu_topology::{Cascade, Failing, WorkloadId, cascades};

use crate::chance::Chance;

const STRETCHES: usize = 60;

/// Who calls whom, and how many requests there are in each stretch.
const NAMES: [&str; 8] = ["gw", "web", "orders", "stock", "price", "job", "db", "mail"];

#[derive(Default)]
struct Plan(Vec<Failing>);

fn id(name: &str) -> WorkloadId {
    WorkloadId(u32::try_from(NAMES.iter().position(|one| *one == name).unwrap()).unwrap())
}

/// Traffic that goes up and down, so that no two stretches are alike.
fn traffic(stretch: usize) -> u64 {
    80 + (stretch as u64 * 37) % 41
}

impl Plan {
    /// Adds an edge: how many failures there are in a stretch, answered by the destination and by others.
    fn fails(mut self, edge: (&str, &str), answered: impl Fn(usize) -> u64, others: impl Fn(usize) -> u64) -> Self {
        let all = |of: &dyn Fn(usize) -> u64| (0..STRETCHES).map(of).collect();
        let (source, destination) = (id(edge.0), id(edge.1));
        self.0.push(Failing { source, destination, answered: all(&answered), others: all(&others) });
        self
    }

    fn cascades(&self) -> Vec<Cascade> {
        cascades(&self.0, STRETCHES)
    }

    fn edge(&self, place: usize) -> (&'static str, &'static str) {
        let of = |id: WorkloadId| NAMES[id.0 as usize];
        (of(self.0[place].source), of(self.0[place].destination))
    }
}

fn during(stretch: usize, from: usize, to: usize, count: u64) -> u64 {
    if (from..to).contains(&stretch) { count } else { 0 }
}

const fn none(_: usize) -> u64 {
    0
}

#[test]
fn a_destination_that_dies_is_the_first_and_all_above_it_are_hit() {
    // Half of what web does is an order, and each order asks stock, which is not there for seven stretches.
    let dead = |stretch| during(stretch, 20, 27, traffic(stretch) / 2);
    let plan = Plan::default()
        .fails(("gw", "web"), dead, none)
        .fails(("web", "orders"), dead, none)
        .fails(("orders", "stock"), none, dead)
        .fails(("job", "mail"), |stretch| during(stretch, 40, 44, 15), none);
    let found = plan.cascades();
    assert_eq!(found.len(), 1, "{found:?}");
    assert_eq!(plan.edge(found[0].first), ("orders", "stock"));
    let hit: Vec<_> = found[0].hit.iter().map(|one| (plan.edge(one.edge), plan.edge(one.by), one.level)).collect();
    let expected = [(("web", "orders"), ("orders", "stock"), 1), (("gw", "web"), ("web", "orders"), 2)];
    assert_eq!(hit, expected);
    assert!(found[0].hit.iter().all(|one| one.share > 0.99 && one.together > 0.99));
}

#[test]
fn failures_of_its_own_beside_those_passed_on_lower_the_share_that_is_explained() {
    let dead = |stretch| during(stretch, 20, 32, traffic(stretch));
    let own = |stretch| during(stretch, 50, 55, 30);
    let plan = Plan::default().fails(("gw", "web"), dead, own).fails(("web", "stock"), none, dead);
    let found = plan.cascades();
    let share = found[0].hit[0].share;
    let (passed, all) = ((20..32).map(traffic).sum::<u64>(), 150);
    assert!((share - passed as f64 / (passed + all) as f64).abs() < 1e-9, "{share}");
}

#[test]
fn the_call_that_varies_with_it_is_named_and_not_the_one_that_always_fails_a_little() {
    let dead = |stretch| during(stretch, 10, 16, traffic(stretch));
    let plan = Plan::default()
        .fails(("gw", "web"), dead, none)
        .fails(("web", "price"), none, |stretch| 60 + traffic(stretch) % 3)
        .fails(("web", "stock"), none, dead);
    let found = plan.cascades();
    assert_eq!((found.len(), plan.edge(found[0].first)), (1, ("web", "stock")));
}

#[test]
fn two_failures_that_coincide_are_never_chained() {
    let dead = |stretch| during(stretch, 20, 27, traffic(stretch));
    // Nobody calls from one to the other.
    let apart = Plan::default().fails(("gw", "web"), dead, none).fails(("job", "stock"), none, dead);
    // Web was not reached at all: its own calls are no reason.
    let refused = Plan::default().fails(("gw", "web"), none, dead).fails(("web", "stock"), none, dead);
    // There are not as many failing calls as failures.
    let few = |stretch| during(stretch, 20, 27, traffic(stretch) / 2);
    let too_few = Plan::default().fails(("gw", "web"), dead, none).fails(("web", "stock"), none, few);
    // They overlap, and each begins and ends when it does.
    let later = |stretch| during(stretch, 24, 34, traffic(stretch));
    let shifted = Plan::default().fails(("gw", "web"), dead, none).fails(("web", "stock"), none, later);
    let longer = |stretch| during(stretch, 5, 50, traffic(stretch));
    let within = Plan::default().fails(("gw", "web"), dead, none).fails(("web", "stock"), none, longer);
    // The destination fails because of nobody below it, and its caller's caller is no caller.
    let skipped = Plan::default().fails(("gw", "web"), dead, none).fails(("orders", "stock"), none, dead);
    for (what, plan) in [apart, refused, too_few, shifted, within, skipped].into_iter().enumerate() {
        assert_eq!(plan.cascades(), [], "{what}");
    }
}

#[test]
fn what_fails_all_the_time_alike_or_hardly_or_in_too_few_stretches_is_not_told() {
    let always = |_| 20;
    let steady = Plan::default().fails(("gw", "web"), always, none).fails(("web", "stock"), none, always);
    let once = |stretch| during(stretch, 20, 22, 50);
    let short = Plan::default().fails(("gw", "web"), once, none).fails(("web", "stock"), none, once);
    let hardly = |stretch| during(stretch, 20, 24, 2);
    let few = Plan::default().fails(("gw", "web"), hardly, none).fails(("web", "stock"), none, hardly);
    // By turns, two stretches each: half of all shifts fit as well.
    let turns = |stretch: usize| if stretch % 4 < 2 { 50 } else { 0 };
    let cyclic = Plan::default().fails(("gw", "web"), turns, none).fails(("web", "stock"), none, turns);
    for (what, plan) in [steady, short, few, cyclic].into_iter().enumerate() {
        assert_eq!(plan.cascades(), [], "{what}");
    }
    let dead = |stretch| during(stretch, 8, 12, traffic(stretch));
    let plan = Plan::default().fails(("gw", "web"), dead, none).fails(("web", "stock"), none, dead);
    assert_eq!(cascades(&plan.0, 19), [], "too short a time");
}

#[test]
fn failures_in_a_circle_have_no_first_one_and_are_not_told() {
    let dead = |stretch| during(stretch, 20, 27, traffic(stretch));
    let plan = Plan::default().fails(("web", "orders"), dead, none).fails(("orders", "web"), dead, none);
    assert_eq!(plan.cascades(), []);
}

#[test]
fn episodes_that_begin_by_chance_are_chained_in_hardly_any_of_a_thousand_meshes() {
    let mut chance = Chance(0x9e37_79b9_7f4a_7c15);
    let mut chained = 0;
    for _ in 0..1_000 {
        let mut episodes = || {
            let (from, length) = (chance.below(50), 3 + chance.below(8));
            let [from, to] = [from, from + length].map(|place| usize::try_from(place).unwrap());
            move |stretch: usize| during(stretch, from, to, traffic(stretch))
        };
        let (one, other) = (episodes(), episodes());
        let plan = Plan::default().fails(("gw", "web"), one, none).fails(("web", "stock"), none, other);
        chained += plan.cascades().len();
    }
    // Those that begin and end in the same stretches, nearly: counts cannot tell them from a cause.
    assert!(chained <= 15, "{chained}");
}
