//! Plans and reports in which every check stands as drawn.

use std::fmt::Write as _;

use super::*;

pub(crate) const PLANNED: i64 = 1_796_133_600;
const MINUTE: i64 = 60;

/// When the verdict is asked for: an hour after the answers.
pub(crate) fn now() -> Timestamp {
    Timestamp::from_unix_seconds(PLANNED + 60 * MINUTE)
}

fn at(minute: i64) -> Timestamp {
    Timestamp::from_unix_seconds(PLANNED + minute * MINUTE)
}

/// How a check comes to stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum State {
    Passed,
    Warned,
    Failed,
    /// It says so itself.
    NotApplicable,
    /// The checklist says so.
    DoesNotApply,
    Pending,
    Unsettled,
    /// It passed, and was begun again.
    UnsettledSince,
    Changed,
    ChangedFailure,
    Stale,
    StaleFailure,
    /// The word it rests on has an end.
    Expired,
    /// Another word was given after it was settled.
    Superseded,
    /// The answer itself has an end.
    Outlived,
    Errored,
    TimedOut,
    Panicked,
    Skipped,
    Awaiting,
}

/// What a gate may know of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Known {
    Holds,
    Fails,
    DoesNotApply,
    Unknown,
}

use State::{
    Awaiting as AwaitingState, Changed, ChangedFailure, DoesNotApply, Errored, Expired, Failed,
    NotApplicable, Outlived, Panicked, Passed, Pending, Skipped, Stale, StaleFailure, Superseded, TimedOut,
    Unsettled, UnsettledSince, Warned,
};

pub(crate) const UNKNOWN: [State; 15] = [
    Pending,
    Unsettled,
    UnsettledSince,
    Changed,
    ChangedFailure,
    Stale,
    StaleFailure,
    Expired,
    Superseded,
    Outlived,
    Errored,
    TimedOut,
    Panicked,
    Skipped,
    AwaitingState,
];

impl State {
    pub(crate) fn known(self) -> Known {
        match self {
            Passed | Warned => Known::Holds,
            Failed => Known::Fails,
            NotApplicable | DoesNotApply => Known::DoesNotApply,
            _ => Known::Unknown,
        }
    }

    /// The status that a reason gives.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Passed => "passed",
            Warned => "warned",
            Failed => "failed",
            NotApplicable | DoesNotApply => "not applicable",
            Pending => "pending",
            Unsettled | UnsettledSince => "unsettled",
            Changed | ChangedFailure => "changed",
            Stale | StaleFailure => "stale",
            Expired | Superseded | Outlived => "expired",
            Errored => "errored",
            TimedOut => "timed out",
            Panicked => "panicked",
            Skipped => "skipped",
            AwaitingState => "awaiting",
        }
    }

    /// The remedy of a reason; without one of its own, the hint of the checklist.
    pub(crate) fn remedy(self) -> Option<&'static str> {
        match self {
            Failed => Some("mend it"),
            Pending => Some("run its phase"),
            Unsettled | UnsettledSince | Changed | ChangedFailure | Stale | StaleFailure => {
                Some("ask it again")
            }
            Expired | Superseded | Outlived => Some("ask it again"),
            Errored => Some("look at the network"),
            Skipped => Some("run again; what passed and is fresh is not asked again"),
            AwaitingState => Some("record it with `attest`"),
            _ => None,
        }
    }

    fn status(self) -> Status {
        let finding = Finding::new("it was looked at").remedy("mend it");
        match self {
            Warned => Status::Done(Outcome::Warn(finding)),
            Failed | ChangedFailure | StaleFailure => Status::Done(Outcome::Fail(finding)),
            NotApplicable => Status::Done(Outcome::NotApplicable(finding)),
            Outlived => Status::Done(Outcome::Pass(finding.counts_until(now()))),
            Errored => Status::Errored(ErrorReport {
                message: "no route".to_owned(),
                causes: Vec::new(),
                transient: true,
                remedy: Some("look at the network".to_owned()),
                uncertain: false,
            }),
            TimedOut => Status::TimedOut(TimeOut {
                after: Duration::from_secs(20),
                scope: TimeOutScope::Attempt,
                doing: None,
                last: None,
            }),
            Panicked => Status::Panicked { message: "index out of bounds".to_owned() },
            Skipped => Status::Skipped(SkipReason::Deadline),
            AwaitingState => Status::Awaiting(Awaiting {
                role: "on_call".to_owned(),
                statement: "so it is".to_owned(),
                because: None,
            }),
            _ => Status::Done(Outcome::Pass(finding)),
        }
    }
}

/// A check as it is drawn.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Drawn {
    pub(crate) severity: Severity,
    pub(crate) state: State,
    pub(crate) hint: bool,
}

impl Drawn {
    pub(crate) fn required(state: State) -> Self {
        Self { severity: Severity::Required, state, hint: false }
    }

