//! What a part of a word is, by its form alone: a number, an id, an address, a time. By hand and not by regex: it is asked for every word.

use super::var::Var;

/// Shortest run of hex digits that is an id and not a word or a small number: an abbreviated commit has seven.
const HEX: usize = 6;
/// Digits after letters that make a name with a number; a single one belongs to the name (`v1`, `utf8`, `h2`).
const COUNTED: usize = 2;
/// Shortest mix of letters and digits that is an id.
const ID: usize = 8;

/// Adds `word` to `out`, with what varies masked.
pub fn mask(word: &str, out: &mut String) {
    if !word.bytes().any(|b| b.is_ascii_digit()) {
        out.push_str(word);
        return;
    }
    let mut rest = word;
    while !rest.is_empty() {
        let end = rest.find(is_border).unwrap_or(rest.len());
        let (part, more) = rest.split_at(end);
        whole(part, out);
        let border = more.chars().next().map_or(0, char::len_utf8);
        out.push_str(&more[..border]);
        rest = &more[border..];
    }
}

/// Signs that stand between values and are never within one.
const fn is_border(c: char) -> bool {
    matches!(c, '=' | ',' | ';' | '(' | ')' | '[' | ']' | '{' | '}' | '"' | '\'' | '<' | '>' | '|' | '&' | '?' | '#' | '!' | '*' | '\\')
}

/// Signs that parts of one value are joined with.
const fn is_joint(c: char) -> bool {
    matches!(c, '-' | '_' | '.' | ':' | '@' | '/' | '+' | '~' | '%' | '$')
}

/// A part between borders: one value as a whole, or its pieces one by one. Of a path its fixed pieces stay: they say which route it is.
fn whole(part: &str, out: &mut String) {
    // Of an address on the web, the host is a value of its own.
    if let Some(at) = part.find("://") {
        let (scheme, rest) = part.split_at(at + 3);
        let host = rest.find('/').unwrap_or(rest.len());
        out.push_str(scheme);
        whole(&rest[..host], out);
        return pieces_of(&rest[host..], out);
    }
    let core = part.trim_end_matches(['.', ':']);
    if let Some(var) = value(core) {
        out.push(var.sign());
        out.push_str(&part[core.len()..]);
        return;
    }
    pieces_of(part, out);
}

/// The pieces between joints, one by one.
fn pieces_of(part: &str, out: &mut String) {
    let mut rest = part;
    while !rest.is_empty() {
        let end = rest.find(is_joint).unwrap_or(rest.len());
        let (piece, more) = rest.split_at(end);
        atom(piece, out);
        // Joints are ASCII.
        let joint = usize::from(!more.is_empty());
        out.push_str(&more[..joint]);
        rest = &more[joint..];
    }
}

/// What `text` is as a whole.
fn value(text: &str) -> Option<Var> {
    let bytes = text.as_bytes();
    if !bytes.iter().any(u8::is_ascii_digit) {
        return None;
    }
    if is_uuid(bytes) {
        return Some(Var::Uuid);
    }
    if is_v4(text) {
        return Some(Var::Address);
    }
    if is_time(bytes) {
        return Some(Var::Time);
    }
    if is_v6(text) {
        return Some(Var::Address);
    }
    quantity(text)
}

/// A piece that no joint divides.
fn atom(piece: &str, out: &mut String) {
    let bytes = piece.as_bytes();
    let digits = bytes.iter().filter(|b| b.is_ascii_digit()).count();
    if digits == 0 {
        out.push_str(piece);
        return;
    }
    if let Some(var) = quantity(piece) {
        out.push(var.sign());
        return;
    }
    let letters = bytes.iter().take_while(|b| b.is_ascii_alphabetic()).count();
    if letters + digits == bytes.len() && digits >= COUNTED && bytes[letters..].iter().all(u8::is_ascii_digit) {
        out.push_str(&piece[..letters]);
        out.push(Var::Number.sign());
    } else if bytes.len() >= ID && digits >= COUNTED && bytes.iter().all(u8::is_ascii_alphanumeric) {
        out.push(Var::Id.sign());
    } else {
        out.push_str(piece);
    }
}

