//! One worker at a time: who was paused and wakes up late is fenced off; a long wait holds no worker.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use selfheal_core::engine::{Event, Outcome};
use selfheal_core::error::ErrorKind;
use selfheal_core::limits::Limits;
use selfheal_core::orchestrator::{Cancellation, Orchestrator, Report};
use selfheal_core::ports::{Claim, Clock, Journal, Query};
use selfheal_core::testing::{AllowAll, FakeExecutor, ScriptedRunbooks, SeededEntropy, unavailable};

use futures_util::FutureExt;

use crate::scene::{MeddledJournal, Scene, hypothesis, signal};

/// Another worker on the same journal and world, with an executor of its own.
fn another(scene: &Scene) -> Orchestrator {
    let runbooks = ScriptedRunbooks::new(vec![vec![hypothesis("bad_mode", &[&[("mode", "good")]])]]);
    let host = Orchestrator::builder()
        .executor(Arc::new(FakeExecutor::new(scene.world.clone())))
        .probe(scene.probe.clone())
        .clock(scene.clock.clone())
        .entropy(Arc::new(SeededEntropy::new(99)))
        .journal(scene.journal.clone())
        .policy(Arc::new(AllowAll))
        .runbooks(Arc::new(runbooks));
    host.build().unwrap()
}

/// A worker is paused in front of its executor's `call`; meanwhile its lease expires, and another worker ends the incident.
async fn overtaken(call: &'static str) -> (Scene, Report, ErrorKind) {
    let scene = Scene::broken();
    let (journal, clock, other) = (scene.journal.clone(), scene.clock.clone(), another(&scene));
    let ended: Arc<Mutex<Option<Report>>> = Arc::default();
    let report = ended.clone();
    let meanwhile = async move {
        clock.sleep_until(clock.now().after(Duration::from_secs(31))).await;
        let lease = journal.pick_up(&other.claim(), 1).await.unwrap().pop().expect("its lease has expired");
        *ended.lock().unwrap() = Some(other.resume(lease, &Cancellation::new()).await.unwrap());
    };
    let meanwhile = Mutex::new(Some(meanwhile));
    scene.executor.before(move |made| {
        let run = meanwhile.lock().unwrap().take_if(|_| made == call)?;
        let runtime = || tokio::runtime::Builder::new_current_thread().build().unwrap();
        std::thread::scope(|threads| threads.spawn(move || runtime().block_on(run)).join().unwrap());
        None
    });
    let paused = scene.knowing(&[&[("mode", "good")]]).build().unwrap();
    let error = paused.heal(signal(), &Cancellation::new()).await.unwrap_err();
    let report = report.lock().unwrap().take().expect("another worker ended it");
    (scene, report, error.kind())
}

#[tokio::test]
async fn a_worker_that_was_overtaken_is_fenced_off_and_changes_nothing_any_more() {
    for call in ["preview", "rehearse", "apply 0"] {
        let (scene, report, error) = overtaken(call).await;
        assert_eq!(error, ErrorKind::Conflict, "{call}");
        assert_eq!(report.outcome(), Some(&Outcome::Healed), "{call}");
        assert_eq!(scene.mode(), "good", "{call}");
        assert_eq!(scene.executor.count("undo 0"), 0, "{call}: what another verified is not taken back");
        let taken_over = |event: &Event| matches!(event, Event::Resumed { epoch: 2, .. });
        assert_eq!(scene.events().await.iter().filter(|event| taken_over(event)).count(), 1, "{call}");
    }
}

#[tokio::test]
async fn a_worker_that_was_paused_behind_its_intent_looks_at_its_lease_before_it_sends_anything() {
    let scene = Scene::broken();
    let (journal, clock, inner) = (scene.journal.clone(), scene.clock.clone(), scene.journal.clone());
    let overtaken = Mutex::new(false);
    let paused = MeddledJournal::after(inner, move |record| {
        let intends_to_apply = record.event == Event::Intended && record.sequence > 7;
        if intends_to_apply && !std::mem::replace(&mut *overtaken.lock().unwrap(), true) {
            let later = clock.now().after(Duration::from_secs(31));
            clock.advance_to(later);
            let claim = Claim { worker: "other".into(), ttl: Duration::from_secs(30), holder_is_gone: false };
            let picked = journal.pick_up(&claim, 1).now_or_never().unwrap().unwrap();
            assert_eq!(picked.len(), 1, "its lease has expired");
        }
        None
    });
    let host = scene.knowing(&[&[("mode", "good")]]).journal(Arc::new(paused)).build().unwrap();
    let error = host.heal(signal(), &Cancellation::new()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Conflict);
    assert_eq!((scene.executor.count("apply 0"), scene.mode().as_str()), (0, "bad"));
}

