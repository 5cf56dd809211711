# The verbs of ./dev, one function each.

verb_setup() {
  setup
  say "everything that the build and the tests need is there"
}

verb_build() {
  stage "what the build needs" setup
  stage "build (release)" compile release sallyport
  say "build/release/bin/sallyport"
}

verb_run() {
  setup
  compile release sallyport >&2
  exec build/release/bin/sallyport "$@"
}

verb_demo() {
  verb_build
  exec tools/demo.sh "$@"
}

# All that is slow to build comes first, the summary of the whole suite last.
verb_test() {
  local failed=()
  stage "what the tests need" setup_tests
  if (($#)); then
    stage "build (release)" compile release
    stage "tests" run_ctest release -R "$1"
    return
  fi
  stage "fast checks" verb_check || failed+=("fast checks")
  if stage "build (ASan, UBSan)" compile asan; then
    stage "unit tests and fuzz corpora (ASan, UBSan)" run_ctest asan -L unit || failed+=("ASan and UBSan")
  else
    failed+=("build (ASan, UBSan)")
  fi
  stage "build (release)" compile release
  ((${#failed[@]} == 0)) || complain "failed so far: $(join_by ', ' "${failed[@]}")"
  say "${bold}==> every test (release)$plain"
  run_ctest release || failed+=("tests (release)")
  ((${#failed[@]} == 0)) && return
  complain "failed: $(join_by ', ' "${failed[@]}")"
  return 1
}

verb_check() {
  local code=0
  tools/check_format || code=1
  tools/check_layers || code=1
  tools/check_headers || code=1
  tools/check_exposure || code=1
  tools/reference --check || code=1
  return "$code"
}

verb_fmt() {
  install_packages clang-format-19
  if [[ ${1:-} == --check ]]; then
    tools/check_format
  else
    tools/check_format --fix
  fi
}

verb_tidy() {
  setup
  configure dev
  local files=("$@")
  ((${#files[@]})) || mapfile -t files < <(find src apps -name '*.cpp' | sort)
  printf '%s\0' "${files[@]}" | xargs -0 -n 1 -P "$jobs" clang-tidy-19 -p build/dev --quiet --use-color=false 2>/dev/null
}

verb_asan() { sanitized asan "$@"; }
verb_tsan() { sanitized tsan "$@"; }

sanitized() {
  setup
  stage "build ($1)" compile "$1"
  run_ctest "$1" -L unit ${2:+-R "$2"}
}

# New inputs collect in build/fuzz/corpus, findings in build/fuzz/findings; a finding that is fixed moves to fuzz/corpus.
verb_fuzz() {
  setup
  local names=("${1:-}") seconds=${2:-60} name
  [[ -n ${names[0]} ]] || mapfile -t names < <(basename -s .cpp fuzz/*.cpp | grep -vx replay)
  for name in "${names[@]}"; do
    [[ -f fuzz/$name.cpp ]] || {
      complain "no fuzz target is called \`$name\`: $(basename -s .cpp fuzz/*.cpp | grep -vx replay | xargs)"
      return 2
    }
  done
  stage "build (fuzz)" compile fuzz "${names[@]/#/fuzz_}"
  for name in "${names[@]}"; do
    mkdir -p "build/fuzz/corpus/$name" build/fuzz/findings "fuzz/corpus/$name"
    stage "fuzz $name, $seconds s" "build/fuzz/bin/fuzz_$name" -max_total_time="$seconds" -timeout=10 -rss_limit_mb=2048 \
      -print_final_stats=1 -verbosity=0 -artifact_prefix="build/fuzz/findings/$name-" \
      "build/fuzz/corpus/$name" "fuzz/corpus/$name"
  done
}

verb_bench() {
  setup
  install_packages "${bench_packages[@]}"
  stage "build (release)" compile release
  bench/run "$@" || return
  say "what a failure costs beside its request"
  build/release/bin/errors_bench || return
  say "what it costs to refuse a call, against one that passes"
  build/release/bin/refusals_bench || return
  say "an echo server of the framework, against one on the TypeScript SDK"
  exec bench/framework
}

verb_conformance() {
  stage "what the build needs" setup
  stage "build (release)" compile release example_everything-server sallyport
  tools/conformance/run.sh "$@"
}

verb_cov() {
  setup
  stage "build (cov)" compile cov
  local profiles=build/cov/profiles objects=() program
  rm -rf "$profiles"
  LLVM_PROFILE_FILE=$root/$profiles/%m-%p.profraw run_ctest cov -L unit ${1:+-R "$1"}
  find "$profiles" -name '*.profraw' >build/cov/profiles.txt
  llvm-profdata-19 merge -sparse -f build/cov/profiles.txt -o build/cov/merged.profdata
  for program in build/cov/bin/test_* build/cov/bin/fuzz_*; do objects+=(-object "$program"); done
  llvm-cov-19 show "${objects[@]}" -instr-profile build/cov/merged.profdata -format html -output-dir build/cov/html src
  llvm-cov-19 report "${objects[@]}" -instr-profile build/cov/merged.profdata src
  say "line by line: build/cov/html/index.html"
}

run_ctest() {
  local preset=$1
  shift
  ctest --test-dir "build/$preset" --parallel "$jobs" --output-on-failure --no-label-summary --no-tests=error "$@"
}

join_by() {
  local separator=$1 first=$2
  shift 2
  printf '%s' "$first" "${@/#/$separator}"
}
