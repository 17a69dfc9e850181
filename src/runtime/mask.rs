//! Takes secrets out of text that leaves this machine in a file. What is recognised is masked; it is not claimed that nothing else is one.

use std::borrow::Cow;

use serde_json::Value;

use crate::model::secret::replaced;
use crate::platform::token::secrets;

/// What stands in the place of a secret.
pub const MASK: &str = "[masked]";

/// `text` without the secrets that this program knows, and those that are recognised.
pub fn mask(text: &str) -> Cow<'_, str> {
    match secrets::mask(text) {
        Cow::Borrowed(text) => recognised(text),
        Cow::Owned(text) => Cow::Owned(recognised(&text).into_owned()),
    }
}

fn recognised(text: &str) -> Cow<'_, str> {
    replaced(text, |out, _| out.push_str(MASK))
}

/// Masks every text inside `value`. Names of fields are the program's own and stay.
pub fn mask_value(value: &mut Value) {
    match value {
        Value::String(text) => {
            if let Cow::Owned(masked) = mask(text) {
                *text = masked;
            }
        }
        Value::Array(all) => all.iter_mut().for_each(mask_value),
        Value::Object(fields) => fields.values_mut().for_each(mask_value),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_a_secret_by_form_or_by_name_is_masked_and_its_surroundings_stay() {
        for (text, masked) in [
            ("login with tsk_0123456789abcdef ok", "login with [masked] ok"),
            ("password=hunter2 user=bob", "password=[masked] user=bob"),
            (r#"{"db_password": "hunter2", "n": 1}"#, r#"{"db_password": "[masked]", "n": 1}"#),
            ("Authorization: Bearer abc.def.ghi", "Authorization: Bearer [masked]"),
            ("GET /x?api_key=abcdef&page=2", "GET /x?api_key=[masked]&page=2"),
            ("clone https://me:pa55@example.org/a.git", "clone https://[masked]@example.org/a.git"),
            ("postgres://app:s3cret@db:5432/shop", "postgres://[masked]@db:5432/shop"),
            ("key AKIAABCDEFGHIJKLMNOP used", "key [masked] used"),
            ("Set-Cookie: sid=abc; Path=/", "Set-Cookie: [masked]"),
            (r#"password="correct horse battery" user=bob"#, r#"password="[masked]" user=bob"#),
            (r#"{"secret": "a \"b\" c", "n": 1}"#, r#"{"secret": "[masked]", "n": 1}"#),
            (r#"body="{\"token\": \"x y z\", \"n\": 1}""#, r#"body="{\"token\": \"[masked]\", \"n\": 1}""#),
            ("api_key='one two three' next=1", "api_key='[masked]' next=1"),
            (r#"passphrase: "cut in the mid"#, r#"passphrase: "[masked]"#),
            ("Authorization: AWS4-HMAC-SHA256 Credential=AK/1, Signature=fe5f80", "Authorization: [masked]"),
            (r#"Authorization: Digest username="ann", response="6629fae""#, "Authorization: Digest [masked]"),
            (r#"{"authorization": "Hawk id=1 mac=2", "n": 1}"#, r#"{"authorization": "[masked]", "n": 1}"#),
            (r#"curl -H "Authorization: ApiKey a b" https://example.org"#, r#"curl -H "Authorization: [masked]" https://example.org"#),
            ("token=tsk_0123456789abcdef ok", "token=[masked] ok"),
            ("Authorization: Bearer abc.def.ghi status=500 path=/x", "Authorization: Bearer [masked] status=500 path=/x"),
            ("(authorization: basic dXNlcjpwYXNz) from 10.0.0.1", "(authorization: basic [masked]) from 10.0.0.1"),
            ("Authorization: s3cr3t", "Authorization: [masked]"),
            // Nobody knows where the credentials of a scheme end that is not known.
            ("Authorization: ApiKey s3cr3t from 10.0.0.1", "Authorization: [masked]"),
            ("Authorization: ApiKey  s3cr3t", "Authorization: [masked]"),
            ("Authorization: Custom k1 s3cr3t", "Authorization: [masked]"),
            (r#"Authorization: OAuth realm="x"; oauth_signature="s3cr3t""#, "Authorization: [masked]"),
            ("Authorization: AWS4-HMAC-SHA256  Credential=AK/1,  Signature=fe5f80", "Authorization: [masked]"),
            (r#"Authorization: Signature keyId="k" algorithm="a"  signature="s3cr3t""#, "Authorization: [masked]"),
            (r#"Authorization: Digest username="ann";  response="s3cr3t""#, "Authorization: Digest [masked]"),
            (
                r#"{"msg":"Authorization: Digest username=\"ann\", response=\"s3cr3t\"","n":1}"#,
                r#"{"msg":"Authorization: Digest [masked]","n":1}"#,
            ),
            ("Authorization: Bearer abc1, Bearer s3cr3t", "Authorization: Bearer [masked]"),
            ("Authorization: Basic x, Basic s3cr3t", "Authorization: Basic [masked]"),
            ("authorization: Bearer abc1, status=500 took 3 ms", "authorization: Bearer [masked] 3 ms"),
            ("Cookie: a=1;  session=s3cr3t", "Cookie: [masked]"),
            ("Cookie: a=1, session=s3cr3t GET /", "Cookie: [masked] GET /"),
            (r#"Cookie: a="1"; session=s3cr3t"#, "Cookie: [masked]"),
            ("Cookie: a='1'; session=s3cr3t", "Cookie: [masked]"),
            (r#"{"msg":"Cookie: a=1; session=s3cr3t","path":"/"}"#, r#"{"msg":"Cookie: [masked]","path":"/"}"#),
            (r#"Authorization: Digest username="ann", response="66" then more"#, "Authorization: Digest [masked] then more"),
            (r#"-H 'Authorization: Digest username="ann", uri="/"' https://x.org"#, "-H 'Authorization: Digest [masked]' https://x.org"),
            ("Cookie: sid=abc; theme=dark status=500 path=/x", "Cookie: [masked] status=500 path=/x"),
            ("Set-Cookie: sid=a b; Expires=Wed, 21 Oct 2026 07:28:00 GMT; Secure  GET /", "Set-Cookie: [masked]  GET /"),
            (r#"curl -H "Cookie: sid=abc; b=c" https://x.org"#, r#"curl -H "Cookie: [masked]" https://x.org"#),
            (r#"{"cookie": "sid=abc; b = c  d", "n": 1}"#, r#"{"cookie": "[masked]", "n": 1}"#),
            ("名token=abc123", "名token=[masked]"),
            ("пароль password=приветмир1 дальше", "пароль password=[masked] дальше"),
        ] {
            assert_eq!(mask(text), masked);
            assert_eq!(mask(masked), masked, "again");
        }
    }

    #[test]
    fn ordinary_lines_stay_as_they_are() {
        for text in [
            "GET /cart 200 in 12 ms",
            "the token was refused",
            "deployed a1b9f3c8d7e6f5a4b3c2d1e0f9a8b7c6d5e4f3a2 by alice@example.org",
            "https://example.org/a@b",
            "tokens: 3",
            "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
        ] {
            assert_eq!(mask(text), text);
        }
    }

    #[test]
    fn a_value_is_masked_all_the_way_down() {
        let mut value = serde_json::json!({ "a": ["password=hunter2", { "b": "tsk_0123456789abcdef" }], "n": 5 });
        mask_value(&mut value);
        assert_eq!(value, serde_json::json!({ "a": ["password=[masked]", { "b": "[masked]" }], "n": 5 }));
    }
}
