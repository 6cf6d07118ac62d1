use crate::{
    Decision, Effect, PhaseId, RunError, Selection,
    exec::testing::{Answer, Script, Table, failed, id, on_record, passed, paused, run, script, told},
};

fn pass() -> Script {
    script([Answer::Pass])
}

fn world() -> Table {
    Table::new()
        .check("staging-db", &[], pass())
        .declared(|check| check.tags = vec!["db".into()])
        .check("staging-web", &["staging-db"], pass())
        .check("logs-clean[a]", &[], pass())
        .check("logs-clean[b]", &[], pass())
        .phase("t-1h", None)
        .check("errors", &[], pass())
        .declared(|check| check.tags = vec!["db".into(), "slow".into()])
        .gate("go", &["staging-db", "errors"])
}

fn everything() -> Selection {
    Selection::everything()
}

async fn chosen(selection: Selection) -> Vec<String> {
    let plan = world().plan();
    let outcome = run(&plan).select(selection).execute().await.unwrap();
    outcome.selected.iter().chain(&outcome.gates).map(ToString::to_string).collect()
}

#[test]
fn a_selection_is_a_union_without_what_is_excluded() {
    paused(async {
        let t_1h = PhaseId::new("t-1h").unwrap();
        assert_eq!(chosen(everything()).await.len(), 6);
        assert_eq!(chosen(everything().phase(t_1h.clone())).await, ["errors", "go"]);
        assert_eq!(chosen(everything().check_glob("staging-*")).await, ["staging-db", "staging-web"]);
        assert_eq!(chosen(everything().check_glob("go")).await, ["go"]);
        let logs = ["logs-clean[a]", "logs-clean[b]"];
        assert_eq!(chosen(everything().check_glob("logs-clean")).await, logs);
        assert_eq!(chosen(everything().check_glob("logs-clean[b]")).await, logs[1..]);
        assert_eq!(chosen(everything().check_glob("logs-clean[?]")).await, logs);
        assert_eq!(
            chosen(everything().tag("db").check_glob("logs-*").exclude_glob("*[a]")).await,
            ["staging-db", "logs-clean[b]", "errors"]
        );
    });
}

#[test]
fn a_part_that_fits_nothing_is_an_error_with_a_suggestion() {
    paused(async {
        let plan = world().plan();
        for (selection, expected) in [
            (everything().check_glob("staging-dv"), ("check or gate", "staging-dv", Some("staging-db"))),
            (everything().exclude_glob("nothing-*"), ("check or gate", "nothing-*", None)),
            (everything().phase(PhaseId::new("t-2h").unwrap()), ("phase", "t-2h", Some("t-1h"))),
            (everything().tag("solw"), ("tag", "solw", Some("slow"))),
        ] {
            let error = run(&plan).select(selection).execute().await.unwrap_err();
            let RunError::NoMatch { what, pattern, did_you_mean } = error else { panic!("{error}") };
            assert_eq!((what, pattern.as_str(), did_you_mean.as_deref()), expected);
        }
        let error = run(&plan).select(everything().check_glob("{a*")).execute().await.unwrap_err();
        assert!(matches!(error, RunError::InvalidPattern { .. }), "{error}");
    });
}

#[test]
fn nothing_selected_is_an_error_and_never_go() {
    paused(async {
        let plan = Table::new().plan();
        let error = run(&plan).execute().await.unwrap_err();
        assert!(matches!(error, RunError::NothingSelected { .. }));
        let plan = Table::new().check("a", &[], pass()).plan();
        let history = on_record(&plan, &[("a", passed(), 1)]);
        let failed = run(&plan).history(Some(history)).select(everything().only_failed());
        let error = failed.execute().await.unwrap_err();
        assert_eq!(error.to_string(), "nothing is selected by `everything, only what failed`");
    });
}

