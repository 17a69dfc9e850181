//! Which three letters in a row occur in a block: so that a search for a rare text need not unpack the blocks that cannot have it.
//! Says "perhaps" or "no", never "yes".

use regex_syntax::hir::{Class, Hir, HirKind};

/// Bytes of text that one bit is kept for: with an eighth of the text's size in bits, half of them stay clear in usual logs.
const SHARE: usize = 8;
/// Signs that are small letters of ASCII when case does not count (the Kelvin sign and the long s): a block with one of them may have anything.
const ODD: [&str; 2] = ["\u{212a}", "\u{17f}"];

/// The trigrams of a block, hashed into bits, case folded.
#[derive(Debug)]
pub struct Trigrams {
    /// A power of two of bits; none: it may have anything.
    bits: Box<[u64]>,
}

/// Trigrams that every line has which matches a pattern; none if that is not known.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Needle {
    windows: Vec<u32>,
}

impl Trigrams {
    /// Of a text of many lines.
    pub fn of(text: &str) -> Self {
        if ODD.iter().any(|it| memchr::memmem::find(text.as_bytes(), it.as_bytes()).is_some()) {
            return Self { bits: Box::default() };
        }
        let n = (text.len() / SHARE).next_power_of_two().max(64);
        // Marked in bytes and gathered into bits at the end: a bit set by reading its word first would be half as fast.
        let mut seen = vec![0_u8; n];
        let mut window = 0;
        for byte in text.bytes() {
            window = slide(window, byte);
            if let Some(it) = seen.get_mut(place(window, n)) {
                *it = 1;
            }
        }
        let word = |all: &[u8]| all.iter().enumerate().fold(0_u64, |word, (nth, it)| word | u64::from(*it) << nth);
        let bits = seen.chunks(64).map(word).collect();
        Self { bits }
    }

    /// Bytes it takes.
    pub fn cost(&self) -> usize {
        size_of_val(&*self.bits)
    }

    /// Whether a line may match what `needle` was made of. `false` is certain.
    pub fn may_have(&self, needle: &Needle) -> bool {
        let n = self.bits.len() * 64;
        let has = |window: u32| {
            let at = place(window, n);
            self.bits.get(at / 64).is_none_or(|it| it >> (at % 64) & 1 == 1)
        };
        n == 0 || needle.windows.iter().all(|it| has(*it))
    }
}

impl Needle {
    /// Of a text that stands for itself, or of a pattern. Case never counts here, so it does not matter whether it does there.
    pub fn new(text: &str, is_pattern: bool) -> Self {
        let mut it = Gather::default();
        if !is_pattern {
            it.bytes(text.as_bytes());
        } else if let Ok(hir) = regex_syntax::parse(text) {
            it.walk(&hir);
        }
        it.windows.sort_unstable();
        it.windows.dedup();
        Self { windows: it.windows }
    }
}

/// The last three bytes and one before them that does not count. The bit that tells small letters of ASCII from large ones is always set:
/// other signs that only differ by it count as one, too.
const fn slide(window: u32, byte: u8) -> u32 {
    window << 8 | (byte | 0x20) as u32
}

/// The place of the last three bytes of a window among `n` (a power of two from 64 on): the upper bits of the product are spread best.
const fn place(window: u32, n: usize) -> usize {
    ((window << 8).wrapping_mul(0x9e37_79b1) >> (32 - n.trailing_zeros())) as usize
}

/// Collects what a pattern cannot do without.
#[derive(Default)]
struct Gather {
    window: u32,
    /// Bytes known in a row, up to now.
    run: usize,
    windows: Vec<u32>,
}

impl Gather {
    fn byte(&mut self, byte: u8) {
        if !byte.is_ascii() {
            // Its other case has other bytes.
            self.run = 0;
            return;
        }
        self.window = slide(self.window, byte);
        self.run += 1;
        if self.run >= 3 {
            self.windows.push(self.window << 8 >> 8);
        }
    }

    fn bytes(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.byte(*byte);
        }
    }

    fn walk(&mut self, hir: &Hir) {
        match hir.kind() {
            // They stand between two letters and take no room.
            HirKind::Empty | HirKind::Look(_) => {}
            HirKind::Literal(it) => self.bytes(&it.0),
            HirKind::Class(class) => match one_letter(class) {
                Some(letter) => self.byte(letter),
                None => self.run = 0,
            },
            HirKind::Capture(it) => self.walk(&it.sub),
            HirKind::Concat(all) => all.iter().for_each(|it| self.walk(it)),
            HirKind::Repetition(it) => {
                self.run = 0;
                if it.min > 0 {
                    self.walk(&it.sub);
                    self.run = 0;
                }
            }
            HirKind::Alternation(_) => self.run = 0,
        }
    }
}

/// The small letter that a class stands for in both cases (and in the odd signs that a block answers for itself).
fn one_letter(class: &Class) -> Option<u8> {
    let Class::Unicode(set) = class else { return None };
    let mut letter = None;
    for c in set.ranges().iter().flat_map(|it| it.start()..=it.end()).take(5) {
        let small = match c {
            '\u{212a}' => b'k',
            '\u{17f}' => b's',
            c if c.is_ascii() => (c as u8).to_ascii_lowercase(),
            _ => return None,
        };
        if *letter.get_or_insert(small) != small {
            return None;
        }
    }
    letter
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Patterns as people write them: plain texts, texts with an operator in them, and some with everything.
    fn patterns() -> impl Strategy<Value = String> {
        let whole = ["([abk]{3}s*(ab|b)|abc|k.s[ab]c)[abcs]{2,4}", r"\b(a|s)bca?b{2,3}$", "(?i:kSs)[aA]bc+", "^ab?c.*(?:kk|ss)"];
        prop_oneof![
            "[a-ckKs.é]{1,6}",
            r"[abcks]{1,4}(\.\*|s\*|\(ab\|b\)|\[ab\]|\?|k\+)[abcs]{0,4}",
            proptest::sample::select(whole.to_vec()).prop_map(str::to_owned),
        ]
    }

    proptest! {
        #[test]
        fn a_block_with_a_match_is_never_passed_over(
            text in "[a-cA-CkKsS\u{212a}\u{17f}é0 \n]{0,200}",
            pattern in patterns(),
            any_case: bool,
        ) {
            let regex = regex::RegexBuilder::new(&pattern).case_insensitive(any_case).build().unwrap();
            if regex.is_match(&text) {
                prop_assert!(Trigrams::of(&text).may_have(&Needle::new(&pattern, true)));
            }
        }
    }

    #[test]
    fn a_block_without_a_rare_text_is_passed_over() {
        let text = (0..2000).fold(String::new(), |text, n| text + &format!("request {n} completed status=200 duration_ms={}\n", n * 7));
        let block = Trigrams::of(&text);
        assert!(!block.may_have(&Needle::new("checksum mismatch: expected [0-9a-f]{8} got deadbeef", true)));
        assert!(!block.may_have(&Needle::new("(?i)Deadbeef", true)));
        assert!(!block.may_have(&Needle::new("DeadBeef", false)));
        assert!(block.may_have(&Needle::new("status=2\\d+ duration", true)));
        assert!(block.may_have(&Needle::new("alpha|beta", true)));
        assert!(block.cost() * 32 <= text.len());
    }
}
