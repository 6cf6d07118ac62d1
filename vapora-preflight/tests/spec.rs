//! What a checklist in TOML comes to.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on panics, and its texts are short")]

use std::{fs, time::Duration};

use vapora_preflight::{
    Advice, CheckId, CheckOutline, Code, Compiled, Digest, Effect, Outline, Overrides, PlanBuilder, Question,
    ReleaseId, Run, RunError, Severity, Side, Sources, Timestamp, load,
};

#[path = "kinds/demo.rs"]
mod demo;

fn compile_with(text: &str, overrides: Overrides) -> Compiled {
    let mut sources = Sources::new();
    sources.add("checklist.toml", text);
    let registry = demo::registry();
    PlanBuilder::new(&registry)
        .sources(&sources)
        .overrides(overrides)
        .build()
        .unwrap_or_else(|error| panic!("{:#?}", error.diagnostics))
}

fn compile(text: &str) -> Compiled {
    compile_with(text, Overrides::new())
}

fn errors_of(text: &str, overrides: Overrides) -> Vec<String> {
    let mut sources = Sources::new();
    sources.add("checklist.toml", text);
    let registry = demo::registry();
    let error = PlanBuilder::new(&registry).sources(&sources).overrides(overrides).build().unwrap_err();
    error.diagnostics.iter().map(ToString::to_string).collect()
}

fn ids<'i>(ids: impl IntoIterator<Item = &'i CheckId>) -> Vec<&'i str> {
    ids.into_iter().map(CheckId::as_str).collect()
}

fn check<'o>(outline: &'o Outline, id: &str) -> &'o CheckOutline {
    outline.check(id).unwrap_or_else(|| panic!("no {id}"))
}

/// A checklist of one check `one`, with more keys.
fn one(keys: &str) -> String {
    format!(
        "[phase.before]\n[vars]\nlimit = 5\n[target.staging.demo]\naddress = \"a\"\n[target.other.demo]\naddress = \"b\"\n\
         [check.zero]\nkind = \"demo.answers\"\nphase = \"before\"\nquestion = \"q\"\nat_least = 1\n\
         [check.one]\nkind = \"demo.answers\"\nphase = \"before\"\n{keys}\n"
    )
}

fn definition(keys: &str) -> Digest {
    let compiled = compile(&one(keys));
    check(compiled.plan.outline(), "one").definition
}

#[test]
fn for_each_makes_an_instance_of_every_combination() {
    let compiled = compile(
        r#"
        [phase.before]
        [vars]
        names = ["a", "b"]
        [check.each]
        kind = "demo.answers"
        phase = "before"
        for_each = { name = "vars.names", number = [1, 2] }
        title = "{{ each.name }} of {{ each.number }}"
        question = "is {{ each.name }} ready?"
        at_least = 1
        [check.after]
        kind = "demo.answers"
        phase = "before"
        question = "q"
        at_least = 1
        needs = ["each"]
        [check.after-one]
        kind = "demo.answers"
        phase = "before"
        question = "q"
        at_least = 1
        needs = ["each[b,2]"]
        "#,
    );
    let outline = compiled.plan.outline();
    let all = ["each[a,1]", "each[a,2]", "each[b,1]", "each[b,2]"];
    assert_eq!(ids(outline.checks.iter().map(|it| &it.id))[..4], all);
    assert_eq!(check(outline, "each[b,1]").title, "b of 1");
    assert_eq!(ids(compiled.plan.needs_of("after")), all);
    assert_eq!(ids(compiled.plan.needs_of("after-one")), ["each[b,2]"]);
    let definitions: Vec<_> = all.iter().map(|id| check(outline, id).definition).collect();
    assert_ne!(definitions[0], definitions[2], "the parameters differ");
    assert_eq!(definitions[0], definitions[1], "the number is no parameter");
}

