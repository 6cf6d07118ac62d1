//! What holds for any text taken as a checklist.

#![expect(
    clippy::unwrap_used,
    clippy::format_push_string,
    clippy::format_collect,
    reason = "a test that cannot go on panics, and its texts are short"
)]

use std::{fs, path::Path, sync::LazyLock};

use proptest::{collection::vec, prelude::*, sample::Index};
use vapora_preflight::{Plan, PlanBuilder, Registry, Sources};

#[path = "kinds/demo.rs"]
mod demo;
#[path = "kinds/entry.rs"]
mod entry;

use entry::compile_anything;

static REGISTRY: LazyLock<Registry> = LazyLock::new(demo::registry);

/// The texts of all fixtures of the diagnostics, and one that has no mistakes.
static TEXTS: LazyLock<Vec<String>> = LazyLock::new(|| {
    let mut texts = vec![GOOD.to_owned()];
    read_texts(Path::new("tests/fixtures/checklists"), &mut texts);
    texts
});

fn read_texts(folder: &Path, texts: &mut Vec<String>) {
    let mut paths: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    for path in paths {
        if path.is_dir() {
            read_texts(&path, texts);
        } else {
            texts.push(fs::read_to_string(path).unwrap());
        }
    }
}

const GOOD: &str = r#"
checklist = "vapora-release"
format = 1
title = "The release"

[deployment]
environment = "production"
window = { opens = 2026-12-01T13:30:00Z, closes = 2026-12-01T15:00:00Z }

[vars]
namespace = "vapora"
names = ["a", "b"]

[target.staging.demo]
address = "https://{{ vars.namespace }}.example.com"

[group.few]
width = 2

[roles.on_call]
person = "Ada"
duties = ["watch"]

[change]
rollback = "undo it"

[message.start]
text = "we begin at {{ deployment.window.opens }}"

[commands.rollback]
target = "staging"
lines = ["undo"]

[phase.before]
window = { opens = "T-24h", due = "T-2h" }

[phase.after]
needs = ["go"]

[check.reachable]
kind = "demo.answers"
phase = "before"
question = "ready?"
at_least = 1
expect = ["value >= 1", "value < 100 and not (value == 50)"]
timeout = "20s"

[check.each]
kind = "demo.answers"
phase = "before"
for_each = { name = "vars.names", number = [1, 2] }
needs = ["reachable"]
question = "is {{ each.name }} ready?"
at_least = 1
peer = { host = "{{ each.name }}", port = 80 }
within = "5m"
size = "10MiB"
since = 2026-11-01T00:00:00Z
token = { env = "TOKEN" }
when = "deployment.environment == 'production'"
group = "few"
until = { interval = "1s", timeout = "1m", consecutive = 2 }

[check.drained]
kind = "demo.mutates"
phase = "after"
target = "staging"
retry = { attempts = 3, backoff = "1s", max = "10s" }

[check.compared]
kind = "demo.answers"
phase = "after"
question = "ready?"
at_least = 1
baseline = "reachable"
warn_unless = "value <= baseline.value * 1.1"
on_fail = "roll_back"

[gate.go]
phase = "before"
requires = ["before"]

[gate.keep]
phase = "after"
question = "keep"
proceed_if = [{ name = "It answers", checks = ["each", "tag:x", "comp*"] }]
"#;

