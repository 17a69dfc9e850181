//! A digest of a set of objects, equal wherever the set is equal, in whatever order it was built.

use crate::model::event::ObjectRef;

/// Sum of a 64-bit FNV-1a hash of each object's kind, id and revision. Both sides of a stream keep one and compare.
///
/// FNV-1a: Fowler, Noll, Vo; the IETF draft `draft-eastlake-fnv` gives the constants.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Digest(u64);

impl Digest {
    /// The digest of `objects` with their revisions.
    pub fn of<'a>(objects: impl IntoIterator<Item = (&'a ObjectRef, u64)>) -> Self {
        let mut sum = Self::default();
        for (object, rev) in objects {
            sum.add(object, rev);
        }
        sum
    }

    /// Takes an object in.
    pub fn add(&mut self, object: &ObjectRef, rev: u64) {
        let (kind, id) = object.parts();
        self.add_named(kind, id, rev);
    }

    /// Takes in an object of any kind, one this version does not know included.
    pub fn add_named(&mut self, kind: &str, id: &str, rev: u64) {
        self.0 = self.0.wrapping_add(hash(kind, id, rev));
    }

    /// Takes an object out.
    pub fn remove(&mut self, object: &ObjectRef, rev: u64) {
        let (kind, id) = object.parts();
        self.remove_named(kind, id, rev);
    }

    /// Takes out an object of any kind.
    pub fn remove_named(&mut self, kind: &str, id: &str, rev: u64) {
        self.0 = self.0.wrapping_sub(hash(kind, id, rev));
    }

    /// Sixteen hexadecimal digits.
    pub fn hex(self) -> String {
        format!("{:016x}", self.0)
    }
}

fn hash(kind: &str, id: &str, rev: u64) -> u64 {
    let bytes = kind.bytes().chain([0]).chain(id.bytes()).chain([0]).chain(rev.to_le_bytes());
    bytes.fold(0xcbf2_9ce4_8422_2325, |h, b| (h ^ u64::from(b)).wrapping_mul(0x0000_0100_0000_01b3))
}
