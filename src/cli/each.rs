//! `-` in place of a name: the names come from standard input, one a line. All are tried; the worst outcome is the command's.

use std::io::{self, Read as _};

use super::exit::{Failure, INTERRUPTED, OK, Outcome, USAGE};
use super::out::Out;

/// Most bytes of names taken in: a hundred thousand of them fit, a pipe from the wrong program does not fill the memory.
const MOST: u64 = 1024 * 1024;

/// What stands for the names on standard input.
pub const STDIN: &str = "-";

/// Does `deed` for `target`, or for each name on standard input if that is what it says.
pub async fn each(out: Out, target: String, deed: impl AsyncFn(String) -> Outcome) -> Outcome {
    if target != STDIN {
        return deed(target).await;
    }
    let all = names(io::stdin().lock())?;
    if all.is_empty() {
        // A pipe that found nothing has nothing to be done; a script goes on.
        out.note("trackside: standard input names nothing, so nothing was done");
    }
    let mut worst = OK;
    for name in all {
        let code = match deed(name.clone()).await {
            Ok(code) => code,
            // Whoever interrupts means all of it.
            Err(failure) if failure.code == INTERRUPTED => return Err(failure),
            Err(failure) => {
                out.note(&format!("trackside: {name}: {failure}"));
                if out.is_json() {
                    out.json(&serde_json::json!({ "target": name, "error": failure.text, "code": failure.code }))?;
                }
                failure.code
            }
        };
        worst = worst.max(code);
    }
    Ok(worst)
}

/// The names in `from`: one a line, spaces around it and empty lines left out.
pub fn names(from: impl io::Read) -> Result<Vec<String>, Failure> {
    let mut bytes = Vec::new();
    let read = from.take(MOST + 1).read_to_end(&mut bytes).map_err(|err| Failure::new(USAGE, format!("standard input: {err}")))?;
    if read as u64 > MOST {
        return Err(Failure::new(USAGE, format!("standard input has more than {MOST} bytes of names; give it in parts")));
    }
    let text = String::from_utf8(bytes).map_err(|_| Failure::new(USAGE, "standard input is not UTF-8; names are expected, one a line"))?;
    Ok(text.lines().map(str::trim).filter(|it| !it.is_empty()).map(str::to_owned).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_name_is_itself_and_only_a_dash_means_standard_input() {
        let said = each(Out::new(false), "api".to_owned(), async |name| Ok(u8::from(name == "api") * 7)).await;
        assert_eq!(said.unwrap(), 7);
    }

    #[test]
    fn names_are_lines_and_a_flood_of_them_is_refused() {
        assert_eq!(names(&b"api\n\n  shop/web \r\nd17"[..]).unwrap(), ["api", "shop/web", "d17"]);
        assert!(names(&b" \n\n"[..]).unwrap().is_empty());
        assert_eq!(names(&b"\xff\xfe"[..]).unwrap_err().code, USAGE);
        assert!(names(io::repeat(b'a')).unwrap_err().text.contains("give it in parts"));
    }
}