/// A number, alone or with units, or a run of hex digits.
fn quantity(text: &str) -> Option<Var> {
    let bytes = text.as_bytes();
    if let Some(hex) = text.strip_prefix("0x").or_else(|| text.strip_prefix("0X"))
        && !hex.is_empty()
        && hex.bytes().all(|b| b.is_ascii_hexdigit())
    {
        return Some(Var::Hex);
    }
    let mut rest = bytes.strip_prefix(b"-").or_else(|| bytes.strip_prefix(b"+")).unwrap_or(bytes);
    let mut kind = None;
    let mut n = 0;
    while let Some(after) = number(rest) {
        let letters = after.iter().take_while(|b| !b.is_ascii_digit()).count();
        let (unit, more) = after.split_at(letters);
        n += 1;
        kind = match (unit, kind) {
            (b"", None) if more.is_empty() => Some(Var::Number),
            (b"ns" | b"us" | b"\xc2\xb5s" | b"ms" | b"s" | b"sec" | b"m" | b"min" | b"h" | b"d", None | Some(Var::Duration)) => {
                Some(Var::Duration)
            }
            (
                b"B" | b"b" | b"k" | b"K" | b"kB" | b"KB" | b"MB" | b"GB" | b"TB" | b"KiB" | b"MiB" | b"GiB" | b"TiB" | b"M" | b"G" | b"T"
                | b"Mi" | b"Gi",
                None,
            ) if n == 1 && more.is_empty() => Some(Var::Size),
            _ => return hex(bytes),
        };
        rest = more;
        if rest.is_empty() {
            // A long number may as well be the hex id of the next line.
            return kind;
        }
    }
    hex(bytes)
}

fn hex(bytes: &[u8]) -> Option<Var> {
    let all = bytes.len() >= HEX && bytes.iter().all(u8::is_ascii_hexdigit) && bytes.iter().any(u8::is_ascii_digit);
    all.then_some(Var::Hex)
}

/// What follows a number at the beginning of `bytes`: digits, and groups of them after a point, a comma or an underscore.
fn number(bytes: &[u8]) -> Option<&[u8]> {
    let digits = |it: &[u8]| it.iter().take_while(|b| b.is_ascii_digit()).count();
    let mut at = digits(bytes);
    if at == 0 {
        return None;
    }
    while matches!(bytes.get(at), Some(b'.' | b',' | b'_')) {
        let more = digits(&bytes[at + 1..]);
        if more == 0 {
            break;
        }
        at += 1 + more;
    }
    Some(&bytes[at..])
}

fn is_uuid(bytes: &[u8]) -> bool {
    bytes.len() == 36
        && bytes.iter().enumerate().all(|(at, b)| if matches!(at, 8 | 13 | 18 | 23) { *b == b'-' } else { b.is_ascii_hexdigit() })
}

/// `10.0.0.1`, and what may follow it: a port, the length of a net.
fn is_v4(text: &str) -> bool {
    let (host, tail) = text.find([':', '/']).map_or((text, ""), |at| (&text[..at], &text[at + 1..]));
    let mut parts = host.split('.');
    let right = parts.by_ref().take(4).filter(|it| it.parse::<u8>().is_ok() && !it.starts_with('+')).count();
    right == 4 && parts.next().is_none() && tail.bytes().all(|b| b.is_ascii_digit())
}

/// Eight groups, or fewer round a `::`; perhaps with an IPv4 address as its end.
fn is_v6(text: &str) -> bool {
    let colons = text.matches(':').count();
    (colons == 7 || (text.contains("::") && colons >= 2)) && text.bytes().all(|b| b.is_ascii_hexdigit() || matches!(b, b':' | b'.'))
}

/// A clock, a date, or a date with a clock, as logs write them.
fn is_time(bytes: &[u8]) -> bool {
    if clock(bytes).is_some_and(is_zone) {
        return true;
    }
    match date(bytes) {
        Some([]) => true,
        Some([b'T' | b't' | b':' | b'_', rest @ ..]) => clock(rest).is_some_and(is_zone),
        _ => false,
    }
}

