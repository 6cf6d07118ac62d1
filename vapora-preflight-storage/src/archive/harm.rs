//! What would do harm where an archive is unpacked.

use vapora_preflight::Finding;

use super::{Member, MemberSort, name::unsafe_name};

impl Member {
    /// Its name without the `./` that some programs write before it.
    pub(crate) fn plain_name(&self) -> &str {
        self.name.strip_prefix("./").unwrap_or(&self.name)
    }

    /// What in it would do harm, in words: `` `a` is a link to `/etc` ``.
    pub(crate) fn harm(&self) -> Vec<String> {
        let mut harm = Vec::new();
        if let Some(why) = unsafe_name(&self.name) {
            harm.push(format!("the name `{}` {why}", self.name.escape_debug()));
        }
        let name = self.plain_name().escape_debug();
        match &self.sort {
            MemberSort::File | MemberSort::Folder => {}
            MemberSort::Link(target) if target.is_empty() => harm.push(format!("`{name}` is a link")),
            MemberSort::Link(target) => {
                harm.push(format!("`{name}` is a link to `{}`", target.escape_debug()));
            }
            MemberSort::Special => harm.push(format!("`{name}` is no plain file")),
        }
        harm
    }
}

/// The finding that a place is refused because of what would do harm; `word` is what it is: `an archive`.
pub(crate) fn refusal(place: impl std::fmt::Display, word: &str, harm: &[String]) -> Finding {
    let actual = harm.iter().take(4).cloned().collect::<Vec<_>>().join("; ");
    Finding::new(format!("`{place}` is refused: {actual}"))
        .expected(format!("{word} that does no harm where it is unpacked"))
        .actual(actual)
        .remedy("do not unpack it; find out who made it, and make it anew")
}
