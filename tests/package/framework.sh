#!/usr/bin/env bash
# framework.sh BUILD COMPILER: installs the framework somewhere, and builds and tests a project of `sallyport new` against it.
set -euo pipefail
build=$1 compiler=$2
program=${SALLYPORT:-$build/bin/sallyport}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
say() { printf 'framework: %s\n' "$*"; }

cmake --install "$build" --prefix "$work/prefix" --component framework >/dev/null
if "$program" new "$work/No-Name" 2>/dev/null; then say "a bad name was taken"; exit 1; fi
"$program" new "$work/greeter" >/dev/null
if "$program" new "$work/greeter" 2>/dev/null; then say "an existing project was written over"; exit 1; fi

cmake -S "$work/greeter" -B "$work/build" -DCMAKE_CXX_COMPILER="$compiler" -DCMAKE_PREFIX_PATH="$work/prefix" >/dev/null
cmake --build "$work/build" >/dev/null
ctest --test-dir "$work/build" --output-on-failure
# Authors compile no Asio and no JSON library.
"$compiler" -std=gnu++23 -I"$work/prefix/include" -I"$work/prefix/include/sallyport" -M "$work/greeter/main.cpp" >"$work/headers"
if grep -E '/boost/|simdjson|spdlog|/fmt/|openssl' "$work/headers"; then say "sallyport.hpp reaches these"; exit 1; fi
