//! Reads one log.

use std::sync::atomic::{AtomicU64, Ordering};

use http::{Request, StatusCode};
use http_body_util::BodyExt;
use kube::core::{request::Request as Path, subresource::LogParams};
use vapora_preflight::{CheckError, Timestamp};

use super::{
    LogsClean,
    lines::{Lines, dated, plain},
    log::Log,
    search::{Found, Search},
};
use crate::{
    read::{Reader, broke_off},
    refused::{Answer, Cause},
    resource::Resource,
    wording::short,
};

/// The longest text of a refusal.
const LARGEST_REFUSAL: usize = 64 * 1024;

/// What came of reading a log.
#[derive(Debug)]
pub(super) enum Reading {
    /// It was read, as far as it was asked for.
    Read { found: Found, bytes: u64, silent: bool },
    /// It was read only in part: there is more than all logs together may have.
    Cut { found: Found, bytes: u64 },
    /// It is gone.
    Gone(String),
    /// It could not be read.
    Unread(CheckError),
}

/// Reads logs, several at a time.
#[derive(Debug)]
pub(super) struct LogReader<'a> {
    pub(super) reader: &'a Reader<'a>,
    pub(super) check: &'a LogsClean,
    pub(super) search: &'a Search,
    /// How many bytes may still be read.
    pub(super) left: AtomicU64,
}

/// What a log is asked for.
#[derive(Debug, Clone, Copy)]
enum Extent {
    Wanted,
    LastLine,
}