/// Texts that have broken parsers before.
fn hostile() -> impl Strategy<Value = String> {
    prop_oneof![
        Just(String::new()),
        Just("\u{feff}\0\u{202e}é🚀\u{301}".to_owned()),
        Just("{{ ".to_owned()),
        Just("{{ vars.namespace ".to_owned()),
        Just("{% for x in range(99999999) %}{{ x }}{% endfor %}".to_owned()),
        Just("{{ 'a' * 9999999999 }}".to_owned()),
        Just("{{ 9 ** 9 ** 9 ** 9 }}".to_owned()),
        Just("{% macro a() %}{{ a() }}{% endmacro %}{{ a() }}".to_owned()),
        Just("{% include 'x' %}{% set a = 1 %}".to_owned()),
        Just("range(10 ** 12)".to_owned()),
        Just("1/0".to_owned()),
        Just("-9223372036854775808 // -1".to_owned()),
        Just("9223372036854775807".to_owned()),
        Just("T-99999999999999999999h".to_owned()),
        Just("99999999999999999999999999h".to_owned()),
        Just("-9999-01-01T00:00:00Z".to_owned()),
        Just("9999-12-31T23:59:60Z".to_owned()),
        Just("99999999999999999999PiB".to_owned()),
        Just("[[[[**{{{{a,b}".to_owned()),
        Just("tag:".to_owned()),
        Just("*".to_owned()),
        Just("x[".to_owned()),
        Just("../../etc/passwd".to_owned()),
        Just("`, expected ` one of `".to_owned()),
        Just("(".repeat(4_000)),
        Just("not ".repeat(1_000)),
        Just("1".to_owned() + &"+1".repeat(2_000)),
        Just("value".to_owned() + &".a".repeat(2_000)),
        Just("value".to_owned() + &"|abs".repeat(1_000)),
        Just("true".to_owned() + &" and true".repeat(450)),
        Just("x".repeat(100_000)),
        any::<String>(),
        "[a-z{}%|.\\[\\]()'\" +<>=-]{0,40}",
    ]
}

/// Values that are no text.
fn odd_value() -> impl Strategy<Value = String> {
    prop_oneof![
        Just("99999999999999999999999999999".to_owned()),
        Just("-9223372036854775808".to_owned()),
        Just("0xffffffffffffffffffff".to_owned()),
        Just("1e999999".to_owned()),
        Just("nan".to_owned()),
        Just("-inf".to_owned()),
        Just("true".to_owned()),
        Just("07:32:00".to_owned()),
        Just("1979-05-27".to_owned()),
        Just("0000-00-00T00:00:00Z".to_owned()),
        Just("[]".to_owned()),
        Just("{}".to_owned()),
        Just("[{}, [], 1, \"a\"]".to_owned()),
        (1_usize..400).prop_map(|deep| "[".repeat(deep) + &"]".repeat(deep)),
        (1_usize..400).prop_map(|deep| "{ a = ".repeat(deep) + "1" + &" }".repeat(deep)),
    ]
}

fn quoted(text: &str) -> String {
    serde_json::to_string(text).unwrap().replace('\u{7f}', "\\u007F")
}

