#!/bin/sh
# Seeds each target's corpus from the documents that the project ships and documents.
set -eu
cd "$(dirname "$0")"
for target in guardrails recovery approvers runbooks plans cases commands; do
    mkdir -p "corpus/$target"
    if [ -d "seeds/$target" ]; then cp "seeds/$target"/* "corpus/$target/"; fi
done
cp ../guardrails/*.yaml corpus/guardrails/
for runbook in ../catalogue/*.yaml; do cp "$runbook" "corpus/runbooks/"; done
