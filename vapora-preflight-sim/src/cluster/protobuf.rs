//! Reviews in protobuf, as kubectl sends them, read into what they are in JSON.

use serde_json::{Map, Value, json};

/// What stands before every object.
const MAGIC: &[u8] = b"k8s\0";

/// The fields of a message: their number, their name, and what they hold.
type Message = &'static [(u64, &'static str, Field)];

#[derive(Clone, Copy)]
enum Field {
    Text,
    Message(Message),
}

const ENVELOPE: Message = &[
    (1, "type", Field::Message(&[(1, "apiVersion", Field::Text), (2, "kind", Field::Text)])),
    (2, "raw", Field::Text),
];
const ACCESS: Message = &[(
    2,
    "spec",
    Field::Message(&[
        (
            1,
            "resourceAttributes",
            Field::Message(&[
                (1, "namespace", Field::Text),
                (2, "verb", Field::Text),
                (3, "group", Field::Text),
                (4, "version", Field::Text),
                (5, "resource", Field::Text),
                (6, "subresource", Field::Text),
                (7, "name", Field::Text),
            ]),
        ),
        (2, "nonResourceAttributes", Field::Message(&[(1, "path", Field::Text), (2, "verb", Field::Text)])),
    ]),
)];
const RULES: Message = &[(2, "spec", Field::Message(&[(1, "namespace", Field::Text)]))];

/// The object in a body; `None` where it is no review, or has what the simulation does not read.
pub(crate) fn review(body: &[u8]) -> Option<Value> {
    let envelope = fields(body.strip_prefix(MAGIC)?)?;
    let one = |number: u64| envelope.iter().find(|(known, _)| *known == number).map(|(_, bytes)| *bytes);
    let (_, _, Field::Message(of_the_type)) = ENVELOPE[0] else { return None };
    let mut object = read(one(1)?, of_the_type)?;
    let message: Message = match object["kind"].as_str()? {
        "SelfSubjectAccessReview" => ACCESS,
        "SelfSubjectRulesReview" => RULES,
        "SelfSubjectReview" => &[],
        _ => return None,
    };
    let known = read(one(2)?, message)?;
    for (field, value) in known.as_object()? {
        object[field] = value.clone();
    }
    Some(object)
}

/// Reads the fields that are known, and passes over the others; a text that is empty is as good as none.
fn read(bytes: &[u8], message: Message) -> Option<Value> {
    let mut object = Map::new();
    for (number, bytes) in fields(bytes)? {
        let Some((_, name, field)) = message.iter().find(|(known, ..)| *known == number) else { continue };
        let value = match field {
            Field::Text => json!(std::str::from_utf8(bytes).ok()?),
            Field::Message(message) => read(bytes, message)?,
        };
        if value != "" {
            object.insert((*name).to_owned(), value);
        }
    }
    Some(Value::Object(object))
}

/// The fields of a message that hold bytes, with their numbers; `None` where it is no message.
fn fields(mut bytes: &[u8]) -> Option<Vec<(u64, &[u8])>> {
    let mut found = Vec::new();
    while !bytes.is_empty() {
        let key = number(&mut bytes)?;
        match key & 7 {
            0 => {
                number(&mut bytes)?;
            }
            2 => {
                let length = usize::try_from(number(&mut bytes)?).ok()?;
                let (field, rest) = bytes.split_at_checked(length)?;
                found.push((key >> 3, field));
                bytes = rest;
            }
            _ => return None,
        }
    }
    Some(found)
}

/// A number of variable length.
fn number(bytes: &mut &[u8]) -> Option<u64> {
    let mut value = 0;
    for shift in (0..64).step_by(7) {
        let (byte, rest) = bytes.split_first()?;
        *bytes = rest;
        value |= u64::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            return Some(value);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What `kubectl auth can-i create deployments -n vapora` sends.
    const CAN_I: &[u8] = b"k8s\0\n2\n\x17authorization.k8s.io/v1\x12\x17SelfSubjectAccessReview\x12I\n\x10\n\0\x12\0\
        \x1a\0\"\0*\x002\08\0B\0\x12+\n)\n\x06vapora\x12\x06create\x1a\x04apps\"\0*\x0bdeployments2\0:\0\x1a\x08\x08\0\
        \x12\0\x1a\0 \0\x1a\0\"\0";

    #[test]
    fn a_review_is_read_and_nothing_else() {
        assert_eq!(
            review(CAN_I).unwrap(),
            json!({
                "apiVersion": "authorization.k8s.io/v1",
                "kind": "SelfSubjectAccessReview",
                "spec": { "resourceAttributes": {
                    "namespace": "vapora", "verb": "create", "group": "apps", "resource": "deployments",
                } },
            })
        );
        let other = String::from_utf8(CAN_I.to_vec()).unwrap().replace("SelfSubject", "Unknown1234");
        assert_eq!(review(other.as_bytes()), None);
        assert_eq!(review(b"{}"), None);
        for end in 4..CAN_I.len() - 4 {
            assert!(review(&CAN_I[..end]).is_none_or(|read| read["spec"].is_null()), "cut at {end}");
        }
    }
}