    pub(crate) fn blocks(self) -> bool {
        self.severity != Severity::Advisory
    }

    pub(crate) fn remedy(self) -> Option<&'static str> {
        self.state.remedy().or(self.hint.then_some("try it by hand"))
    }
}

pub(crate) fn id(place: usize) -> CheckId {
    CheckId::new(format!("c{place}")).unwrap()
}

/// A plan of these checks. Each waits for the word of a person, so that it may expire.
pub(crate) fn plan(checks: &[Drawn]) -> Plan {
    let mut text = "checklist = \"gates\"\n[roles.on_call]\nperson = \"Ada\"\n[phase.before]\n".to_owned();
    for (place, check) in checks.iter().enumerate() {
        write!(
            text,
            "[check.c{place}]\nkind = \"manual.attested\"\nphase = \"before\"\nrole = \"on_call\"\n\
             statement = \"so it is\"\nseverity = \"{}\"\n",
            check.severity
        )
        .unwrap();
        text += if check.hint { "hint = \"try it by hand\"\n" } else { "" };
        text += match check.state {
            // answered an hour before the verdict
            Stale | StaleFailure => "fresh_for = \"59m\"\n",
            _ => "fresh_for = \"60m\"\n",
        };
        text += if check.state == DoesNotApply { "when = \"false\"\n" } else { "" };
    }
    let mut registry = Registry::new();
    vapora_preflight::register(&mut registry);
    let mut sources = Sources::new();
    sources.add("gates.toml", text);
    PlanBuilder::new(&registry).sources(&sources).build().unwrap().plan
}

/// The events after which every check stands as drawn.
pub(crate) fn events(plan: &Plan, checks: &[Drawn]) -> Vec<Event> {
    let mut events = vec![Event { at: at(-1), kind: EventKind::Planned(plan.shared_outline()) }];
    for (place, check) in checks.iter().enumerate() {
        let definition = plan.outline().checks[place].definition;
        let begun =
            |minute| Event { at: at(minute), kind: EventKind::CheckStarted { check: id(place), definition } };
        let word = |minute, expires| Event {
            at: at(minute),
            kind: EventKind::Attested(Attestation {
                check: id(place),
                definition,
                who: "Ada".to_owned(),
                role: "on_call".to_owned(),
                word: Word::Yes,
                evidence: None,
                comment: None,
                expires,
            }),
        };
        let changed = matches!(check.state, Changed | ChangedFailure);
        let finished = Event {
            at: at(0),
            kind: EventKind::CheckFinished(CheckFinished {
                check: id(place),
                definition: if changed { Digest::of("another question") } else { definition },
                started: at(0),
                attempts: 1,
                status: check.state.status(),
            }),
        };
        events.extend(match check.state {
            Pending | DoesNotApply => vec![],
            Unsettled => vec![begun(0)],
            UnsettledSince => vec![begun(0), finished, begun(1)],
            Expired => vec![word(0, Some(now())), begun(0), finished],
            Superseded => vec![word(0, None), begun(0), finished, word(1, None)],
            _ => vec![word(0, None), begun(0), finished],
        });
    }
    events
}

pub(crate) fn report(plan: &Plan, checks: &[Drawn]) -> Report {
    Report::from_events(&events(plan, checks)).unwrap().unwrap()
}

/// A gate as it is drawn; the numbers are places of checks, and of some that no plan has.
#[derive(Debug, Clone)]
pub(crate) enum Sort {
    All,
    Conditions(Vec<(Side, Vec<usize>)>),
    And(Box<Sort>, Box<Sort>),
    Or(Box<Sort>, Box<Sort>),
    Not(Box<Sort>),
}

/// Any gate, so that they can be put together at run time.
#[derive(Debug, Clone)]
pub(crate) struct Any(Arc<dyn Gate>);

impl Gate for Any {
    fn judge(&self, input: &GateInput<'_>) -> Verdict {
        self.0.judge(input)
    }
}

impl Sort {
    pub(crate) fn gate(&self) -> Any {
        Any(match self {
            Self::All => Arc::new(AllHold),
            Self::Conditions(drawn) => {
                let conditions = drawn.iter().enumerate().map(|(number, (side, places))| ConditionOutline {
                    name: format!("condition {number}"),
                    side: *side,
                    subjects: places.iter().map(|place| id(*place)).collect(),
                });
                Arc::new(Conditions::new(conditions.collect()))
            }
            Self::And(a, b) => Arc::new(a.gate().and(b.gate())),
            Self::Or(a, b) => Arc::new(a.gate().or(b.gate())),
            Self::Not(a) => Arc::new(a.gate().negate()),
        })
    }

