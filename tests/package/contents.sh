#!/usr/bin/env bash
# Builds the Debian package of the program under test and looks at what is in it. No root, no network.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
program=${SALLYPORT:-$root/build/release/bin/sallyport}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

die() { printf 'package: %s\n' "$*" >&2 && exit 1; }
expect() { grep -qE -- "$2" <<<"$1" || die "no /$2/ in:"$'\n'"$1"; }

deb=$("$root/tools/package/build_deb" "$program" "$work/out")
[[ -s $deb ]] || die "no package"
control=$(dpkg-deb --field "$deb")
expect "$control" "^Version: $("$program" --version | cut -d ' ' -f 2)$"
expect "$control" '^Depends: adduser, .*libssl3.*'
expect "$control" '^Depends: .*libc6 \(>= '
expect "$control" '^Installed-Size: [0-9]+$'
[[ $control != *@* || $control =~ Maintainer ]] || die "a placeholder is left"

list=$(dpkg-deb --contents "$deb")
for path in ./usr/bin/sallyport ./lib/systemd/system/sallyport.service ./etc/sallyport/sallyport.yaml \
  ./usr/share/man/man1/sallyport.1.gz ./usr/share/bash-completion/completions/sallyport ./usr/share/zsh/vendor-completions/_sallyport \
  ./usr/share/fish/vendor_completions.d/sallyport.fish ./usr/share/doc/sallyport/copyright ./usr/share/doc/sallyport/changelog.gz \
  ./usr/share/doc/sallyport/docs/configuration.md; do
  expect "$list" "[[:space:]]${path//./\\.}$"
done
if grep -v ' root/root ' <<<"$list"; then die "these belong to somebody else than root"; fi
if grep -E '^.(.{4}w|.{7}w)' <<<"$list" | grep -v '^l'; then die "others may write these"; fi

dpkg-deb --extract "$deb" "$work/tree"
dpkg-deb --control "$deb" "$work/control"
[[ $(<"$work/control/conffiles") == /etc/sallyport/sallyport.yaml ]] || die "the configuration is no conffile"
(cd "$work/tree" && md5sum --quiet --check "$work/control/md5sums") || die "sums do not fit"
for script in postinst prerm postrm; do sh -n "$work/control/$script"; done
bash -n "$work/tree/usr/share/bash-completion/completions/sallyport"

installed=$work/tree/usr/bin/sallyport
expect "$("$installed" version)" '^sallyport [0-9]'
if file "$installed" 2>/dev/null | grep -q 'not stripped'; then die "the binary is not stripped"; fi
# Until somebody writes a server into it, the configuration says that there is none, and nothing else.
said=$("$installed" check -c "$work/tree/etc/sallyport/sallyport.yaml") && die "an empty configuration passed the check"
expect "$said" 'no servers|`servers` is'
[[ $(wc -l <<<"$said") == 1 ]] || die "more than that is wrong with the configuration: $said"
sed -i 's/^  # \(files:\)/  \1/; s/^  #   \(command: npx\)/    \1/; s/^  #   \(args: \[-y, "@model\)/    \1/' "$work/tree/etc/sallyport/sallyport.yaml"
"$installed" check -c "$work/tree/etc/sallyport/sallyport.yaml" >/dev/null || die "its example does not pass the check"

page=$(gzip -dc "$work/tree/usr/share/man/man1/sallyport.1.gz")
expect "$page" '^\.TH SALLYPORT 1'
while read -r command; do
  expect "$page" "^\\.SS sallyport $command\$"
done < <("$program" --help | sed -n '/^Commands:/,/^$/s/^  \([a-z][a-z-]*\) .*/\1/p')
if command -v man >/dev/null && command -v groff >/dev/null; then
  warnings=$(man --warnings -E UTF-8 -l -Tutf8 "$work/tree/usr/share/man/man1/sallyport.1.gz" 2>&1 >/dev/null) || true
  [[ -z $warnings ]] || die "the manual page: $warnings"
fi

# The same source gives the same package.
again=$("$root/tools/package/build_deb" "$program" "$work/again")
cmp "$deb" "$again" || die "two builds differ"

# The Dockerfile runs the scripts that are tested, and its user and paths are those of the package.
dockerfile=$(<"$root/deploy/Dockerfile")
expect "$dockerfile" '^RUN deploy/container-build /package$'
expect "$dockerfile" '^RUN /package/container-install /package/sallyport.deb \$PACKAGES$'
expect "$dockerfile" '^USER sallyport$'
expect "$dockerfile" '^HEALTHCHECK .*"servers", "list"'
expect "$(<"$work/control/postinst")" 'adduser --system .* sallyport$'
sh -n "$root/deploy/container-build" && sh -n "$root/deploy/container-install"
echo "package: $(basename "$deb"), $(stat -c %s "$deb") bytes"
