//! What is looked for in a log.

use std::collections::VecDeque;

use regex::{RegexSet, RegexSetBuilder};
use vapora_preflight::{CheckError, Timestamp};

use crate::{Pattern, wording::short};

/// How many lines of one log are kept that should not be there.
const KEPT: usize = 20;
/// How much memory all patterns together may take.
const LARGEST: usize = 16 * 1024 * 1024;

/// What speaks of an error, where the checklist says nothing: levels in plain text, in `key=value` and in JSON, those of klog,
/// and what the run times of Rust, Go, Java and Python print at their end.
pub(super) const DEFAULTS: [&str; 8] = [
    r"(?:^|[\s\[(<|:])(?:ERROR|ERR|FATAL|CRITICAL|CRIT|SEVERE|PANIC|EMERG|ALERT)(?:[\s\])>|:]|$)",
    r"\[(?:error|crit|critical|alert|emerg|fatal)\]",
    r#"(?i)\b(?:level|lvl|severity|loglevel)=["']?(?:error|err|fatal|critical|crit|severe|panic|dpanic|emerg|emergency|alert)\b"#,
    r#"(?i)"(?:level|lvl|severity|levelname|log\.level|loglevel)"\s*:\s*(?:"(?:error|err|fatal|critical|crit|severe|panic|dpanic|emerg|emergency|alert)"|[56]0\b)"#,
    r"^[EF]\d{4} \d{2}:\d{2}:\d{2}\.\d+ ",
    r"\bpanicked at\b|^panic: |^fatal error: ",
    r#"^Exception in thread "|^Traceback \(most recent call last\):"#,
    r"^(?:error|fatal|panic)(?:\[\w+\])?: ",
];

/// All that is looked for.
#[derive(Debug)]
pub(super) struct Search {
    wrong: RegexSet,
    ignore: RegexSet,
    require: RegexSet,
}

/// What was found in one log.
#[derive(Debug, Default)]
pub(super) struct Found {
    pub(super) lines: u64,
    pub(super) matches: u64,
    pub(super) ignored: u64,
    /// The last of them.
    pub(super) kept: VecDeque<(Timestamp, String)>,
    /// Which of the required patterns are there.
    pub(super) required: Vec<bool>,
}

impl Search {
    pub(super) fn new(
        patterns: Option<&[Pattern]>,
        also: &[Pattern],
        ignore: &[Pattern],
        require: &[Pattern],
    ) -> Result<Self, CheckError> {
        let also = also.iter().map(Pattern::as_str);
        let wrong: Vec<&str> = match patterns {
            Some(patterns) => patterns.iter().map(Pattern::as_str).chain(also).collect(),
            None => DEFAULTS.into_iter().chain(also).collect(),
        };
        let texts =
            |patterns: &[Pattern]| patterns.iter().map(|one| one.as_str().to_owned()).collect::<Vec<_>>();
        Ok(Self { wrong: set(&wrong)?, ignore: set(&texts(ignore))?, require: set(&texts(require))? })
    }

    pub(super) fn found(&self) -> Found {
        Found { required: vec![false; self.require.len()], ..Found::default() }
    }

    pub(super) fn look(&self, time: Timestamp, line: &str, found: &mut Found) {
        found.lines += 1;
        for place in self.require.matches(line) {
            found.required[place] = true;
        }
        if !self.wrong.is_match(line) {
            return;
        }
        if self.ignore.is_match(line) {
            found.ignored += 1;
            return;
        }
        found.matches += 1;
        if found.kept.len() == KEPT {
            found.kept.pop_front();
        }
        found.kept.push_back((time, short(line)));
    }
}

fn set<S: AsRef<str>>(patterns: &[S]) -> Result<RegexSet, CheckError> {
    let made = RegexSetBuilder::new(patterns).size_limit(LARGEST).dfa_size_limit(LARGEST).build();
    made.map_err(|error| {
        CheckError::permanent("the patterns cannot be searched for together")
            .because(&error)
            .remedy("give fewer or simpler patterns")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn matches(line: &str) -> bool {
        let search = Search::new(None, &[], &[], &[]).unwrap();
        let mut found = search.found();
        search.look(Timestamp::from_unix_seconds(0), line, &mut found);
        found.matches == 1
    }

    #[test]
    fn what_speaks_of_an_error_is_found() {
        for line in [
            "2026-11-23T12:00:00Z ERROR vapora_backend::db: connection refused",
            " ERROR request{id=7}: no route",
            "[ERROR] it broke",
            "12:00:00 [error] 31#31: *1 connect() failed",
            "ERROR: could not connect",
            "2026-11-23 12:00:00.123 UTC [42] FATAL:  password authentication failed",
            "time=2026-11-23T12:00:00Z level=error msg=\"no such host\"",
            "level=\"fatal\" msg=x",
            "ts=1 lvl=crit err=x",
            r#"{"level":"error","msg":"no such host"}"#,
            r#"{"time":"…","severity" : "CRITICAL","message":"x"}"#,
            r#"{"log.level":"ERROR","message":"x"}"#,
            r#"{"level":50,"time":1,"msg":"pino"}"#,
            r#"{"timestamp":"…","level":"ERROR","fields":{"message":"x"},"target":"vapora"}"#,
            "E1123 12:00:00.000000       1 reflector.go:138] Failed to watch",
            "F1123 12:00:00.000000       1 main.go:1] no configuration",
            "thread 'main' panicked at src/main.rs:4:5:",
            "panic: runtime error: index out of range [3] with length 3",
            "fatal error: all goroutines are asleep - deadlock!",
            "Exception in thread \"main\" java.lang.NullPointerException",
            "Traceback (most recent call last):",
            "error: the address is in use",
            "error[E0001]: x",
        ] {
            assert!(matches(line), "{line}");
        }
    }

    #[test]
    fn what_only_has_the_word_is_not() {
        for line in [
            "INFO finished with 0 errors",
            "no error",
            "DEBUG error_rate=0.01 errors=0",
            "INFO GET /errors/404 200",
            "INFO retrying after an error of the peer",
            "level=info msg=\"error handler installed\"",
            r#"{"level":"info","msg":"error reporting is on","error":null}"#,
            r#"{"level":30,"msg":"x"}"#,
            r#"{"level":500,"msg":"x"}"#,
            "INFO ERRORS=0",
            "I1123 12:00:00.000000       1 controller.go:1] ready",
            "WARN slow query",
            "Edited 1234 12:00:00 files",
            "INFO terror: no",
        ] {
            assert!(!matches(line), "{line}");
        }
    }

    #[test]
    fn the_last_lines_are_kept_and_all_are_counted() {
        let pattern = |text: &str| vec![Pattern::new(text).unwrap()];
        let search = Search::new(
            Some(&pattern("bad")),
            &pattern("worse"),
            &pattern("known"),
            &pattern("listening on"),
        )
        .unwrap();
        let mut found = search.found();
        for number in 0..100 {
            search.look(Timestamp::from_unix_seconds(number), &format!("bad {number}"), &mut found);
        }
        for line in ["known bad", "worse", "ERROR", "listening on 8001"] {
            search.look(Timestamp::from_unix_seconds(100), line, &mut found);
        }
        assert_eq!((found.lines, found.matches, found.ignored, found.required), (104, 101, 1, vec![true]));
        let kept: Vec<&str> = found.kept.iter().map(|(_, line)| line.as_str()).collect();
        assert_eq!((kept.len(), kept[0], kept[19]), (20, "bad 81", "worse"));
    }
}