    /// What it has to decide, worked out the long way round.
    pub(crate) fn decides(&self, checks: &[Drawn], subjects: &[usize]) -> Decision {
        let lowest = |decisions: Vec<Decision>| {
            let of = |wanted: Decision| decisions.contains(&wanted);
            if of(Decision::NoGo) {
                Decision::NoGo
            } else if of(Decision::Undecided) {
                Decision::Undecided
            } else {
                Decision::Go
            }
        };
        match self {
            Self::All => {
                let counted: Vec<Known> = subjects
                    .iter()
                    .filter_map(|place| match checks.get(*place) {
                        Some(check) if !check.blocks() => None,
                        check => Some(check.map_or(Known::Unknown, |check| check.state.known())),
                    })
                    .collect();
                if counted.contains(&Known::Fails) {
                    Decision::NoGo
                } else if counted.contains(&Known::Unknown) || !counted.contains(&Known::Holds) {
                    Decision::Undecided
                } else {
                    Decision::Go
                }
            }
            Self::Conditions(conditions) => {
                let each = conditions.iter().map(|(_, places)| Self::All.decides(checks, places));
                lowest(each.chain([Self::All.decides(checks, subjects)]).collect())
            }
            Self::And(a, b) => lowest(vec![a.decides(checks, subjects), b.decides(checks, subjects)]),
            Self::Or(a, b) => match (a.decides(checks, subjects), b.decides(checks, subjects)) {
                (Decision::Go, _) | (_, Decision::Go) => Decision::Go,
                (Decision::NoGo, Decision::NoGo) => Decision::NoGo,
                _ => Decision::Undecided,
            },
            Self::Not(a) => match a.decides(checks, subjects) {
                Decision::Go => Decision::NoGo,
                Decision::NoGo => Decision::Go,
                Decision::Undecided => Decision::Undecided,
            },
        }
    }

    /// Whether nothing in it is turned round.
    pub(crate) fn plain(&self) -> bool {
        match self {
            Self::All | Self::Conditions(_) => true,
            Self::And(a, b) | Self::Or(a, b) => a.plain() && b.plain(),
            Self::Not(_) => false,
        }
    }

    /// Every check it judges, by its place.
    pub(crate) fn judged(&self, subjects: &[usize]) -> Vec<usize> {
        match self {
            Self::All => subjects.to_vec(),
            Self::Conditions(conditions) => {
                subjects.iter().chain(conditions.iter().flat_map(|(_, places)| places)).copied().collect()
            }
            Self::And(a, b) | Self::Or(a, b) => [a.judged(subjects), b.judged(subjects)].concat(),
            Self::Not(a) => a.judged(subjects),
        }
    }
}

/// A world: its checks, the places a gate is given, and the gate.
#[derive(Debug, Clone)]
pub(crate) struct World {
    pub(crate) checks: Vec<Drawn>,
    pub(crate) subjects: Vec<usize>,
    pub(crate) sort: Sort,
}

impl World {
    pub(crate) fn judge(&self) -> Verdict {
        let plan = plan(&self.checks);
        self.judged_over(&report(&plan, &self.checks))
    }

    pub(crate) fn judged_over(&self, report: &Report) -> Verdict {
        let subjects: Vec<CheckId> = self.subjects.iter().map(|place| id(*place)).collect();
        self.sort.gate().judge(&GateInput::new(report, &subjects, now()))
    }
}

fn check() -> impl Strategy<Value = Drawn> {
    let severity =
        select(vec![Severity::Advisory, Severity::Required, Severity::Required, Severity::Critical]);
    let known = vec![Passed, Passed, Passed, Warned, Failed, NotApplicable, DoesNotApply];
    // half of the checks hold, so that gates do open now and then
    let state = prop_oneof![3 => Just(Passed), 3 => select(known), 1 => select(UNKNOWN.to_vec())];
    (severity, state, any::<bool>()).prop_map(|(severity, state, hint)| Drawn { severity, state, hint })
}

/// Some places; every now and then one that no plan has.
fn places(least: usize) -> impl Strategy<Value = Vec<usize>> {
    vec(prop_oneof![30 => 0..5_usize, 1 => Just(99_usize)], least..5)
}

fn sort() -> impl Strategy<Value = Sort> {
    let side = select(vec![Side::ProceedIf, Side::RescheduleIf]);
    let leaf = prop_oneof![
        2 => Just(Sort::All),
        3 => vec((side, places(0)), 1..4).prop_map(Sort::Conditions),
    ];
    leaf.prop_recursive(3, 6, 2, |inner| {
        let boxed = || inner.clone().prop_map(Box::new);
        prop_oneof![
            (boxed(), boxed()).prop_map(|(a, b)| Sort::And(a, b)),
            (boxed(), boxed()).prop_map(|(a, b)| Sort::Or(a, b)),
            boxed().prop_map(Sort::Not),
        ]
    })
}

pub(crate) fn world() -> impl Strategy<Value = World> {
    (vec(check(), 5), places(0), sort()).prop_map(|(checks, subjects, sort)| World { checks, subjects, sort })
}