/// Takes as many bytes off as the form has signs: `0` a digit, `a` a letter, `/` a stroke of any kind, else itself.
fn form<'a>(form: &[u8], bytes: &'a [u8]) -> Option<&'a [u8]> {
    let (head, rest) = bytes.split_at_checked(form.len())?;
    let fits = |(form, b): (&u8, &u8)| match form {
        b'0' => b.is_ascii_digit(),
        b'a' => b.is_ascii_alphabetic(),
        b'/' => matches!(b, b'/' | b'-' | b'.'),
        _ => form == b,
    };
    form.iter().zip(head).all(fits).then_some(rest)
}

fn date(bytes: &[u8]) -> Option<&[u8]> {
    form(b"0000/00/00", bytes).or_else(|| form(b"00/aaa/0000", bytes)).or_else(|| form(b"00/00/0000", bytes))
}

fn clock(bytes: &[u8]) -> Option<&[u8]> {
    let minutes = form(b"00:00", bytes).or_else(|| form(b"0:00", bytes))?;
    let Some(seconds) = form(b":00", minutes) else { return Some(minutes) };
    match seconds {
        [b'.' | b',', rest @ ..] => Some(&rest[rest.iter().take_while(|b| b.is_ascii_digit()).count()..]),
        _ => Some(seconds),
    }
}

/// What may follow a clock: nothing, `Z`, `+02:00`, `+0200`.
fn is_zone(bytes: &[u8]) -> bool {
    match bytes {
        [] | [b'Z' | b'z'] => true,
        [b'+' | b'-', rest @ ..] => [&b"00:00"[..], b"0000", b"00"].iter().any(|it| form(it, rest) == Some(&[])),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::super::var::{Piece, pieces};
    use super::*;

    fn seen(word: &str) -> String {
        let mut out = String::new();
        mask(word, &mut out);
        pieces(&out)
            .map(|it| match it {
                Piece::Plain(text) => text,
                Piece::Var(var) => var.word(),
            })
            .collect()
    }

    #[test]
    fn what_varies_is_masked_by_its_kind() {
        for (word, want) in [
            ("42", "<num>"),
            ("-3.5,", "<num>,"),
            ("1_000_000", "<num>"),
            ("(2/3)", "(<num>/<num>)"),
            ("45%", "<num>%"),
            ("took=12ms", "took=<duration>"),
            ("1m30s", "<duration>"),
            ("3.5µs.", "<duration>."),
            ("212MiB", "<size>"),
            ("0xdeadbeef", "<hex>"),
            ("a1b9f3c", "<hex>"),
            ("request=4f1c", "request=4f1c"),
            ("6fa459ea-ee8a-3ca4-894e-db77e160355e", "<uuid>"),
            ("10.0.12.7:8080", "<ip>"),
            ("10.0.0.0/8", "<ip>"),
            ("[fe80::1]:80", "[<ip>]:<num>"),
            ("14:22:06.114Z", "<time>"),
            ("2026-11-22T14:22:06+02:00", "<time>"),
            ("[22/Nov/2026:14:22:06", "[<time>"),
            ("2026-11-22", "<time>"),
            ("/api/v1/orders/88412?page=3", "/api/v1/orders/<num>?page=<num>"),
            ("user12345@host", "user<num>@host"),
            ("api-7f9c4d8b21-x2", "api-<hex>-x2"),
            ("k3Zx81qPw9", "<id>"),
            ("d41:", "d<num>:"),
            ("http://127.0.0.1:20000/orders/7", "http://<ip>/orders/<num>"),
            ("https://api.example.com/v2/9", "https://api.example.com/v2/<num>"),
        ] {
            assert_eq!(seen(word), want, "{word}");
        }
    }

    #[test]
    fn words_that_say_something_stay() {
        for word in ["utf8", "h2", "5xx", "checkout:", "/healthz", "日本語", "é", "..", "::"] {
            assert_eq!(seen(word), word);
        }
    }
}