#[test]
fn variables_are_filled_in_one_after_the_other_and_overridden_with_their_types() {
    let text = r#"
        [phase.before]
        [deployment]
        environment = "production"
        [vars]
        base = "vapora"
        full = "{{ vars.base }}-{{ deployment.environment }}"
        names = ["a"]
        count = 1
        [check.each]
        kind = "demo.answers"
        phase = "before"
        for_each = { name = "vars.names" }
        question = "q"
        at_least = 1
        title = "{{ vars.full }} {{ vars.count + 1 }}"
        "#;
    let compiled = compile(text);
    assert_eq!(check(compiled.plan.outline(), "each[a]").title, "vapora-production 2");

    let overrides = Overrides::new()
        .var("names", r#"["x", "y"]"#)
        .var("base", "plain text")
        .var("count", "41")
        .environment("staging")
        .release(ReleaseId::new("v2").unwrap());
    let compiled = compile_with(text, overrides);
    let outline = compiled.plan.outline();
    assert_eq!(ids(outline.checks.iter().map(|it| &it.id)), ["each[x]", "each[y]"]);
    assert_eq!(check(outline, "each[x]").title, "plain text-staging 42");
    assert_eq!(outline.deployment.release.as_ref().map(ReleaseId::as_str), Some("v2"));
}

/// A checklist whose releases have a ticket each.
const OF_A_TICKET: &str = r#"
    [required_vars]
    ticket = { about = "the number of the ticket", example = 1 }
    [vars]
    page = "tickets/{{ vars.ticket }}"
    [phase.before]
    [check.one]
    kind = "demo.answers"
    question = "is {{ vars.page }} there?"
    at_least = 1
"#;

#[test]
fn a_variable_of_the_release_is_an_example_until_it_is_given() {
    let compiled = compile(OF_A_TICKET);
    let [ticket] = compiled.plan.not_given() else { panic!("{:?}", compiled.plan.not_given()) };
    assert_eq!(
        (ticket.name.as_str(), ticket.about.as_str(), &ticket.example),
        ("ticket", "the number of the ticket", &1.into())
    );
    let codes: Vec<Code> = compiled.warnings.iter().map(|warning| warning.code).collect();
    assert_eq!(codes, [Code::VariableNotGiven]);

    let given = compile_with(OF_A_TICKET, Overrides::new().var("ticket", "1"));
    assert_eq!(given.plan.not_given(), []);
    assert_eq!(given.warnings, []);
    let another = compile_with(OF_A_TICKET, Overrides::new().var("ticket", "2"));
    let definition = |compiled: &Compiled| check(compiled.plan.outline(), "one").definition;
    assert_eq!(definition(&given), definition(&compiled), "the value counts, wherever it comes from");
    assert_ne!(definition(&given), definition(&another));
}

#[tokio::test]
async fn a_plan_with_examples_in_it_is_not_run() {
    let plan = compile(OF_A_TICKET).plan;
    let error = Run::new(&plan).execute().await.unwrap_err();
    assert!(matches!(&error, RunError::NotGiven { variables } if variables == plan.not_given()), "{error}");
    assert_eq!(error.to_string(), "expected `ticket` (the number of the ticket), found nothing");
}

#[test]
fn an_override_of_something_undeclared_is_told() {
    let text = one("question = \"q\"\nat_least = 1");
    assert_eq!(
        errors_of(&text, Overrides::new().var("limt", "5")),
        ["error[unknown-variable]: the caller sets `vars.limt`, which the checklist does not declare"]
    );
    assert_eq!(
        errors_of(&text, Overrides::new().role("on_call", "Ada")),
        ["error[unknown-role]: the caller fills the role `on_call`, which the checklist does not declare"]
    );
}

#[test]
fn a_check_whose_condition_is_false_does_not_apply_and_says_why() {
    let text = one("question = \"q\"\nat_least = 1\nwhen = \"vars.limit > 5\"");
    let compiled = compile(&text);
    let why = check(compiled.plan.outline(), "one").not_applicable.clone();
    assert_eq!(why.as_deref(), Some("it applies only when `vars.limit > 5`"));
    let compiled = compile_with(&text, Overrides::new().var("limit", "6"));
    assert_eq!(check(compiled.plan.outline(), "one").not_applicable, None);
}

#[test]
fn windows_lie_around_the_planned_time() {
    let text = r#"
        [deployment]
        window = { opens = 2026-12-01T13:30:00Z, closes = 2026-12-01T15:00:00Z }
        [phase.before]
        window = { opens = "T-24h", due = "T-2h" }
        [phase.fixed]
        window = { due = 2026-12-01T12:00:00+01:00 }
        [check.one]
        kind = "demo.answers"
        phase = "before"
        question = "q"
        at_least = 1
        [check.two]
        kind = "demo.answers"
        phase = "fixed"
        question = "q"
        at_least = 1
        "#;
    let at = |text: &str| text.parse::<Timestamp>().unwrap();
    let compiled = compile(text);
    let outline = compiled.plan.outline();
    assert_eq!(
        outline.deployment.planned,
        Some(at("2026-12-01T13:30:00Z")),
        "T is the opening of the window"
    );
    let phase = outline.phase("before").unwrap();
    assert_eq!(
        (phase.opens, phase.due),
        (Some(at("2026-11-30T13:30:00Z")), Some(at("2026-12-01T11:30:00Z")))
    );
    let phase = outline.phase("fixed").unwrap();
    assert_eq!((phase.opens, phase.due), (None, Some(at("2026-12-01T11:00:00Z"))));

    let overrides = Overrides::new().planned(at("2026-12-02T14:00:00Z"));
    let compiled = compile_with(text, overrides);
    let phase = compiled.plan.outline().phase("before").unwrap().clone();
    assert_eq!(phase.due, Some(at("2026-12-02T12:00:00Z")));
}

#[test]
fn an_unknown_planned_time_keeps_no_window_and_warns() {
    let compiled = compile(
        "[phase.before]\nwindow = { due = \"T-2h\" }\n[check.one]\nkind = \"demo.answers\"\nphase = \"before\"\nquestion = \"q\"\nat_least = 1",
    );
    assert_eq!(compiled.plan.outline().phases[0].due, None);
    assert_eq!(compiled.warnings.len(), 1);
}

#[test]
fn the_needs_of_a_phase_are_those_of_all_its_checks_save_the_needed_one() {
    let compiled = compile(
        r#"
        [phase.before]
        needs = ["reachable"]
        [check.one]
        kind = "demo.answers"
        phase = "before"
        question = "q"
        at_least = 1
        needs = ["reachable"]
        [check.reachable]
        kind = "demo.answers"
        phase = "before"
        question = "q"
        at_least = 1
        "#,
    );
    assert_eq!(ids(compiled.plan.needs_of("one")), ["reachable"]);
    assert!(compiled.plan.needs_of("reachable").is_empty());
}

#[test]
fn limits_are_read_with_their_units() {
    let compiled = compile(&one(
        "question = \"q\"\nat_least = 1\ntimeout = { attempt = \"2s\", total = \"1m\" }\n\
         retry = { attempts = 4, backoff = \"100ms\", max = \"1s\" }\nuntil = { interval = \"10s\", timeout = \"5m\", consecutive = 3 }\n\
         fresh_for = \"4h\"\nseverity = \"critical\"\non_fail = \"roll_back\"\ntags = [\"fast\"]",
    ));
    let limits = compiled.plan.limits_of("one").unwrap();
    assert_eq!((limits.attempt, limits.total), (Duration::from_secs(2), Some(Duration::from_mins(1))));
    assert_eq!(
        (limits.retry.attempts, limits.retry.backoff, limits.retry.max),
        (4, Duration::from_millis(100), Duration::from_secs(1))
    );
    let until = limits.until.unwrap();
    assert_eq!(
        (until.interval, until.timeout, until.consecutive),
        (Duration::from_secs(10), Duration::from_mins(5), 3)
    );
    let check = check(compiled.plan.outline(), "one");
    assert_eq!(check.fresh_for, Some(Duration::from_hours(4)));
    assert_eq!((check.severity, check.on_fail), (Severity::Critical, Some(Advice::RollBack)));
    assert_eq!((check.effect, check.tags.as_slice()), (Effect::Reads, ["fast".to_owned()].as_slice()));
}

#[test]
fn checks_stand_in_the_order_of_their_phases() {
    let compiled = compile(
        r#"
        [phase.before]
        [phase.after]
        [check.late]
        kind = "demo.answers"
        phase = "after"
        question = "q"
        at_least = 1
        [check.early]
        kind = "demo.answers"
        phase = "before"
        question = "q"
        at_least = 1
        "#,
    );
    assert_eq!(ids(compiled.plan.outline().checks.iter().map(|it| &it.id)), ["early", "late"]);
}

const GATES: &str = r#"
    [phase.before]
    [phase.after]
    [check.staging-one]
    kind = "demo.answers"
    phase = "before"
    question = "q"
    at_least = 1
    tags = ["fast"]
    [check.staging-two]
    kind = "demo.answers"
    phase = "before"
    for_each = { name = ["a", "b"] }
    question = "q"
    at_least = 1
    [check.waits]
    kind = "demo.answers"
    phase = "before"
    question = "q"
    at_least = 1
    needs = ["own"]
    [check.last]
    kind = "demo.answers"
    phase = "after"
    question = "q"
    at_least = 1
    [gate.own]
    phase = "before"
    [gate.by-tag]
    phase = "before"
    requires = ["tag:fast"]
    [gate.by-pattern]
    phase = "before"
    requires = ["staging-*"]
    [gate.by-base]
    phase = "before"
    requires = ["staging-two"]
    [gate.by-phase]
    phase = "after"
    question = "keep"
    requires = ["before", "last"]
    [gate.by-conditions]
    phase = "after"
    proceed_if = [{ name = "Staging is fine", checks = ["staging-*", "tag:fast"] }]
    reschedule_if = [{ name = "It is late", checks = ["last"] }]
"#;

#[test]
fn a_gate_judges_phases_checks_patterns_and_tags() {
    let compiled = compile(GATES);
    let outline = compiled.plan.outline();
    let subjects = |gate: &str| ids(&outline.gate(gate).unwrap().subjects);
    let staging = ["staging-one", "staging-two[a]", "staging-two[b]"];
    assert_eq!(subjects("own"), staging, "its own phase, without what waits for it");
    assert_eq!(subjects("by-tag"), ["staging-one"]);
    assert_eq!(subjects("by-pattern"), staging);
    assert_eq!(subjects("by-base"), staging[1..]);
    assert_eq!(subjects("by-phase"), [&staging[..], &["waits", "last"]].concat());
    assert_eq!(outline.gate("by-phase").unwrap().question, Question::Keep);
    assert_eq!(ids(compiled.plan.needs_of("own")), staging);
}

#[test]
fn a_gate_keeps_its_conditions_by_name() {
    let compiled = compile(GATES);
    let gate = compiled.plan.outline().gate("by-conditions").unwrap();
    let told: Vec<_> =
        gate.conditions.iter().map(|it| (it.name.as_str(), it.side, ids(&it.subjects))).collect();
    let staging = vec!["staging-one", "staging-two[a]", "staging-two[b]"];
    assert_eq!(
        told,
        [("Staging is fine", Side::ProceedIf, staging), ("It is late", Side::RescheduleIf, vec!["last"])]
    );
}

#[test]
fn a_definition_is_what_is_asked_and_of_whom() {
    let base = definition("question = \"q\"\nat_least = 1");
    for same in [
        "at_least = 1\nquestion = \"q\"",
        "question = \"q\"\nat_least = 1\ntitle = \"t\"\nhint = \"h\"\nseverity = \"advisory\"\nowner = \"o\"\ndocs = \"d\"",
        "question = \"q\"\nat_least = 1\ntimeout = \"3s\"\ntags = [\"x\"]\nneeds = [\"zero\"]\ngroup = \"g\"",
        "question = \"{{ 'q' }}\"\nat_least = 1",
    ] {
        assert_eq!(definition(same), base, "{same}");
    }
    let other = [
        "question = \"p\"\nat_least = 1",
        "question = \"q\"\nat_least = 2",
        "question = \"q\"\nat_least = 1\nwithin = \"5s\"",
        "question = \"q\"\nat_least = 1\ntarget = \"staging\"",
        "question = \"q\"\nat_least = 1\ntarget = \"other\"",
        "question = \"q\"\nat_least = 1\nexpect = \"value > 1\"",
        "question = \"q\"\nat_least = 1\nwarn_unless = \"value > 1\"",
        "question = \"q\"\nat_least = 1\nbaseline = \"zero\"",
    ];
    let mut all: Vec<Digest> = other.iter().map(|keys| definition(keys)).collect();
    all.push(base);
    all.sort();
    all.dedup();
    assert_eq!(all.len(), other.len() + 1);
}

#[test]
fn a_definition_holds_the_documents_that_it_names() {
    let mut registry = vapora_preflight::Registry::new();
    vapora_preflight::register(&mut registry);
    let definition = |start: &str, other: &str| {
        let mut sources = Sources::new();
        sources.add(
            "checks.toml",
            format!(
                "[phase.before]\n[message.start]\ntext = \"{start}\"\n[message.other]\ntext = \"{other}\"\n\
                 [check.one]\nkind = \"plan.documented\"\nphase = \"before\"\ndocument = \"message.start\"\n"
            ),
        );
        let compiled = PlanBuilder::new(&registry).sources(&sources).build().unwrap();
        check(compiled.plan.outline(), "one").definition
    };
    assert_ne!(definition("at 14:00", "x"), definition("at 15:00", "x"));
    assert_eq!(definition("at 14:00", "x"), definition("at 14:00", "y"));
}

#[test]
fn nested_keys_may_stand_in_any_order() {
    let keys = |peer: &str| format!("question = \"q\"\nat_least = 1\npeer = {peer}");
    assert_eq!(
        definition(&keys("{ host = \"a\", port = 1 }")),
        definition(&keys("{ port = 1, host = \"a\" }"))
    );
}

#[test]
fn one_expression_may_stand_without_its_list() {
    let compiled = compile(&one("question = \"q\"\nat_least = 1\nexpect = \"value >= vars.limit\""));
    assert_eq!(compiled.plan.conditions_of("one"), (vec!["value >= vars.limit".to_owned()], vec![]));
}

#[test]
fn a_secret_stays_a_reference() {
    let compiled = compile(&one("question = \"q\"\nat_least = 1\ntoken = { env = \"TOKEN\" }"));
    let outline = serde_json_of(compiled.plan.outline());
    assert!(!outline.contains("TOKEN"), "{outline}");
    assert_ne!(
        definition("question = \"q\"\nat_least = 1\ntoken = { env = \"TOKEN\" }"),
        definition("question = \"q\"\nat_least = 1\ntoken = { file = \"TOKEN\" }")
    );
}

fn serde_json_of(outline: &Outline) -> String {
    serde_json::to_string(outline).unwrap()
}

#[test]
fn the_files_of_a_folder_are_read_in_the_order_of_their_names() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    };
    let check = |id: &str| format!("[check.{id}]\nkind = \"demo.answers\"\nquestion = \"q\"\nat_least = 1\n");
    write("list/20-after.toml", &format!("phase = \"after\"\n{}", check("late")));
    write(
        "list/10-before.toml",
        &format!("include = [\"../shared/phases.toml\"]\nphase = \"before\"\n{}", check("early")),
    );
    write("list/notes.md", "no TOML");
    write("shared/phases.toml", "include = [\"more/names.toml\"]\n[phase.before]\n[phase.after]\n");
    write("shared/more/names.toml", "checklist = \"release\"\n");

    let loaded = load(folder.path().join("list"));
    assert_eq!(loaded.diagnostics, []);
    let names: Vec<_> =
        loaded.sources.iter().map(|(_, file)| file.name.rsplit('/').next().unwrap().to_owned()).collect();
    assert_eq!(names, ["10-before.toml", "phases.toml", "names.toml", "20-after.toml"]);
    let registry = demo::registry();
    let compiled = PlanBuilder::new(&registry).sources(&loaded.sources).build().unwrap();
    let outline = compiled.plan.outline();
    assert_eq!(outline.checklist, "release");
    let phases: Vec<_> = outline.checks.iter().map(|it| (it.id.as_str(), it.phase.as_str())).collect();
    assert_eq!(phases, [("early", "before"), ("late", "after")]);
}

