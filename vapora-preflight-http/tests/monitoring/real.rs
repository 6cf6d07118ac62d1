//! The real servers, from Debian's `prometheus` and `prometheus-alertmanager`: a Prometheus that scrapes a target of the test, with
//! a recording rule and alerting rules, and the Alertmanager it sends its alerts to.

use std::{
    fs,
    io::Write as _,
    net::SocketAddr,
    path::Path,
    process::{Child, Command, Stdio},
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
    time::Duration,
};

use tempfile::TempDir;
use vapora_preflight::{CheckContext, CheckId, CheckResult, Clock as _, Kind, Outcome, SystemClock, Value};
use vapora_preflight_http::{AlertmanagerQuiet, HttpClient, PrometheusHolds, PrometheusRecorded};

use crate::{
    ask::{ask_in, context, seen},
    server::{Server, closed_port, response},
};

/// How often a server is asked before it counts as broken, and the pause in between.
const PATIENCE: u32 = 600;
const PAUSE: Duration = Duration::from_millis(50);

/// A program of the machine; it ends when this is dropped.
struct Process(Child);

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

impl Process {
    fn start(program: &Path, folder: &Path, log: &str, arguments: &[String]) -> Self {
        let log = fs::File::create(folder.join(log)).unwrap();
        let child = Command::new(program)
            .args(arguments)
            .current_dir(folder)
            .stdout(Stdio::null())
            .stderr(log)
            .spawn()
            .unwrap();
        Self(child)
    }
}

/// A target, the Prometheus that scrapes it, and the Alertmanager it sends alerts to.
struct World {
    queue: Arc<AtomicI64>,
    prometheus: SocketAddr,
    alertmanager: SocketAddr,
    cx: CheckContext,
    _processes: [Process; 2],
    folder: TempDir,
    _target: Server,
}

const RULES: &str = r#"
groups:
  - name: test
    rules:
      - record: job:queue_depth:sum
        expr: sum by (job) (queue_depth)
      - alert: Watchdog
        expr: vector(1)
        labels: { severity: none }
      - alert: QueueFull
        expr: queue_depth > 100
        labels: { severity: critical }
        annotations: { summary: "the queue has {{ $value }} entries" }
"#;

fn program(name: &str) -> Option<std::path::PathBuf> {
    ["/usr/bin", "/usr/local/bin"]
        .iter()
        .map(|folder| Path::new(folder).join(name))
        .find(|path| path.is_file())
}

impl World {
    /// Nothing where there is no such server, which is told.
    async fn start(test: &str) -> Option<Self> {
        let (Some(prometheus), Some(alertmanager)) =
            (program("prometheus"), program("prometheus-alertmanager"))
        else {
            // written past the capture of the test harness, so that it can be counted
            let told = format!(
                "\nskipped: {test}: there is no prometheus, or no prometheus-alertmanager, on this machine\n"
            );
            let _ = std::io::stderr().write_all(told.as_bytes());
            return None;
        };
        let queue = Arc::new(AtomicI64::new(7));
        let depth = Arc::clone(&queue);
        let target = Server::doing(move |_, out| {
            let depth = depth.load(Ordering::SeqCst);
            let text = format!(
                "# TYPE queue_depth gauge\nqueue_depth {depth}\n# TYPE not_a_number gauge\nnot_a_number NaN\n\
                 # TYPE too_much gauge\ntoo_much +Inf\n# TYPE latency_seconds histogram\n\
                 latency_seconds_bucket{{le=\"0.1\"}} 90\nlatency_seconds_bucket{{le=\"0.5\"}} 100\n\
                 latency_seconds_bucket{{le=\"+Inf\"}} 100\nlatency_seconds_sum 9\nlatency_seconds_count 100\n"
            );
            out.write_all(&response("200 OK", "text/plain; version=0.0.4", text))
        });
        let folder = tempfile::tempdir().unwrap();
        let (here, at) = (folder.path(), [closed_port(), closed_port()]);
        fs::write(here.join("rules.yml"), RULES).unwrap();
        fs::write(
            here.join("alertmanager.yml"),
            "route: { receiver: nobody }\nreceivers: [{ name: nobody }]\n",
        )
        .unwrap();
        fs::write(
            here.join("prometheus.yml"),
            format!(
                "global: {{ scrape_interval: 100ms, scrape_timeout: 100ms, evaluation_interval: 100ms }}\n\
                 rule_files: [rules.yml]\n\
                 alerting: {{ alertmanagers: [{{ static_configs: [{{ targets: ['{}'] }}] }}] }}\n\
                 scrape_configs: [{{ job_name: api, static_configs: [{{ targets: ['{}'] }}] }}]\n",
                at[1], target.address
            ),
        )
        .unwrap();
        let listening = |at: SocketAddr| format!("--web.listen-address={at}");
        let processes = [
            Process::start(
                &prometheus,
                here,
                "prometheus.log",
                &[
                    "--config.file=prometheus.yml".to_owned(),
                    "--storage.tsdb.path=data".to_owned(),
                    // else the first of the alerts, sent before the Alertmanager is found, is sent again only in a minute
                    "--rules.alert.resend-delay=1s".to_owned(),
                    listening(at[0]),
                ],
            ),
            Process::start(
                &alertmanager,
                here,
                "alertmanager.log",
                &[
                    "--config.file=alertmanager.yml".to_owned(),
                    "--storage.path=alerts".to_owned(),
                    "--cluster.listen-address=".to_owned(),
                    listening(at[1]),
                ],
            ),
        ];
        let cx = context(HttpClient::new().unwrap()).with_clock(Arc::new(SystemClock));
        let world = Self {
            queue,
            prometheus: at[0],
            alertmanager: at[1],
            cx,
            _processes: processes,
            folder,
            _target: target,
        };
        // the rule has been worked out from what was scraped
        let _ =
            world.until::<PrometheusHolds>(&world.holds("job:queue_depth:sum", "equals = 7"), passes).await;
        Some(world)
    }

