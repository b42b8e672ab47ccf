//! `heal policy`: what documents say, before anything fails.

mod checking;
mod explaining;
mod replaying;
mod testing;

/// A team's guardrails: nothing in `infra/`, production asks, the rest is allowed once it was rehearsed.
const TEAM: &str = "schema: selfheal.dev/guardrails/v1
name: team
version: 1
rules:
  - {id: infra, effect: deny, kinds: ['*'], targets: ['infra/*'], because: 'people change infra'}
  - id: production
    effect: {require_approval: {k: 2, roles: [sre]}}
    kinds: ['*']
    environments: [production]
    because: 'customers notice'
  - id: rehearsed
    effect: allow
    kinds: ['*']
    when: {rehearsed: true, reversibility: [undoable, nothing_to_undo]}
    because: 'it was seen to help'
freeze:
  - {id: sale, zone: Europe/Berlin, from: '2026-11-27T00:00', until: '2026-11-30T00:00', because: 'the sale'}
examples:
  - {name: infra is left alone, given: {kind: edit_file, environment: dev, target: infra/a.tf, rehearsed: true}, expect: deny}
  - {name: the rest heals, given: {kind: edit_file, environment: dev, target: src/a.py, rehearsed: true}, expect: allow}
";
