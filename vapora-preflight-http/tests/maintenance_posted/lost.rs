//! Answers that are lost: the maintenance may be there all the same.

use vapora_preflight::Outcome;
use vapora_preflight_sim::{Fault, FaultPlan, StatusPage};

use crate::ask::{SERVICES, ask, assert_told, posting, told};

#[tokio::test]
async fn no_fault_makes_a_maintenance_count_as_posted() {
    for service in SERVICES {
        let requests = if service == "statuspage" { 4 } else { 3 };
        for fault in Fault::ALL.into_iter().filter(|fault| *fault != Fault::Slow) {
            for number in 1..=requests {
                // a page of people that shows something else does not show the maintenance, and that is all it says
                if service == "webhook" && (number, fault) == (1, Fault::Garbage) {
                    continue;
                }
                let page = StatusPage::serve().await.unwrap();
                page.faults().set(FaultPlan::nth(number, fault));
                let result = ask(&page, &posting(&page, service)).await;
                assert_eq!(page.faults().struck(), 1, "{service}, {fault} at {number}");
                assert!(
                    !matches!(result, Ok(Outcome::Pass(_) | Outcome::Warn(_))),
                    "{service}, {fault} at {number}: {result:?}"
                );
            }
        }
    }
}

#[tokio::test]
async fn a_posting_whose_answer_was_lost_is_uncertain() {
    let mut all = Vec::new();
    for fault in [
        Fault::Cut,
        Fault::Status(500),
        Fault::Truncated,
        Fault::Garbage,
        Fault::Empty,
        Fault::Status(429),
        Fault::Status(503),
    ] {
        let page = StatusPage::serve().await.unwrap();
        page.faults().set(FaultPlan::nth(3, fault));
        let result = ask(&page, &posting(&page, "statuspage")).await;
        let lost = !matches!(fault, Fault::Status(429 | 503));
        assert_eq!(result.as_ref().unwrap_err().report().uncertain, lost, "{fault}: {result:?}");
        all.push(format!("{fault}: {}", told(&result)));
    }
    assert_told!(all.join("\n"));
}

#[tokio::test]
async fn what_was_posted_and_not_read_back_is_found_by_the_next_attempt() {
    let page = StatusPage::serve().await.unwrap();
    page.faults().set(FaultPlan::nth(4, Fault::Status(503)));
    let first = ask(&page, &posting(&page, "statuspage")).await;
    assert!(first.as_ref().is_err_and(vapora_preflight::CheckError::is_transient), "{first:?}");
    assert_told!(told(&first));
    assert!(matches!(ask(&page, &posting(&page, "statuspage")).await, Ok(Outcome::Pass(_))));
    assert_eq!(page.maintenances().len(), 1);
}