#[test]
fn only_what_failed_or_is_stale_can_be_asked() {
    paused(async {
        let plan = Table::new()
            .check("good", &[], pass())
            .check("stale", &[], pass())
            .fresh_for(10)
            .check("bad", &[], pass())
            .check("new", &[], pass())
            .gate("go", &["good", "stale", "bad"])
            .plan();
        let history =
            on_record(&plan, &[("good", passed(), 5), ("stale", passed(), 20), ("bad", failed(), 5)]);
        let ask = |selection| run(&plan).history(Some(history.clone())).select(selection).execute();
        let failed = ask(everything().only_failed()).await.unwrap();
        assert_eq!((failed.asked, failed.gates), (vec![id("bad")], vec![id("go")]));
        let stale = ask(everything().rerun_stale()).await.unwrap();
        assert_eq!(stale.asked, [id("stale")]);
        let both = ask(everything().only_failed().rerun_stale()).await.unwrap();
        assert_eq!((both.decision(), both.asked), (Decision::Go, vec![id("stale"), id("bad")]));
    });
}

#[test]
fn what_is_needed_and_not_known_to_hold_is_asked_too() {
    paused(async {
        let (deep, failing, held) = (pass(), pass(), pass());
        let plan = Table::new()
            .check("deep", &[], deep.clone())
            .check("failing", &["deep"], failing.clone())
            .check("held", &[], held.clone())
            .check("wanted", &["failing", "held"], pass())
            .plan();
        let history = on_record(&plan, &[("failing", failed(), 5), ("held", passed(), 5)]);
        let wanted = everything().check_glob("wanted");
        let outcome = run(&plan).history(Some(history)).select(wanted.clone()).execute().await.unwrap();
        assert_eq!((deep.calls(), failing.calls(), held.calls()), (1, 1, 0));
        assert_eq!(outcome.selected, [id("wanted")]);
        assert_eq!(outcome.asked, [id("deep"), id("failing"), id("wanted")]);
        assert_eq!(outcome.decision(), Decision::Go);
        let without = run(&plan).select(wanted.exclude_glob("deep")).execute().await.unwrap();
        assert_eq!(told(&without, "wanted"), "skipped: needs in the end `deep`, which has not been asked");
    });
}

#[test]
fn an_effect_is_never_asked_because_another_check_needs_it() {
    paused(async {
        let effect = pass();
        let plan = Table::new()
            .check("deploy", &[], effect.clone())
            .effect(Effect::Mutates)
            .check("after", &["deploy"], pass())
            .plan();
        let after = everything().check_glob("after");
        let outcome = run(&plan).allow(Effect::Mutates).repeat_effects(true).select(after).execute().await;
        assert_eq!(told(&outcome.unwrap(), "after"), "skipped: needs `deploy`, which has not been asked");
        assert_eq!(effect.calls(), 0);
    });
}

#[test]
fn a_gate_asks_what_is_stale_again_and_judges_the_rest_as_it_stands() {
    paused(async {
        let (stale, bad, new, told_effect) = (pass(), pass(), pass(), pass());
        let plan = Table::new()
            .check("stale", &[], stale.clone())
            .fresh_for(10)
            .check("bad", &[], bad.clone())
            .check("new", &[], new.clone())
            .check("told", &[], told_effect.clone())
            .effect(Effect::Notifies)
            .fresh_for(10)
            .gate("go", &["stale", "bad", "new", "told"])
            .check("deploy", &["go"], pass())
            .plan();
        let records = [("stale", passed(), 20), ("bad", failed(), 20), ("told", passed(), 20)];
        for name in ["go", "deploy"] {
            let history = on_record(&plan, &records);
            let selection = everything().check_glob(name);
            let run = run(&plan).allow(Effect::Mutates).history(Some(history)).select(selection);
            let outcome = run.execute().await.unwrap();
            assert_eq!(outcome.gates, [id("go")]);
            assert_eq!(outcome.decision(), Decision::NoGo);
        }
        assert_eq!((stale.calls(), bad.calls(), new.calls(), told_effect.calls()), (2, 0, 0, 0));
    });
}
