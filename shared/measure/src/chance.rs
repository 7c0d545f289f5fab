//! Numbers that look random and are a function of their seed: the same seed gives the same sample, and the same test.

/// The increment of the state.
const STEP: u64 = 0x9e37_79b9_7f4a_7c15;

/// Sebastiano Vigna's `splitmix64`: every bit of the result depends on every bit of the seed.
#[must_use]
pub fn mixed(seed: u64) -> u64 {
    let mut bits = seed.wrapping_add(STEP);
    bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    bits ^ (bits >> 31)
}

/// A sequence of such numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Chance(u64);

impl Chance {
    /// The sequence of a seed.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// A number of the sequence by its place, the first at 0.
    #[must_use]
    pub fn nth(seed: u64, place: u64) -> u64 {
        mixed(seed.wrapping_add(place.wrapping_mul(STEP)))
    }

    /// Any number.
    #[expect(
        clippy::should_implement_trait,
        reason = "a sequence without end is asked for one number at a time"
    )]
    pub fn next(&mut self) -> u64 {
        let number = mixed(self.0);
        self.0 = self.0.wrapping_add(STEP);
        number
    }

    /// A number below `limit`; 0 where there is none.
    pub fn below(&mut self, limit: u64) -> u64 {
        self.next() % limit.max(1)
    }

    /// A number from 0 to 1, without 1.
    pub fn uniform(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1_u64 << 53) as f64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The first numbers of seed 1234567, as the generator's author publishes them ("splitmix64.c", prng.di.unimi.it;
    /// the values come from Rosetta Code's task "Pseudo-random numbers/Splitmix64").
    #[test]
    fn it_is_the_published_sequence() {
        let mut chance = Chance::new(1_234_567);
        let numbers: Vec<u64> = (0..3).map(|_| chance.next()).collect();
        assert_eq!(
            numbers,
            [6_457_827_717_110_365_317, 3_203_168_211_198_807_973, 9_817_491_932_198_370_423]
        );
        assert!((0..1_000).all(|_| chance.below(3) < 3 && (0.0..1.0).contains(&chance.uniform())));
        assert_eq!(Chance::nth(1_234_567, 2), numbers[2]);
        assert_eq!(chance.below(0), 0);
    }
}
