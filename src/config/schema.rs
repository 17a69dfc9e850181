//! The settings as a JSON schema, for editors. Made from the list of settings, so it cannot be another one.

use serde_json::{Map, Value, json};

use super::keys::{KEYS, Kind, in_context};
use super::notify::Shape;

/// The schema, as text that ends with a line feed.
pub fn schema() -> String {
    let mut root = tree(KEYS.iter().filter(|it| !it.path.starts_with("context.")).map(|it| (it.path, it.kind, it.help)));
    let one = object(tree(in_context().map(|(path, it)| (path, it.kind, it.help))), "A platform, and how one gets in.");
    let flat = tree(KEYS.iter().filter_map(|it| Some((it.path.strip_prefix("context.")?, it.kind, it.help))));
    let name = json!({ "type": "string", "description": "the context that is used when nobody names one" });
    let choice = json!({ "oneOf": [name, object(flat, "The one context, where there is only one.")] });
    root.insert("context".to_owned(), choice);
    let contexts = json!({ "type": "object", "description": "Contexts by their names.", "additionalProperties": one });
    root.insert("contexts".to_owned(), contexts);
    if let Some(keys) = root.get_mut("keys") {
        // Actions by their names, which have dots in them: without quotes those are tables.
        keys["additionalProperties"] = json!({ "type": ["string", "array", "boolean", "object"], "items": { "type": "string" } });
    }
    let mut all = object(root, "Settings of trackside: ~/.config/trackside/config.toml");
    all["$schema"] = json!("http://json-schema.org/draft-07/schema#");
    all["title"] = json!("trackside");
    let mut text = serde_json::to_string_pretty(&all).unwrap_or_default();
    text.push('\n');
    text
}

/// Keys with dots in them as objects in objects.
fn tree(keys: impl Iterator<Item = (&'static str, Kind, &'static str)>) -> Map<String, Value> {
    let mut root = Map::new();
    for (path, kind, help) in keys {
        let mut one = of(kind);
        one["description"] = json!(help);
        put(&mut root, path, one);
    }
    root
}

fn put(at: &mut Map<String, Value>, path: &str, one: Value) {
    let Some((table, rest)) = path.split_once('.') else {
        at.insert(path.to_owned(), one);
        return;
    };
    let inner = at.entry(table).or_insert_with(|| object(Map::new(), ""));
    if let Some(Value::Object(properties)) = inner.get_mut("properties") {
        put(properties, rest, one);
    }
}

fn object(properties: Map<String, Value>, help: &str) -> Value {
    let mut it = json!({ "type": "object", "additionalProperties": false });
    it["properties"] = Value::Object(properties);
    if !help.is_empty() {
        it["description"] = json!(help);
    }
    it
}

fn of(kind: Kind) -> Value {
    let text = || json!({ "type": "string" });
    let list = || json!({ "type": "array", "items": { "type": "string" } });
    match kind {
        Kind::Text | Kind::Zone => text(),
        Kind::Flag => json!({ "type": "boolean" }),
        Kind::Bytes(least) => {
            json!({ "oneOf": [{ "type": "integer", "minimum": least }, { "type": "string", "pattern": "^[0-9]+ *([KMGkmg](iB|ib)?|B|b)?$" }] })
        }
        Kind::Span => json!({ "type": "string", "examples": ["90s", "5m"] }),
        Kind::Whole(least) => json!({ "type": "integer", "minimum": least }),
        Kind::Share => json!({ "type": "number", "minimum": 0, "maximum": 1 }),
        Kind::Hours | Kind::News(Shape::Quiet) => json!({ "type": "string", "pattern": "^[0-9]{1,2}:[0-9]{2} *- *[0-9]{1,2}:[0-9]{2}$" }),
        Kind::Weekdays | Kind::Dates | Kind::News(Shape::Ways | Shape::Always | Shape::Watches) => list(),
        Kind::Command => json!({ "type": "array", "items": { "type": "string" }, "minItems": 1 }),
        Kind::News(Shape::Osc) => json!({ "enum": ["auto", "9", "777", "off"] }),
        Kind::One(words) => json!({ "enum": words }),
    }
}
