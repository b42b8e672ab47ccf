use std::sync::Arc;

use async_trait::async_trait;
use selfheal_core::error::{Error, ErrorKind, Result};
use selfheal_core::evidence::{Evidence, EvidenceId};
use selfheal_core::ports::LogSource;
use selfheal_core::resource::ResourceRef;
use selfheal_core::testing::conformance::{self, LogFixture, Verdict};
use selfheal_detect::redact::Redactor;

use super::broken;
use crate::scene::thing;

const SECRET: &str = "tr0ub4dor-and-3";

#[derive(Debug, Clone, Copy, PartialEq)]
enum Bug {
    None,
    LeaksTheSecret,
    ReturnsAll,
    ReturnsNothing,
    CountsFromOne,
    TurnsTheOrder,
    InventsAnEmptyLog,
}

/// A log in memory: 20 numbered lines, coloured, the 18th followed by a secret.
struct Log(Bug);

fn lines() -> Vec<String> {
    let mut lines: Vec<String> = (1..=20).map(|n| format!("\u{1b}[32mline {n}\u{1b}[0m")).collect();
    lines.push(format!("secret {SECRET}"));
    lines
}

#[async_trait]
impl LogSource for Log {
    async fn tail(&self, resource: &ResourceRef, wanted: usize) -> Result<Vec<Evidence>> {
        let bug = self.0;
        if *resource != thing() {
            let missing = Error::new(ErrorKind::NotFound, "log.tail", "no such log");
            return if bug == Bug::InventsAnEmptyLog { Ok(Vec::new()) } else { Err(missing) };
        }
        if bug == Bug::ReturnsNothing {
            return Ok(Vec::new());
        }
        let known = if bug == Bug::LeaksTheSecret { "something-else" } else { SECRET };
        let redactor = Redactor::builder().known("TOKEN", known).build();
        let all = lines();
        let skipped = if bug == Bug::ReturnsAll { 0 } else { all.len() - wanted };
        let first = if bug == Bug::CountsFromOne { 1 } else { skipped as u64 + 1 };
        let piece = |from: usize, text: &[String], first: u64| {
            Evidence::new(EvidenceId(from as u32), "log", first, &text.join("\n"), &redactor)
        };
        let kept = &all[skipped..];
        Ok(match bug {
            Bug::TurnsTheOrder => vec![piece(1, &kept[5..], first + 5), piece(2, &kept[..5], first)],
            _ => vec![piece(1, kept, first)],
        })
    }
}

async fn run(bug: Bug) -> Verdict {
    let fixture = LogFixture { source: Arc::new(Log(bug)), resource: thing(), secret: SECRET.to_owned() };
    conformance::log_source(fixture).await
}

#[tokio::test]
async fn a_faithful_source_keeps_its_obligations() {
    run(Bug::None).await.unwrap();
}

#[tokio::test]
async fn each_planted_bug_is_found() {
    let bugs = [
        (Bug::LeaksTheSecret, 1),
        (Bug::ReturnsAll, 2),
        (Bug::ReturnsNothing, 2),
        (Bug::CountsFromOne, 3),
        (Bug::TurnsTheOrder, 3),
        (Bug::InventsAnEmptyLog, 4),
    ];
    for (bug, obligation) in bugs {
        assert_eq!(broken(run(bug).await), Some(obligation), "{bug:?}");
    }
}
