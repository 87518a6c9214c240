//! The slowest exemplar of a window, which is no sum: what is slowest after it has left must still be known.

use hogusu_model::Exemplar;

use super::PartKey;

/// Those that are the slowest of what is left at some time while slots leave, the oldest first: by slot ascending, and so each slower than the
/// next. One that leaves no later than a slower one never is, and is not here.
#[derive(Debug, Default)]
pub(super) struct Exemplars(Vec<(PartKey, Exemplar)>);

impl Exemplars {
    /// Takes note of one of a part, be its slot older than others.
    pub(super) fn enter(&mut self, part: PartKey, exemplar: Exemplar) {
        let (slot, rank) = (part.0, exemplar.rank());
        if self.0.iter().any(|((other, _), kept)| *other >= slot && kept.rank() >= rank) {
            return;
        }
        self.0.retain(|((other, _), kept)| *other > slot || kept.rank() > rank);
        let place = self.0.partition_point(|((other, _), _)| *other <= slot);
        self.0.insert(place, (part, exemplar));
    }

    /// Forgets the one of a part. Right where all older slots leave too, before an answer is asked for.
    pub(super) fn leave(&mut self, part: PartKey) {
        self.0.retain(|(of, _)| *of != part);
    }

    /// The slowest one.
    pub(super) fn slowest(&self) -> Option<Exemplar> {
        self.0.first().map(|(_, exemplar)| *exemplar)
    }

    pub(super) const fn len(&self) -> usize {
        self.0.len()
    }
}
