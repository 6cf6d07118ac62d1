//! Any bytes as a checklist; a NUL parts its files.

#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use vapora_preflight::Registry;

#[path = "../../vapora-preflight/tests/kinds/demo.rs"]
mod demo;
#[path = "../../vapora-preflight/tests/kinds/entry.rs"]
mod entry;

static REGISTRY: LazyLock<Registry> = LazyLock::new(demo::registry);

fuzz_target!(|data: &[u8]| {
    let text = String::from_utf8_lossy(data);
    let texts: Vec<&str> = text.split('\0').collect();
    entry::compile_anything(&REGISTRY, &texts);
});