#[test]
fn a_file_that_is_included_twice_is_read_once() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("a.toml"), "include = [\"c.toml\", \"./b.toml\"]").unwrap();
    fs::write(folder.path().join("b.toml"), "include = [\"c.toml\"]").unwrap();
    fs::write(folder.path().join("c.toml"), "[phase.before]").unwrap();
    let loaded = load(folder.path().join("a.toml"));
    assert_eq!(loaded.diagnostics, []);
    assert_eq!(loaded.sources.iter().count(), 3);
}

#[test]
fn an_empty_folder_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let loaded = load(folder.path());
    assert_eq!(loaded.diagnostics.len(), 1);
    assert!(loaded.diagnostics[0].message.contains("holds no `.toml` file"));
}

#[test]
fn roles_and_documents_of_the_caller_take_the_place_of_those_written() {
    let text = format!(
        "{}\n[roles.on_call]\nperson = \"Ada\"\n[change]\nwhy = \"because\"\n[message.start]\ntext = \"{{{{ vars.limit }}}} minutes\"\n",
        one("question = \"q\"\nat_least = 1")
    );
    let compiled = compile_with(
        &text,
        Overrides::new().role("on_call", "Grace").change("why", "a fix").change("risk", "low"),
    );
    let outline = compiled.plan.outline();
    assert_eq!(outline.role("on_call").unwrap().person, "Grace");
    assert_eq!(outline.role("on_call").unwrap().title, "On call");
    assert_eq!(outline.document("why").as_deref(), Some("a fix"));
    assert_eq!(outline.document("risk").as_deref(), Some("low"));
    assert_eq!(outline.document("message.start").as_deref(), Some("5 minutes"));
}