/// The largest place at or below `at` where a text may be cut.
fn cut(text: &str, at: Index) -> usize {
    text.floor_char_boundary(at.index(text.len() + 1))
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_text_is_a_plan_or_told(text in any::<String>()) {
        compile_anything(&REGISTRY, &[&text]);
    }

    #[test]
    fn any_bytes_are_a_plan_or_told(bytes in vec(any::<u8>(), 0..400)) {
        compile_anything(&REGISTRY, &[&String::from_utf8_lossy(&bytes)]);
    }

    #[test]
    fn toml_like_text_is_a_plan_or_told(text in "([a-z.]{1,6}|\\[|\\]|=|\"|\\{|\\}|,|\n| |[0-9]|'''|#|check|phase|kind){0,120}") {
        compile_anything(&REGISTRY, &[&text]);
    }

    #[test]
    fn a_mutilated_checklist_is_a_plan_or_told(
        first in any::<Index>(),
        edits in vec((0_u8..4, any::<Index>(), any::<Index>(), any::<Index>(), any::<Index>()), 1..6),
    ) {
        let mut text = first.get(&TEXTS).clone();
        for (what, from, to, donor, into) in edits {
            let (a, b) = (cut(&text, from), cut(&text, to));
            let (a, b) = (a.min(b), a.max(b));
            match what {
                0 => text.replace_range(a..b, ""),
                1 => {
                    let slice = text[a..b].to_owned();
                    let into = cut(&text, into);
                    text.insert_str(into, &slice);
                }
                _ => {
                    let donor = donor.get(&TEXTS);
                    let (c, d) = (cut(donor, from), cut(donor, to));
                    let into = cut(&text, into);
                    text.insert_str(into, &donor[c.min(d)..c.max(d)]);
                }
            }
            text.truncate(text.floor_char_boundary(20_000));
        }
        compile_anything(&REGISTRY, &[&text]);
    }

    #[test]
    fn lines_of_a_checklist_may_be_in_any_order(lines in Just(GOOD.lines().collect::<Vec<_>>()).prop_shuffle()) {
        compile_anything(&REGISTRY, &[&lines.join("\n")]);
    }

    #[test]
    fn a_checklist_over_two_files_is_a_plan_or_told(at in any::<Index>()) {
        let at = cut(GOOD, at);
        compile_anything(&REGISTRY, &[&GOOD[..at], &GOOD[at..]]);
        compile_anything(&REGISTRY, &[GOOD, &GOOD[..at]]);
    }

    #[test]
    fn hostile_values_in_every_place_are_told(
        place in any::<Index>(),
        value in prop_oneof![hostile().prop_map(|text| quoted(&text)), odd_value()],
    ) {
        let values: Vec<(usize, usize)> = values_of(GOOD);
        let (start, end) = *place.get(&values);
        compile_anything(&REGISTRY, &[&format!("{}{value}{}", &GOOD[..start], &GOOD[end..])]);
    }

    #[test]
    fn hostile_names_in_every_place_are_told(place in any::<Index>(), name in hostile()) {
        let names: Vec<(usize, usize)> = names_of(GOOD);
        let (start, end) = *place.get(&names);
        compile_anything(&REGISTRY, &[&format!("{}{}{}", &GOOD[..start], quoted(&name), &GOOD[end..])]);
    }

    #[test]
    fn a_valid_checklist_compiles_and_always_in_the_same_way(drawn in checklist()) {
        let plan = |text: &str| {
            let mut sources = Sources::new();
            sources.add("checklist.toml", text);
            PlanBuilder::new(&REGISTRY).sources(&sources).build().map(|compiled| compiled.plan)
        };
        let text = write(&drawn, false);
        let one: Plan = plan(&text).map_err(|error| TestCaseError::fail(format!("{error:?}\n{text}")))?;
        let two = plan(&text).unwrap();
        prop_assert_eq!(one.outline().digest(), two.outline().digest());
        // the order of keys means nothing, save in the list of the checks themselves
        let turned = plan(&write(&drawn, true)).unwrap();
        prop_assert_eq!(one.outline(), turned.outline());
        for check in &one.outline().checks {
            prop_assert_eq!(one.limits_of(check.id.as_str()), turned.limits_of(check.id.as_str()));
        }
    }
}

#[test]
fn the_good_one_is_good() {
    let mut sources = Sources::new();
    let text = GOOD.replace("\"tag:x\", ", "");
    sources.add("checklist.toml", text);
    let compiled = PlanBuilder::new(&REGISTRY).sources(&sources).build().unwrap();
    assert_eq!(compiled.plan.outline().checks.len(), 7);
    assert_eq!(compiled.warnings, []);
}

#[test]
fn deep_nesting_exhausts_nothing() {
    for deep in [10, 100, 1_000, 50_000] {
        let lists = format!("[vars]\na = {}1{}", "[".repeat(deep), "]".repeat(deep));
        let tables = format!("[vars]\na = {}1{}", "{a=".repeat(deep), "}".repeat(deep));
        let keys = format!("[vars]\n{}a = 1", "a.".repeat(deep));
        let header = format!("[vars.{}a]\na = 1", "a.".repeat(deep));
        for text in [lists, tables, keys, header] {
            compile_anything(&REGISTRY, &[&text]);
            compile_anything(&REGISTRY, &[&format!("{text}\n{GOOD}")]);
            compile_anything(
                &REGISTRY,
                &[&text
                    .replace("[vars]", "[check.a]\nkind = \"demo.answers\"\n")
                    .replace("[vars.", "[check.a.")],
            );
        }
    }
}