    fn holds(&self, query: &str, rest: &str) -> String {
        format!("url = 'http://{}'\nquery = '''{query}'''\n{rest}", self.prometheus)
    }

    fn quiet(&self, rest: &str) -> String {
        format!("url = 'http://{}'\n{rest}", self.alertmanager)
    }

    async fn ask<K: Kind>(&self, parameters: &str) -> CheckResult {
        ask_in::<K>(&self.cx, parameters).await
    }

    /// Asks again and again until the answer is as wanted.
    async fn until<K: Kind>(&self, parameters: &str, wanted: fn(&CheckResult) -> bool) -> CheckResult {
        let mut last = None;
        for _ in 0..PATIENCE {
            let result = self.ask::<K>(parameters).await;
            if wanted(&result) {
                return result;
            }
            last = Some(result);
            tokio::time::sleep(PAUSE).await;
        }
        let log = |name: &str| fs::read_to_string(self.folder.path().join(name)).unwrap_or_default();
        panic!("{parameters}\n{last:?}\n{}\n{}", log("prometheus.log"), log("alertmanager.log"));
    }

    /// Silences what has these labels, as a person would.
    fn silence(&self, name: &str) {
        let now = SystemClock.now();
        let body = format!(
            "matchers = [{{ name = 'alertname', value = '{name}', isRegex = false }}]\nstartsAt = '{now}'\n\
             endsAt = '{}'\ncreatedBy = 'test'\ncomment = 'test'",
            now.plus(Duration::from_mins(10))
        );
        let body: toml::Table = toml::from_str(&body).unwrap();
        let body = serde_json::to_string(&body).unwrap();
        let mut connection = std::net::TcpStream::connect(self.alertmanager).unwrap();
        let head = format!(
            "POST /api/v2/silences HTTP/1.1\r\nhost: a\r\ncontent-type: application/json\r\ncontent-length: {}\r\nconnection: close\r\n\r\n",
            body.len()
        );
        connection.write_all(format!("{head}{body}").as_bytes()).unwrap();
        let mut answer = String::new();
        std::io::Read::read_to_string(&mut connection, &mut answer).unwrap();
        assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    }
}

fn passes(result: &CheckResult) -> bool {
    matches!(result, Ok(Outcome::Pass(_)))
}