#[test]
fn the_only_phase_there_is_need_not_be_named() {
    let text = "[phase.before]\n[check.one]\nkind = \"demo.answers\"\nquestion = \"q\"\nat_least = 1\n[gate.go]\ntitle = \"Go?\"\n";
    let compiled = compile(text);
    let outline = compiled.plan.outline();
    assert_eq!(check(outline, "one").phase, "before");
    assert_eq!(outline.gates[0].phase, "before");
    assert_eq!(ids(&outline.gates[0].subjects), ["one"]);
}

#[test]
fn a_definition_changes_with_the_values_its_conditions_use_and_with_no_others() {
    let digest = |keys: &str, overrides: Overrides| {
        let compiled = compile_with(&one(&format!("question = \"q\"\nat_least = 1\n{keys}")), overrides);
        check(compiled.plan.outline(), "one").definition
    };
    let limited = "expect = \"value <= vars.limit\"";
    let as_written = digest(limited, Overrides::new());
    assert_ne!(as_written, digest(limited, Overrides::new().var("limit", "6")));
    let moved: Timestamp = "2026-12-01T14:00:00Z".parse().unwrap();
    assert_eq!(as_written, digest(limited, Overrides::new().planned(moved)));
    let fixed = "expect = \"value <= 5\"";
    assert_eq!(digest(fixed, Overrides::new()), digest(fixed, Overrides::new().var("limit", "6")));
}