impl LogReader<'_> {
    pub(super) async fn read(&self, log: &Log) -> Reading {
        match self.read_or_refuse(log).await {
            Ok(reading) => reading,
            Err(error) => Reading::Unread(error),
        }
    }

    async fn read_or_refuse(&self, log: &Log) -> Result<Reading, CheckError> {
        let what = format!("read the log of `{log}`");
        let mut found = self.search.found();
        let look = |time: Timestamp, line: &str| self.search.look(time, line, &mut found);
        let (bytes, whole) = match self.stream(&what, log, Extent::Wanted, look).await? {
            Streamed::Whole(bytes) => (bytes, true),
            Streamed::Cut(bytes) => (bytes, false),
            Streamed::Gone(why) => return Ok(Reading::Gone(why)),
        };
        if !whole {
            return Ok(Reading::Cut { found, bytes });
        }
        let silent = found.lines == 0 && self.is_silent(&what, log).await?;
        Ok(Reading::Read { found, bytes, silent: silent && !log.may_be_silent })
    }

    /// Whether a log with no lines in it has never had any. Where there are none of late, the last one has to be from before.
    async fn is_silent(&self, what: &str, log: &Log) -> Result<bool, CheckError> {
        let Some(since) = self.check.since else { return Ok(true) };
        let mut last = None;
        match self.stream(what, log, Extent::LastLine, |time, _| last = Some(time)).await? {
            Streamed::Whole(_) | Streamed::Cut(_) => {}
            Streamed::Gone(_) => return Ok(true),
        }
        let Some(last) = last else { return Ok(true) };
        // The clocks need not be the same to the second.
        if self.reader.cx.now().since(last) < since.get().mul_f64(0.75) {
            let why = format!("there were no lines within {since}, and the last one is of {last}");
            return Err(CheckError::transient(format!("could not {what}"))
                .because(&Cause(why))
                .remedy("see that the clocks of the node and of this machine agree"));
        }
        Ok(false)
    }

    fn request(&self, log: &Log, extent: Extent) -> Result<Request<Vec<u8>>, CheckError> {
        let (tail, since) = match extent {
            Extent::Wanted => {
                let since = self.check.since.map(|since| since.get().as_secs_f64().ceil() as i64);
                (self.check.tail.map(|tail| i64::from(tail.get())), since)
            }
            Extent::LastLine => (Some(1), None),
        };
        let params = LogParams {
            container: Some(log.container.clone()),
            previous: log.previous,
            since_seconds: since,
            tail_lines: tail,
            timestamps: true,
            ..LogParams::default()
        };
        let path = Resource::PODS.path(Some(&self.check.namespace));
        Ok(Path::new(path).logs(&log.pod, &params)?)
    }

    /// Goes through a log line by line.
    async fn stream(
        &self,
        what: &str,
        log: &Log,
        extent: Extent,
        mut look: impl FnMut(Timestamp, &str),
    ) -> Result<Streamed, CheckError> {
        let response = self.reader.open(what, self.request(log, extent)?).await?;
        if response.status() != StatusCode::OK {
            let answer = Answer::read(what, response, LARGEST_REFUSAL).await?;
            return self.refused(what, log, &answer);
        }
        let mut body = response.into_body();
        let mut lines = Lines::default();
        let mut bytes = 0_u64;
        let mut line = |line: &[u8]| match dated(line) {
            Some((time, text)) => {
                look(time, &text);
                Ok(())
            }
            None => Err(line.to_vec()),
        };
        let read = loop {
            let Some(frame) = body.frame().await else { break Ok(()) };
            let frame = frame.map_err(|error| broke_off(what, &error))?;
            let Some(part) = frame.data_ref() else { continue };
            bytes += part.len() as u64;
            if let Err(line) = lines.take(part, &mut line) {
                break Err(line);
            }
            if self.take_from_left(part.len() as u64) {
                return Ok(Streamed::Cut(bytes));
            }
        };
        let ended = match lines.rest() {
            [] => Ok(()),
            rest if read.is_ok() && log.running && dated(rest).is_some() => {
                return Err(CheckError::transient(format!("could not {what}"))
                    .because(&Cause("it broke off in the middle of a line".to_owned())));
            }
            rest => line(rest),
        };
        match read.and(ended) {
            Ok(()) => Ok(Streamed::Whole(bytes)),
            // Whoever keeps the log says something itself.
            Err(line) => undated(what, log, &line),
        }
    }

    /// Counts what was read; says whether that is more than there may be.
    fn take_from_left(&self, bytes: u64) -> bool {
        let take = |left: u64| Some(left.saturating_sub(bytes));
        let before = self.left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, take);
        before.is_ok_and(|before| before < bytes)
    }

    fn refused(&self, what: &str, log: &Log, answer: &Answer) -> Result<Streamed, CheckError> {
        let namespace = &self.check.namespace;
        let said = answer.refusal().and_then(|refusal| refusal.message).unwrap_or_default();
        if answer.status == StatusCode::NO_CONTENT {
            return Err(CheckError::transient(format!("could not {what}"))
                .because(&Cause("there is none: the pod has no node yet".to_owned())));
        }
        if answer.status.is_success() {
            return Err(CheckError::transient(format!("could not {what}"))
                .because(&Cause(format!("the server answered {}", answer.status))));
        }
        if answer.status == StatusCode::BAD_REQUEST && said.contains("is waiting to start") {
            return Err(CheckError::transient(format!("could not {what}"))
                .because(&Cause(format!("it has not started: {}", short(&said))))
                .remedy(format!("`kubectl -n {namespace} describe pod {}`", log.pod)));
        }
        if answer.status == StatusCode::BAD_REQUEST && said.starts_with("previous terminated container") {
            if !log.asked_for {
                return Ok(Streamed::Gone(format!("the log of `{log}` is gone")));
            }
            return Err(CheckError::permanent(format!("could not {what}"))
                .because(&Cause(format!("it is gone: {}", short(&said))))
                .remedy("set `previous = false` where the runs from before do not count"));
        }
        if log.going && answer.is_absence_of(Resource::PODS.plural, &log.pod) {
            return Ok(Streamed::Gone(format!("the pod `{}` was deleted meanwhile", log.pod)));
        }
        if answer.is_absence_of(Resource::PODS.plural, &log.pod) {
            return Err(CheckError::transient(format!("could not {what}"))
                .because(&Cause("the pod was deleted meanwhile".to_owned())));
        }
        let error = answer.refuses(what);
        Err(match &log.node {
            Some(node) if answer.status.is_server_error() => error.remedy(format!(
                "see whether the node `{node}` is ready and its kubelet can be reached from the API server: \
                 `kubectl describe node {node}`"
            )),
            _ => error,
        })
    }
}

/// A line without a time is not the container's. The kubelet answers so, with status 200, where the log was removed.
fn undated(what: &str, log: &Log, line: &[u8]) -> Result<Streamed, CheckError> {
    let said = short(&plain(String::from_utf8_lossy(line)));
    let removed = said.starts_with("unable to retrieve container logs for ");
    if removed && !log.asked_for {
        return Ok(Streamed::Gone(format!("the log of `{log}` is gone")));
    }
    let error = CheckError::transient(format!("could not {what}"));
    Err(if removed {
        error.because(&Cause(format!("the node has removed it: {said}")))
    } else {
        error.because(&Cause(format!("expected lines with their times, found `{said}`")))
    })
}

/// What came of asking for a log.
#[derive(Debug)]
enum Streamed {
    Whole(u64),
    Cut(u64),
    Gone(String),
}