#[test]
fn long_chains_exhaust_nothing() {
    let chains = |times: usize| {
        [
            "1".to_owned() + &"+1".repeat(times),
            "value".to_owned() + &".a".repeat(times),
            "value".to_owned() + &"[0]".repeat(times),
            "value".to_owned() + &"|abs".repeat(times),
            "value".to_owned() + &"()".repeat(times),
            "true".to_owned() + &" and true".repeat(times),
            "1".to_owned() + &" < 2".repeat(times),
            "1".to_owned() + &" if 1 else 1".repeat(times),
            "not ".repeat(times) + "true",
            "-".repeat(times) + "1",
            "(".repeat(times) + "1" + &")".repeat(times),
            "[".repeat(times) + "1" + &"]".repeat(times),
            "{'a': ".repeat(times) + "1" + &"}".repeat(times),
            "[1+".repeat(times) + "1" + &"]".repeat(times),
        ]
    };
    let blocks = |times: usize| {
        [
            "{% if true %}".repeat(times) + "x" + &"{% endif %}".repeat(times),
            "{% for a in [1] %}".repeat(times) + "x" + &"{% endfor %}".repeat(times),
            "{% raw %}{{ ' {% endraw %}{{ 1".to_owned() + &"+1".repeat(times) + " }}{{ ' }}",
            "{% if true %}".to_owned() + &"x{% elif true %}".repeat(times) + "{% endif %}",
        ]
    };
    for times in [10, 75, 140, 199, 400, 4_000] {
        for chain in chains(times) {
            let (text, template) = (quoted(&chain), quoted(&format!("{{{{ {chain} }}}}")));
            compile_anything(&REGISTRY, &[&GOOD.replace("\"value >= 1\"", &text)]);
            compile_anything(
                &REGISTRY,
                &[&GOOD.replace("\"deployment.environment == 'production'\"", &text)],
            );
            compile_anything(&REGISTRY, &[&GOOD.replace("\"vars.names\"", &text)]);
            compile_anything(&REGISTRY, &[&GOOD.replace("\"ready?\"", &template)]);
        }
        for template in blocks(times) {
            compile_anything(&REGISTRY, &[&GOOD.replace("\"ready?\"", &quoted(&template))]);
        }
    }
}

#[test]
fn a_long_text_may_have_a_template_in_it() {
    let text = format!("{} {{{{ vars.namespace }}}}", "Undo it, step by step. ".repeat(1_000));
    let mut sources = Sources::new();
    sources.add("a.toml", GOOD.replace("\"tag:x\", ", "").replace("\"undo it\"", &quoted(&text)));
    let compiled = PlanBuilder::new(&REGISTRY).sources(&sources).build().unwrap();
    assert!(compiled.plan.outline().document("rollback").unwrap().ends_with(" vapora"));
}

#[test]
fn many_mistakes_are_told_in_reasonable_time() {
    let checks: String = (0..2_000)
        .map(|number| {
            format!(
                "[check.check-{number}]\nkind = \"demo.answers\"\nphase = \"bevore\"\nquestion = \"q\"\nat_least = 1\nneeds = [\"chekc-{number}\"]\n"
            )
        })
        .collect();
    let text = format!("[phase.before]\n{checks}");
    let mut sources = Sources::new();
    sources.add("checklist.toml", text.as_str());
    let error = PlanBuilder::new(&REGISTRY).sources(&sources).build().unwrap_err();
    assert_eq!(error.diagnostics.len(), 4_000);
}

/// The places of the values of a text, where each stands on a line of its own.
fn values_of(text: &str) -> Vec<(usize, usize)> {
    let mut places = Vec::new();
    let mut start = 0;
    for line in text.split_inclusive('\n') {
        if let Some(at) = line.find(" = ") {
            places.push((start + at + 3, start + line.trim_end().len()));
        }
        // texts inside of lists and tables, too
        let quotes: Vec<usize> = line.match_indices('"').map(|(at, _)| at).collect();
        places.extend(quotes.chunks_exact(2).map(|pair| (start + pair[0], start + pair[1] + 1)));
        start += line.len();
    }
    places
}

