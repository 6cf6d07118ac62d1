//! One sentence that says why a verdict is what it is.

use vapora_preflight::{CheckId, Decision, Weight};

use crate::{clip::short, judgement::Judgement, wording::many};

/// The sentence, in parts: the check it begins with, where it is about one, and the rest.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Why {
    pub(crate) check: Option<CheckId>,
    pub(crate) told: String,
    /// How many other checks say the like: `and 2 more speak against it`; empty where there are none.
    pub(crate) more: String,
}

/// Why it was decided so: the first thing that speaks against it, or is not known; nothing where it was not judged.
pub(crate) fn why(judgement: &Judgement<'_>) -> Option<Why> {
    let record = judgement.record?;
    let (weight, one, several) = match record.verdict.decision {
        Decision::NoGo => (Weight::Against, "speaks against it", "speak against it"),
        Decision::Undecided => (Weight::Open, "is not known", "are not known"),
        Decision::Go => {
            let notices = match judgement.reasons(Weight::Notice).len() {
                0 => String::new(),
                count => many(count, "notice decides nothing", "notices decide nothing"),
            };
            let told = "nothing speaks against it, and nothing that counts is unknown".to_owned();
            return Some(Why { check: None, told, more: notices });
        }
    };
    let reasons = judgement.reasons(weight);
    let Some(first) = reasons.first() else {
        let told = "one of its conditions decides it".to_owned();
        return Some(Why { check: None, told, more: String::new() });
    };
    let more = match reasons.len() - 1 {
        0 => String::new(),
        count => format!("{count} more {}", if count == 1 { one } else { several }),
    };
    let message = short(&first.message, 160);
    let told = if first.check.is_some() { format!("{}: {message}", first.status) } else { message };
    Some(Why { check: first.check.clone(), told, more })
}
