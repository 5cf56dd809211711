# What the verbs share: how they speak, and where things are. Sourced by ./dev, in the repository's root.

root=$PWD
jobs=${JOBS:-2}

if [[ -t 2 && -z ${NO_COLOR:-} && -z ${CI:-} && ${TERM:-dumb} != dumb ]]; then
  bold=$'\e[1m' dim=$'\e[2m' red=$'\e[31m' plain=$'\e[0m'
else
  bold='' dim='' red='' plain=''
fi

say() { printf '%s\n' "$*" >&2; }
complain() { printf '%s%s%s\n' "${red}./dev: " "$*" "$plain" >&2; }

# stage TITLE COMMAND…: runs the command, says what it is before and how long it took after. Its exit code is the command's.
# Within it `set -e` is off, as bash has it: functions that run as stages return at their first failure by themselves.
stage() {
  local title=$1 begun=$SECONDS code=0
  shift
  printf '%s==> %s%s\n' "$bold" "$title" "$plain" >&2
  "$@" || code=$?
  local passed=$((SECONDS - begun)) verdict=done
  ((code == 0)) || verdict="${red}failed (exit code $code)$plain$dim"
  printf '%s    %s: %s, %d min %02d s%s\n' "$dim" "$title" "$verdict" $((passed / 60)) $((passed % 60)) "$plain" >&2
  return "$code"
}

# configure PRESET: once; ninja itself sees changed CMake files.
configure() {
  [[ -f build/$1/build.ninja ]] || cmake --preset "$1" --no-warn-unused-cli >/dev/null
}

# compile PRESET [TARGET…]: everything unless targets are named.
compile() {
  local preset=$1
  local quiet=(--quiet)
  [[ ! -t 1 ]] || quiet=()
  shift
  configure "$preset" || return
  ninja "${quiet[@]}" -C "build/$preset" -j "$jobs" "$@"
}
