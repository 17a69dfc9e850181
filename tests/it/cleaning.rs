//! What becomes of text from outside, sign by sign, and what of bytes on their way out: tables that a person can check. That nothing
//! hostile gets through, whatever it is made of, is proved in `hostile` and `fuzz`.

use trackside::model::text::{Clean, FIELD_LIMIT, LINE_LIMIT, clean_line, clean_line_marked, pieces, plain_line};
use trackside::runtime::guard;

#[test]
fn what_drives_a_terminal_is_shown_as_a_sign_in_its_place() {
    for (raw, shown) in [
        ("\x1b[2Jx", "␛[2Jx"),
        ("a\x07b\rc\x08d\0e", "a␇b␍c␈d␀e"),
        ("a\x7f", "a␡"),
        ("\u{9b}6n \u{80}", "<9B>6n <80>"),
        ("two\nlines", "two␊lines"),
        ("\u{202e}txt.exe", "�txt.exe"),
        ("\u{2066}a\u{2069}\u{200e}", "�a��"),
        ("\u{feff}\u{fffe}\u{1ffff}\u{fdd0}\u{e000}", "�����"),
        ("plain ascii, äöü, 漢字, ✓", "plain ascii, äöü, 漢字, ✓"),
    ] {
        assert_eq!(clean_line(raw), shown, "{raw:?}");
        assert_eq!(Clean::new(raw).as_str(), shown, "{raw:?}");
    }
    assert_eq!(Clean::paragraph("two\r\nlines").as_str(), "two␍\nlines");
}

#[test]
fn a_tab_goes_to_the_next_of_its_stops_whatever_is_before_it() {
    for (raw, columns) in
        [("a\tb", 8), ("\t\tb", 16), ("1234567\tb", 8), ("12345678\tb", 16), ("漢\tb", 8), ("\x1b\tb", 8), ("e\u{301}\tb", 8)]
    {
        let text = clean_line(raw);
        assert_eq!(unicode_width::UnicodeWidthStr::width(text.strip_suffix('b').unwrap()), columns, "{raw:?}");
    }
    // The bytes of such a sign are four columns.
    assert_eq!(clean_line("\u{9b}\tb"), "<9B>    b");
    assert_eq!(Clean::paragraph("abc\n\tb").as_str(), "abc\n        b", "each line has its own");
}

#[test]
fn marks_do_not_pile_up_and_stand_on_something() {
    let pile = |n: usize| "\u{301}".repeat(n);
    assert_eq!(clean_line(&format!("e{}", pile(8))), format!("e{}", pile(8)));
    assert_eq!(clean_line(&format!("e{}x", pile(50))), format!("e{}�x", pile(8)), "one sign for all that are too many");
    assert_eq!(clean_line(&format!("e{0}o{0}", pile(5))), format!("e{0}o{0}", pile(5)), "each has its own");
    assert_eq!(clean_line("\u{301}\u{301}a"), "��a");
    assert_eq!(Clean::paragraph("a\n\u{301}b").as_str(), "a\n�b", "nor does one stand on the line above");
}

#[test]
fn an_emoji_of_several_parts_stays_one_and_nothing_else_is_joined() {
    let family = "👩\u{200d}👩\u{200d}👧\u{200d}👦";
    let kiss = "👩🏻\u{200d}❤\u{fe0f}\u{200d}💋\u{200d}👨🏽";
    for whole in [family, kiss, "❤\u{fe0f}", "☎\u{fe0f}", &format!("{family}{family}{kiss}")] {
        assert_eq!(clean_line(whole), whole);
    }
    let row = |part: &str, n: usize| vec![part; n].join("\u{200d}");
    for part in ["👩", "👩🏻"] {
        assert_eq!(clean_line(&row(part, 5)), row(part, 5));
        assert_eq!(clean_line(&row(part, 7)), format!("{}�{}", row(part, 5), row(part, 2)), "no longer than people have them");
    }
    for (raw, shown) in [
        ("a\u{200d}b", "a�b"),
        ("a\u{fe0f}", "a�"),
        ("❤\u{fe0f}\u{fe0f}", "❤\u{fe0f}�"),
        ("👩\u{200d}\u{200d}👩", "👩\u{200d}�👩"),
        ("👩\u{202e}\u{200d}👩", "👩��👩"),
        ("👩\u{202e}\u{fe0f}", "👩��"),
    ] {
        assert_eq!(clean_line(raw), shown, "{raw:?}");
    }
}