#[test]
fn parameters_may_say_that_a_check_only_reads() {
    let checklist = |target: &str, parameter: &str| {
        format!(
            "[phase.before]\n[target.staging.demo]\naddress = \"a\"\n[target.production]\nprotected = true\n\
             [target.production.demo]\naddress = \"b\"\n[check.one]\nkind = \"demo.mutates\"\nphase = \"before\"\n\
             target = \"{target}\"\n{parameter}"
        )
    };
    let effect = |target: &str, parameter: &str| {
        check(compile(&checklist(target, parameter)).plan.outline(), "one").effect
    };
    assert_eq!(effect("staging", ""), Effect::Mutates);
    assert_eq!(effect("staging", "only_looks = true"), Effect::Reads);
    assert_eq!(effect("production", "only_looks = true"), Effect::Reads);
    let refused = errors_of(&checklist("production", "only_looks = false"), Overrides::new());
    assert!(refused[0].contains("would change `production`, which is protected"), "{refused:?}");
}

#[test]
fn a_parameter_that_is_spelt_like_a_key_is_no_misspelt_key() {
    let text = "[target.staging.demo]\naddress = \"a\"\n\
                [check.one]\nkind = \"demo.mutates\"\ntarget = \"staging\"\npage = 3\n";
    let mut sources = Sources::new();
    sources.add("one.toml", format!("phase = \"before\"\n{text}"));
    sources.add("phases.toml", "[phase.before]\n");
    let registry = demo::registry();
    let compiled = PlanBuilder::new(&registry)
        .sources(&sources)
        .build()
        .unwrap_or_else(|error| panic!("{:#?}", error.diagnostics));
    assert_eq!(check(compiled.plan.outline(), "one").phase, "before");
    let other = format!("[phase.before]\n{}", text.replace("page = 3", "phas = \"before\""));
    assert!(errors_of(&other, Overrides::new())[0].contains("`phas`"));
}