/// The places of the names in headers and of the keys of a text.
fn names_of(text: &str) -> Vec<(usize, usize)> {
    let mut places = Vec::new();
    let mut start = 0;
    for line in text.split_inclusive('\n') {
        if let Some(rest) = line.strip_prefix('[') {
            let mut at = start + 1;
            for part in rest.trim_end().trim_end_matches(']').split('.') {
                places.push((at, at + part.len()));
                at += part.len() + 1;
            }
        } else if let Some(at) = line.find(" = ") {
            places.push((start, start + at));
        }
        start += line.len();
    }
    places
}

/// A check of a random checklist.
#[derive(Debug, Clone)]
struct Drawn {
    keys: Vec<(&'static str, String)>,
    /// Whether it needs each of those before it.
    needs: Vec<bool>,
    late: bool,
    each: Option<Vec<u8>>,
}

fn checklist() -> impl Strategy<Value = Vec<Drawn>> {
    let keys = (
        "[a-z '`\\\\}]{0,12}",
        1_u32..9,
        proptest::option::of(0_u64..100_000),
        proptest::option::of("[a-z]{1,8}"),
        proptest::option::of(0_u8..9),
        any::<bool>(),
    )
        .prop_map(|(question, at_least, within, host, limit, hurried)| {
            let mut keys = vec![("question", quoted(&question)), ("at_least", at_least.to_string())];
            keys.extend(within.map(|millis| ("within", format!("\"{millis}ms\""))));
            keys.extend(host.map(|host| ("peer", format!("{{ host = \"{host}\", port = 80 }}"))));
            keys.extend(limit.map(|limit| ("expect", format!("[\"value > {limit}\"]"))));
            if hurried {
                keys.push(("mood", "\"hurried\"".to_owned()));
                keys.push(("severity", "\"advisory\"".to_owned()));
                keys.push(("tags", "[\"a\", \"b\"]".to_owned()));
                keys.push(("timeout", "{ attempt = \"1s\", total = \"10s\" }".to_owned()));
            }
            keys
        });
    let each = proptest::option::weighted(0.2, proptest::collection::btree_set(any::<u8>(), 1..4));
    let check = (keys, vec(any::<bool>(), 8), any::<bool>(), each).prop_map(|(keys, needs, late, each)| {
        Drawn { keys, needs, late, each: each.map(|set| set.into_iter().collect()) }
    });
    vec(check, 1..9)
}

fn write(checks: &[Drawn], turned: bool) -> String {
    let mut text = "[phase.early]\n[phase.late]\n[check.last]\nkind = \"demo.answers\"\nphase = \"late\"\nquestion = \"q\"\nat_least = 1\n\
         [check.first]\nkind = \"demo.answers\"\nphase = \"early\"\nquestion = \"q\"\nat_least = 1\n"
        .to_owned();
    for (number, check) in checks.iter().enumerate() {
        text += &format!("[check.c{number}]\n");
        let phase = if check.late { "late" } else { "early" };
        let mut keys = check.keys.clone();
        keys.push(("kind", "\"demo.answers\"".to_owned()));
        keys.push(("phase", format!("\"{phase}\"")));
        let needs: Vec<String> = (0..number)
            .filter(|other| check.needs[*other] && (check.late || !checks[*other].late))
            .map(|other| format!("\"c{other}\""))
            .collect();
        keys.push(("needs", format!("[{}]", needs.join(", "))));
        keys.extend(check.each.as_ref().map(|values| ("for_each", format!("{{ n = {values:?} }}"))));
        if turned {
            keys.reverse();
        }
        for (key, value) in keys {
            text += &format!("{key} = {value}\n");
        }
    }
    text += "[gate.go]\nphase = \"late\"\nrequires = [\"early\", \"c*\", \"last\"]\n";
    text
}