#[test]
fn what_is_longer_than_its_room_is_cut_says_so_and_stays_as_it_is() {
    let x = |n: usize| "x".repeat(n);
    assert_eq!(Clean::new(&x(FIELD_LIMIT)).as_str(), x(FIELD_LIMIT));
    assert_eq!(Clean::new(&x(FIELD_LIMIT + 1)).as_str(), x(FIELD_LIMIT) + "…");
    assert_eq!(Clean::paragraph(&x(LINE_LIMIT)).as_str(), x(LINE_LIMIT));
    assert_eq!(Clean::paragraph(&x(LINE_LIMIT + 1)).as_str(), x(LINE_LIMIT) + "…");
    assert_eq!(clean_line(&x(LINE_LIMIT + 1)), x(LINE_LIMIT) + "…");
    assert_eq!(Clean::new(&(x(FIELD_LIMIT - 1) + "é")).as_str(), x(FIELD_LIMIT - 1) + "é", "no character is cut in two");
    // What is several signs goes over the end by itself.
    for raw in [format!("é{}\t", x(FIELD_LIMIT - 3)), x(FIELD_LIMIT - 1) + "\u{9b}", "é".repeat(FIELD_LIMIT)] {
        let once = Clean::new(&raw);
        assert!(once.ends_with('…') && once.len() <= FIELD_LIMIT + '…'.len_utf8(), "{}", &once[once.len() - 9..]);
        assert_eq!(Clean::new(&once), once);
    }
    let long = x(LINE_LIMIT - 1) + "é" + &x(2 * LINE_LIMIT);
    let all: Vec<&str> = pieces(&long).collect();
    assert_eq!(all.iter().map(|it| it.len()).collect::<Vec<_>>(), [LINE_LIMIT - 1, LINE_LIMIT, LINE_LIMIT, 2]);
    assert_eq!(all.concat(), long, "nothing of it is lost");
}

#[test]
fn colours_are_taken_out_of_a_line_and_nothing_else_is() {
    for (raw, shown) in [
        ("a\x1b[31mb\x1b[0mc", "abc"),
        ("\x1b[38:2::1:2:3;1mx\x1b[m", "x"),
        ("a\x1b[2Kb", "a␛[2Kb"),
        ("a\x1b[31", "a␛[31"),
        ("a\x1b[?25mb", "a␛[?25mb"),
        ("\x1b\x1b[1mx", "␛x"),
        ("no colour", "no colour"),
    ] {
        assert_eq!(plain_line(raw), shown, "{raw:?}");
    }
}

#[test]
fn a_place_in_a_line_stays_where_it_was_when_the_line_is_cleaned() {
    let mut marks = [0, 1, 2, 3, 4];
    assert_eq!(clean_line_marked("a\t\x1bb", &mut marks), "a       ␛b");
    assert_eq!(marks, [0, 1, 8, 11, 12]);
    for raw in ["x".repeat(LINE_LIMIT + 10), format!("é{}\tz", "x".repeat(LINE_LIMIT - 3))] {
        let mut marks = [5, raw.len() - 1, raw.len()];
        let shown = clean_line_marked(&raw, &mut marks);
        assert_eq!((shown.len(), marks), (LINE_LIMIT + '…'.len_utf8(), [5, LINE_LIMIT, LINE_LIMIT]), "what was cut off has its end there");
        assert_eq!(clean_line(&raw), shown);
    }
}

