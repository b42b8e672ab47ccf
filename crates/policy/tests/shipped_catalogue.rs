//! The shipped catalogue: every document loads, every runbook has samples, and each sample is diagnosed as its
//! folder says.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use selfheal_policy::runbook::Catalogue;

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("catalogue")
}

fn names(folder: &Path, is_one: impl Fn(&Path) -> bool) -> BTreeSet<String> {
    let paths = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    paths.filter(|path| is_one(path)).map(|path| path.file_stem().unwrap().to_str().unwrap().to_owned()).collect()
}

#[test]
fn every_document_of_the_folder_is_embedded() {
    let embedded = Catalogue::shipped().unwrap().runbooks().iter().map(|runbook| runbook.id().to_owned()).collect();
    let written = names(&folder(), |path| path.extension().is_some_and(|extension| extension == "yaml"));
    assert_eq!(written, embedded);
}

#[test]
fn every_runbook_has_a_sample_it_recognises() {
    let sampled = names(&folder().join("samples"), Path::is_dir);
    let written = names(&folder(), |path| path.extension().is_some_and(|extension| extension == "yaml"));
    assert_eq!(written, sampled);
    for id in sampled {
        let samples = names(&folder().join("samples").join(&id), Path::is_file);
        assert!(samples.iter().any(|name| name.starts_with("match-")), "{id} lacks a match-*.log");
    }
}

/// Loading the folder as a host would runs every sample and compiles every pattern.
#[test]
fn every_sample_and_every_pattern_holds() {
    let host = Catalogue::builder().with_directory(&folder()).unwrap().build();
    assert_eq!(host.err().map(|error| error.to_string()), None);
}
