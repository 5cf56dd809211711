#!/usr/bin/env bash
# Runs the end-to-end tests against the program that SALLYPORT names (default build/release/bin/sallyport).
#   run.sh            every file, two at a time, one line each; what failed is shown in full at the end
#   run.sh FILTER     the files whose name contains FILTER; a single one reports test by test
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
export PATH="$("$here/install.sh"):$PATH"

files=()
for file in "$here"/*.test.mjs; do
  [[ ${file##*/} == *"${1:-}"* ]] && files+=("$file")
done
((${#files[@]})) || { echo "run.sh: no test file has '$1' in its name" >&2; exit 2; }

run_one() { node --test --test-reporter=spec --test-timeout=180000 "$1"; }
if ((${#files[@]} == 1)); then
  run_one "${files[0]}"
  exit
fi

logs=$(mktemp -d)
trap 'rm -rf "$logs"' EXIT
run_logged() {
  local name=${1##*/} verdict=ok
  name=${name%.test.mjs}
  run_one "$1" >"$logs/$name" 2>&1 || { verdict=FAILED; touch "$logs/$name.failed"; }
  printf '%-6s %-18s %3d passed, %d failed\n' "$verdict" "$name" "$(count "$logs/$name" pass)" "$(count "$logs/$name" fail)"
}
count() { sed -n "s/^ℹ $2 //p" "$1" | tail -n 1; }
export logs
export -f run_one run_logged count
printf '%s\0' "${files[@]}" | xargs -0 -n 1 -P 2 bash -c 'run_logged "$1"' run_logged

shopt -s nullglob
failed=("$logs"/*.failed)
for mark in "${failed[@]}"; do
  printf '\n===== %s\n' "$(basename "${mark%.failed}")"
  sed -n '/✖ failing tests:/,$p' "${mark%.failed}"
done
((${#failed[@]} == 0))
