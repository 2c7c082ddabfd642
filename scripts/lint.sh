#!/usr/bin/env bash
# Every check that needs no running server. Goes on after a failure, so that one run shows them all.
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
export LC_ALL=C.UTF-8
python=${PYTHON:-.venv/bin/python}
failed=()

check() {
    local name=$1
    shift
    "$@" || failed+=("$name")
}

check_javascript() {
    local file status=0
    while IFS= read -r -d '' file; do
        if grep -qE '^(import|export)\b' "$file"; then
            # Older versions take a .js file for a script whatever it says.
            node --input-type=module --check <"$file" || { printf 'in %s\n' "$file" >&2; status=1; }
        else
            node --check "$file" || status=1
        fi
    done < <(find sdk templates e2e Benchmarks -name node_modules -prune -o \( -name '*.js' -o -name '*.mjs' -o -name '*.cjs' \) \
        -not -path '*/fixtures/broken/*' -print0 2>/dev/null)
    return "$status"
}

check_shell() {
    local file status=0
    for file in scripts/*.sh .ci/run; do
        bash -n "$file" || status=1
    done
    return "$status"
}

check 'swift format' swift format lint --strict --recursive --parallel Sources $([ -d Tests ] && echo Tests) Package.swift
check 'tidy' "$python" scripts/tidy.py
check 'ruff' "$python" -m ruff check --quiet --config scripts/ruff.toml scripts e2e Benchmarks
check 'node --check' check_javascript
check 'bash -n' check_shell

if [ "${#failed[@]}" -gt 0 ]; then
    printf 'lint: failed: %s\n' "${failed[*]}" >&2
    exit 1
fi