fn fails(result: &CheckResult) -> bool {
    matches!(result, Ok(Outcome::Fail(_)))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_real_prometheus_is_asked() {
    const TEST: &str = "a_real_prometheus_is_asked";
    let Some(world) = World::start(TEST).await else { return };
    let outcome = world
        .ask::<PrometheusHolds>(&world.holds("queue_depth # of the api", "max = 100\nmax_age = '10s'"))
        .await
        .unwrap();
    assert!(matches!(outcome, Outcome::Pass(_)), "{outcome:?}");
    assert_eq!(seen(&outcome, &["value"]), Value::Float(7.0));
    // the age is that of the sample, and not of the answer
    assert!(matches!(seen(&outcome, &["age"]), Value::Float(age) if (0.0..10.0).contains(&age)));
    assert!(fails(&world.ask::<PrometheusHolds>(&world.holds("queue_depth", "max = 6")).await));
    let quantile = world.holds(
        "histogram_quantile(0.95, sum by (le) (latency_seconds_bucket))",
        "min = '200ms'\nmax = '400ms'",
    );
    assert!(passes(&world.ask::<PrometheusHolds>(&quantile).await));
    for (query, words) in [
        ("nothing_of_that_name", "there is no data"),
        ("queue_depth > 100", "there is no data"),
        ("not_a_number", "is not a number (NaN)"),
        ("0 / (queue_depth - 7)", "is not a number (NaN)"),
        ("too_much", "is infinite (+Inf)"),
        ("'a text'", "gives a text"),
        ("queue_depth{", "cannot read the query"),
        ("queue_depth * on() group_left() {job=\"api\"}", "could not work the query out"),
        ("{__name__=~\"queue_depth|latency_seconds_sum\"}", "could not work the query out"),
    ] {
        let error = world.ask::<PrometheusHolds>(&world.holds(query, "min = -1e300")).await.unwrap_err();
        assert!(error.message().contains(words), "{query}: {error}");
    }
    for (query, rest) in [
        ("scalar(queue_depth)", "equals = 7"),
        ("time()", "min = 1"),
        ("queue_depth[10s]", "equals = 7"),
        ("sum(queue_depth)", "equals = 7"),
        ("queue_depth", "equals = 7\nover = '2s'\nstep = '1s'\npoints_percent = 30"),
        ("time()", "min = 1\nover = '2s'\nstep = '1s'"),
    ] {
        let result = world.ask::<PrometheusHolds>(&world.holds(query, rest)).await;
        assert!(passes(&result), "{query}: {result:?}");
    }
    // over an hour of which it has seen seconds
    let error = world
        .ask::<PrometheusHolds>(&world.holds("queue_depth", "max = 100\nover = '1h'"))
        .await
        .unwrap_err();
    assert!(error.message().contains(" of 121 points"), "{error}");
    assert_eq!(
        world
            .ask::<AlertmanagerQuiet>(&format!("prometheus = 'http://{}/nowhere'", world.prometheus))
            .await
            .unwrap_err()
            .message(),
        format!("Prometheus at `http://{}/nowhere` answered 404 Not Found", world.prometheus)
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn figures_of_a_real_prometheus_are_recorded_and_compared() {
    const TEST: &str = "figures_of_a_real_prometheus_are_recorded_and_compared";
    let Some(world) = World::start(TEST).await else { return };
    let asked = format!(
        "url = 'http://{}'\nqueries = {{ depth = 'sum(queue_depth)', rule = 'job:queue_depth:sum' }}",
        world.prometheus
    );
    let outcome = world.ask::<PrometheusRecorded>(&asked).await.unwrap();
    assert_eq!(seen(&outcome, &["values", "depth"]), Value::Float(7.0));
    assert_eq!(seen(&outcome, &["series", "rule", r#"job:queue_depth:sum{job="api"}"#]), Value::Float(7.0));
    let baseline = outcome.finding().evidence.clone();
    let cx = world.cx.with_baseline(CheckId::new("before").unwrap(), baseline, SystemClock.now());
    let compared = world.holds("sum(queue_depth)", "growth_percent = 10\ncompare = 'depth'");
    assert!(passes(&ask_in::<PrometheusHolds>(&cx, &compared).await));
    world.queue.store(9, Ordering::SeqCst);
    let _ = world.until::<PrometheusHolds>(&world.holds("sum(queue_depth)", "equals = 9"), passes).await;
    let outcome = ask_in::<PrometheusHolds>(&cx, &compared).await.unwrap();
    assert!(matches!(outcome, Outcome::Fail(_)), "{outcome:?}");
    assert_eq!(seen(&outcome, &["growth_percent"]), Value::Float(28.6));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_real_alertmanager_is_quiet_until_an_alert_arrives() {
    const TEST: &str = "a_real_alertmanager_is_quiet_until_an_alert_arrives";
    let Some(world) = World::start(TEST).await else { return };
    let matching = "matching = 'severity=~\"critical|page\"'\nheartbeat = 'alertname=\"Watchdog\"'";
    let quiet = world.quiet(matching);
    // without the heartbeat it is an error; then it arrives
    let outcome = world.until::<AlertmanagerQuiet>(&quiet, passes).await.unwrap();
    assert_eq!(seen(&outcome, &["heartbeat"]), Value::Bool(true));
    let by_rules = format!("prometheus = 'http://{}'\n{matching}", world.prometheus);
    let outcome = world.ask::<AlertmanagerQuiet>(&by_rules).await.unwrap();
    assert!(matches!(outcome, Outcome::Pass(_)), "{outcome:?}");
    assert_eq!(seen(&outcome, &["rules"]), Value::Int(1));
    let other = world.quiet("matching = 'severity=\"critical\"'\nheartbeat = 'alertname=\"Pulse\"'");
    assert!(world.ask::<AlertmanagerQuiet>(&other).await.unwrap_err().message().contains("is not firing"));

    world.queue.store(500, Ordering::SeqCst);
    let outcome = world.until::<AlertmanagerQuiet>(&quiet, fails).await.unwrap();
    let told = outcome.finding().actual.clone().unwrap();
    assert!(
        told.starts_with("`QueueFull` (critical, ") && told.contains("the queue has 500 entries"),
        "{told}"
    );
    let outcome = world.until::<AlertmanagerQuiet>(&by_rules, fails).await.unwrap();
    assert_eq!(seen(&outcome, &["firing"]), Value::Int(1));
    let allowed = format!("{quiet}\nallowed = ['alertname=\"QueueFull\"']");
    assert!(passes(&world.ask::<AlertmanagerQuiet>(&allowed).await));

    world.silence("QueueFull");
    let outcome = world.until::<AlertmanagerQuiet>(&quiet, passes).await.unwrap();
    assert_eq!(seen(&outcome, &["silenced"]), Value::Int(1));
    assert!(fails(&world.ask::<AlertmanagerQuiet>(&format!("{quiet}\ncount_silenced = true")).await));
}
