# What has to be on the machine, and how it gets there. Debian 12 with nothing but git is enough to begin with.

build_packages=(
  clang-19 lld-19 llvm-19 libclang-rt-19-dev clang-format-19 clang-tidy-19
  cmake ninja-build ccache git ca-certificates curl pkg-config procps openssl
  dpkg-dev binutils # the package
  python3 # tools/reference
  libboost1.81-dev libboost-json1.81-dev libboost-url1.81-dev libssl-dev libsimdjson-dev libre2-dev libfmt-dev
  libspdlog-dev libyaml-cpp-dev libcli11-dev
  libgtest-dev libgmock-dev librapidcheck-dev libbenchmark-dev
)
test_packages=(
  chromium fonts-dejavu-core # the dashboard in a browser
  prometheus faketime # scrapes the metrics; a clock that jumps
  nginx-light # in front of the gateway
  libcurl4-openssl-dev # its headers: that no code of libcurl is missing in our table
  rsyslog # gets alerts
)
bench_packages=(nginx-light python3)

missing_packages() {
  local wanted=("$@")
  comm -23 <(printf '%s\n' "${wanted[@]}" | sort -u) \
    <(dpkg-query -W -f '${db:Status-Status} ${Package}\n' "${wanted[@]}" 2>/dev/null | sed -n 's/^installed //p' | sort -u)
}

as_root() {
  if ((EUID == 0)); then
    "$@"
  elif command -v sudo >/dev/null; then
    sudo "$@"
  else
    complain "this needs root: $*"
    return 1
  fi
}

apt() {
  as_root env DEBIAN_FRONTEND=noninteractive apt-get -qq -o DPkg::Lock::Timeout=300 "$@" </dev/null
}

# install_packages NAME…: those that are missing, after saying so.
install_packages() {
  local missing
  command -v dpkg-query >/dev/null || {
    complain "this is not Debian: install by hand what tools/dev/packages.sh names"
    return 1
  }
  mapfile -t missing < <(missing_packages "$@")
  ((${#missing[@]})) || return 0
  say "installing from Debian: ${missing[*]}"
  local log
  log=$(mktemp)
  if apt update >"$log" 2>&1 && apt install -y --no-install-recommends "${missing[@]}" >"$log" 2>&1; then
    rm -f "$log"
    return 0
  fi
  tail -n 20 "$log" >&2
  rm -f "$log"
  complain "apt-get could not install them"
  return 1
}

# Node for the test peers and the demo: npm comes from wherever the machine has it, else from Debian, and brings the pinned one.
install_node() {
  command -v npm >/dev/null || install_packages npm || return
  local before=$SECONDS
  node_bin=$("$root/tools/node/install.sh") || return
  ((SECONDS - before < 2)) || say "installed Node $("$node_bin/node" --version) in ${node_bin%/node_modules/*}"
  export PATH=$node_bin:$PATH
  # It brings its own certificate authorities; those of the machine count too, as they do for Debian's Node.
  export NODE_EXTRA_CA_CERTS=${NODE_EXTRA_CA_CERTS:-/etc/ssl/certs/ca-certificates.crt}
}

setup() { install_packages "${build_packages[@]}" && install_node; }
setup_tests() { setup && install_packages "${test_packages[@]}"; }
