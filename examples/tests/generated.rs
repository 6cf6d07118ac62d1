//! What is generated from the kinds stands in `docs/`, and is what the kinds say. Refresh it with `PREFLIGHT_UPDATE=1`.

#![expect(clippy::unwrap_used, reason = "the helpers of tests may panic too")]

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write as _,
    fs,
    path::{Path, PathBuf},
};

use vapora_preflight::{Code, PlanBuilder, Registry, Sources};

#[path = "support/registry.rs"]
mod registry;

use registry::registry;

fn docs() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs")
}

/// The page that lists all kinds, family by family.
fn index(registry: &Registry) -> String {
    let mut page = "# Kinds\n\nWhat a check of a checklist can be. Each page comes from the kind's own documentation: its \
                    parameters, the evidence that `expect` and `warn_unless` may use, and an example.\n"
        .to_owned();
    for family in registry.families() {
        write!(page, "\n## `{family}`\n\n| kind | holds when | effect |\n|---|---|---|\n").unwrap();
        let prefix = format!("{family}.");
        for kind in registry.kinds().filter(|kind| kind.name.starts_with(&prefix)) {
            let name = kind.name;
            let summary = kind.summary().replace('|', "\\|");
            writeln!(page, "| [`{name}`]({name}.md) | {summary} | {} |", kind.effect).unwrap();
        }
    }
    page
}

/// Every generated file below `docs/`, by its path there.
fn generated(registry: &Registry) -> BTreeMap<String, String> {
    let mut files: BTreeMap<String, String> =
        registry.reference().into_iter().map(|(name, page)| (format!("kinds/{name}"), page)).collect();
    files.insert("kinds/README.md".to_owned(), index(registry));
    let schema = serde_json::to_string_pretty(&registry.schema()).unwrap();
    files.insert("checklist.schema.json".to_owned(), schema + "\n");
    files
}

/// The pages that stand in the folder of the kinds.
fn committed() -> BTreeSet<String> {
    let entries = fs::read_dir(docs().join("kinds")).into_iter().flatten();
    entries.map(|entry| format!("kinds/{}", entry.unwrap().file_name().to_str().unwrap())).collect()
}

#[expect(clippy::disallowed_methods, reason = "how the one who runs the test asks for an update")]
fn update() -> bool {
    std::env::var_os("PREFLIGHT_UPDATE").is_some()
}

#[test]
fn the_generated_pages_are_what_the_kinds_say() {
    let files = generated(&registry());
    let stale = || committed().into_iter().filter(|path| !files.contains_key(path));
    if update() {
        fs::create_dir_all(docs().join("kinds")).unwrap();
        stale().for_each(|path| fs::remove_file(docs().join(path)).unwrap());
        for (path, text) in &files {
            fs::write(docs().join(path), text).unwrap();
        }
    }
    let differ = files
        .iter()
        .filter(|(path, text)| fs::read_to_string(docs().join(path)).ok().as_ref() != Some(*text))
        .map(|(path, _)| format!("`docs/{path}` is not what the kinds say"));
    let told: Vec<String> =
        differ.chain(stale().map(|path| format!("`docs/{path}` is the page of no kind"))).collect();
    assert!(told.is_empty(), "{}\nrefresh them with `PREFLIGHT_UPDATE=1`", told.join("\n"));
}

#[test]
fn every_table_of_a_page_is_whole_and_in_words() {
    for (path, page) in generated(&registry()).iter().filter(|(path, _)| path.starts_with("kinds/")) {
        let mut columns = None;
        for line in page.lines() {
            if !line.starts_with('|') {
                columns = None;
                continue;
            }
            let count = line.replace("\\|", "").matches('|').count();
            assert_eq!(*columns.get_or_insert(count), count, "`{path}`: {line}");
            // what a parameter is, in the second of four columns, is no word of a schema
            let kind = line.split('|').nth(2).filter(|_| count == 5).unwrap_or_default();
            // a field of that name is none either
            let kind = kind.replace("object? =", "");
            for word in ["any value", "null", "object", "array"] {
                assert!(!kind.contains(word), "`{path}` holds `{word}`: {line}");
            }
        }
        for word in ["  |", "| |"] {
            assert!(!page.contains(word), "`{path}` holds `{word}`");
        }
    }
}

/// The keys of every table of the schema that is written in a checklist, below the properties of an object.
fn keys_of(schema: &serde_json::Value, keys: &mut BTreeSet<String>) {
    if !schema.is_object() {
        return;
    }
    let properties = schema["properties"].as_object();
    keys.extend(properties.into_iter().flat_map(|properties| properties.keys().cloned()));
    properties.into_iter().flatten().for_each(|(_, inner)| keys_of(inner, keys));
    for inner in ["additionalProperties", "items"] {
        keys_of(&schema[inner], keys);
    }
    schema["oneOf"].as_array().into_iter().flatten().for_each(|choice| keys_of(choice, keys));
}

/// The examples of the page of the format, put together.
fn examples_of_the_format() -> String {
    let page = fs::read_to_string(docs().join("checklist.md")).unwrap();
    let blocks = page.split("```toml\n").skip(1).map(|rest| rest.split("```").next().unwrap());
    blocks.collect()
}

#[test]
fn the_page_of_the_format_names_every_key() {
    let page = fs::read_to_string(docs().join("checklist.md")).unwrap();
    // the parameters of kinds and the settings of targets have their own pages
    let mut registry = Registry::new();
    vapora_preflight::register(&mut registry);
    let mut schema = registry.schema();
    schema["properties"]["check"] = serde_json::json!({});
    let mut keys = BTreeSet::new();
    keys_of(&schema, &mut keys);
    keys.extend(vapora_preflight::RESERVED.iter().map(|key| (*key).to_owned()));
    assert!(keys.len() > 50, "{keys:?}");
    let named = |key: &String| {
        page.contains(&format!("`{key}`"))
            || page.contains(&format!("[{key}]"))
            || page.contains(&format!("[{key}."))
    };
    let missing: Vec<&String> = keys.iter().filter(|key| !named(key)).collect();
    assert!(missing.is_empty(), "docs/checklist.md does not name {missing:?}");
}

#[test]
fn the_examples_of_the_format_are_one_checklist() {
    let mut sources = Sources::new();
    sources.add("docs/checklist.md", examples_of_the_format());
    let registry = registry();
    let compiled = PlanBuilder::new(&registry)
        .sources(&sources)
        .build()
        .unwrap_or_else(|error| panic!("{:#?}", error.diagnostics));
    let codes: Vec<Code> = compiled.warnings.iter().map(|warning| warning.code).collect();
    assert_eq!(codes, [Code::VariableNotGiven]);
    let ids: Vec<&str> = compiled.plan.outline().checks.iter().map(|check| check.id.as_str()).collect();
    assert!(ids.contains(&"available[search]"), "{ids:?}");
}