#[tokio::test]
async fn a_wait_longer_than_the_bound_is_left_to_whoever_picks_it_up() {
    let scene = Scene::broken();
    let failed = Mutex::new(false);
    scene.executor.before(move |call| {
        let first = call == "preview" && !std::mem::replace(&mut *failed.lock().unwrap(), true);
        first.then(|| unavailable("fake.preview"))
    });
    let limits =
        Limits { port_backoff: Duration::from_secs(60), park_after: Duration::from_secs(10), ..Limits::default() };
    let host = scene.knowing(&[&[("mode", "good")]]).limits(limits).build().unwrap();
    let parked = host.heal(signal(), &Cancellation::new()).await.unwrap();
    assert_eq!(parked.outcome(), None);
    let wake = scene.journal.list(&Query::open(1)).await.unwrap()[0].wake_at.unwrap();
    assert!(scene.clock.now() < wake, "nobody slept through it");

    scene.clock.sleep_until(wake).await;
    let lease = scene.journal.pick_up(&host.claim(), 1).await.unwrap().pop().expect("it is due");
    let report = host.resume(lease, &Cancellation::new()).await.unwrap();
    assert_eq!(report.outcome(), Some(&Outcome::Healed));
}

#[tokio::test]
async fn a_worker_goes_on_with_what_a_dead_one_left_and_with_nothing_that_is_held() {
    let scene = Scene::broken();
    let died = |call: &'static str| {
        let killed = Arc::new(Mutex::new(false));
        move |made: &str| {
            let now = made == call && !std::mem::replace(&mut *killed.lock().unwrap(), true);
            now.then(|| panic!("the worker died"))
        }
    };
    scene.executor.before(died("apply 0"));
    let first = scene.knowing(&[&[("mode", "good")]]).build().unwrap();
    let healing = tokio::spawn(async move { first.heal(signal(), &Cancellation::new()).await.map(drop) });
    assert!(healing.await.unwrap_err().is_panic());

    let second = another(&scene);
    assert!(
        second.work_off(&Cancellation::new(), &Cancellation::new()).await.unwrap().is_empty(),
        "its lease has not expired"
    );
    scene.clock.sleep_until(scene.clock.now().after(Duration::from_secs(31))).await;
    let worked = second.work_off(&Cancellation::new(), &Cancellation::new()).await.unwrap();
    let outcomes: Vec<_> = worked.iter().map(|one| one.result.as_ref().unwrap().outcome()).collect();
    assert_eq!(outcomes, [Some(&Outcome::Healed)]);
    assert_eq!(scene.mode(), "good");
    assert!(second.work_off(&Cancellation::new(), &Cancellation::new()).await.unwrap().is_empty(), "nothing is left");
}

#[tokio::test]
async fn what_was_accepted_is_worked_off_by_whoever_picks_it_up_and_a_draining_worker_picks_up_nothing() {
    let scene = Scene::broken();
    let id = scene.knowing(&[]).build().unwrap().accept(signal()).await.unwrap();
    let (worker, drain) = (another(&scene), Cancellation::new());
    drain.cancel();
    assert!(worker.work_off(&drain, &Cancellation::new()).await.unwrap().is_empty());
    assert_eq!(scene.mode(), "bad");
    let worked = worker.work_off(&Cancellation::new(), &Cancellation::new()).await.unwrap();
    assert_eq!(worked.iter().map(|one| &one.incident).collect::<Vec<_>>(), [&id]);
    assert_eq!(scene.mode(), "good");
}

#[tokio::test]
async fn an_incident_keeps_the_bounds_it_was_opened_with() {
    let scene = Scene::broken();
    let generous = scene.knowing(&[&[("mode", "good")]]);
    let stop = Cancellation::new();
    let asked = stop.clone();
    scene.executor.before(move |_| {
        asked.cancel();
        None
    });
    let report = generous.build().unwrap().heal(signal(), &stop).await.unwrap();
    let strict = Limits { plans_per_incident: 1, ..Limits::default() };
    assert_ne!(*report.state.limits, strict);
    let replayed = crate::scene::replay(&scene.records().await).unwrap();
    assert_eq!(replayed.limits, report.state.limits);
}