#[test]
fn no_sequence_leaves_that_asks_a_terminal_or_sets_what_is_not_ours() {
    let many = format!("\x1b[{}m", "1;".repeat(40));
    let told: &[&[u8]] = &[
        b"\x1b[6n",
        b"\x1b[c",
        b"\x1b[>4;2m",
        b"\x1b[?4m",
        b"\x1b[?25s",
        b"\x1b[?7h",
        b"\x1b[?1049;7h",
        b"\x1b[21t",
        b"\x1b[18t",
        b"\x1b[4h",
        many.as_bytes(),
        b"\x1b]52;c;?\x07",
        b"\x1b]52;p;AAAA\x07",
        b"\x1b]8;;http://x\x1b\\",
        b"\x1b]4;1;?\x07",
        b"\x1b]2;two\nlines\x07",
        "\x1b]2;a\u{9c}b\x07".as_bytes(),
        b"\x1b]2;without end",
        b"\x1bPtmux;\x1b\x1b[6n\x1b\\",
        b"\x1bPtmux;\x1b\x1b]9;x\x07ls\x1b\\",
        b"\x1bPtmux;\x1b\x1b]9;x\x07",
        b"\x1bPtmux;\x1b]9;x\x07\x1b\\",
        b"\x1bP\x1b[6n\x07\x1b\\",
        b"\x1bP\x1b]52;c;AA\x1b\\ls\x1bPAA\x07\x1b\\",
        b"\x1bP\x1b]52;c;AA\x1b\\\x1bP\nAA\x07\x1b\\",
        b"\x1bPtmux;\x1b\x1b]9;a\x1bcb\x07\x1b\\",
        b"\x1bP$qm\x1b\\",
        b"\x1bc",
        b"\x1b(0",
        b"\n",
        b"\t",
        b"\x08",
        b"\x7f",
        "\u{9b}6n".as_bytes(),
        "\u{202e}".as_bytes(),
        "\u{feff}".as_bytes(),
        b"\xff",
        b"\xe2\x82",
    ];
    for it in told {
        let bytes = [b"before ".as_slice(), it, b" after"].concat();
        let (passed, stopped) = guard::pass(&bytes);
        let text = String::from_utf8_lossy(&passed).into_owned();
        assert!(stopped > 0 && text.contains('�'), "{:?} is {text:?}", String::from_utf8_lossy(it));
        assert!(text.starts_with("before ") && text.ends_with(" after"), "{text:?}");
        assert_eq!(text.matches('�').count(), stopped, "{text:?}");
    }
    // One sign for one character, whatever it is made of.
    for (raw, shown) in [("a\u{202e}b", "a�b"), ("\u{9b}", "�"), ("x\ny", "x�y"), ("\x1b[6n", "�[6n")] {
        assert_eq!(guard::pass(raw.as_bytes()), (shown.as_bytes().to_vec().into(), 1), "{raw:?}");
    }
}

#[test]
fn what_a_multiplexer_passes_on_passes_whole_in_as_many_pieces_as_it_likes() {
    let all: &[&[u8]] = &[
        b"\x1bPtmux;\x1b\x1b]52;c;AAAA\x07\x1b\\",
        b"\x1bPtmux;\x1b\x1b]777;notify;a;b\x1b\x1b\\\x1b\\",
        b"\x1bP\x1b]9;x\x07\x1b\\",
        b"\x1bP\x1b]52;c;AAAA\x1b\\\x1bPBBBB\x1b\\\x1bPCC\x07\x1b\\",
        b"\x1bP\x1b]52;c;AAAA\x1b\\\x1b\\",
        b"\x1b[1;2;3;4;5;6;7;8;9;10;11;12;13;14;15;16;17;18;19;20;21;22;23;24;25;26;27;28;29;30;31;32m",
    ];
    for it in all {
        let bytes = [b"before ".as_slice(), it, b" after"].concat();
        assert_eq!(guard::pass(&bytes), (bytes.as_slice().into(), 0), "{:?}", String::from_utf8_lossy(it));
        // What ends too early would take what comes next for its own.
        for end in 1..it.len() {
            assert!(guard::pass(&it[..end]).1 > 0, "{:?}", String::from_utf8_lossy(&it[..end]));
        }
    }
}
