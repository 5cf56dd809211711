#!/bin/sh
# What fresh_debian.sh runs inside the bare Debian.
set -eu
die() { echo "in_debian: $*" >&2; exit 1; }

find / -xdev -not -path '/proc/*' -not -path '/tmp/*' -not -path '/package/*' | sort >/tmp/before
cp /package/sallyport.deb /tmp/x.deb
sh /package/container-install /package/sallyport.deb
[ -z "$(ls /var/lib/apt/lists 2>/dev/null)" ] || die "the lists of apt are left"

id sallyport | grep -q 'gid=.*(sallyport)' || die "no user"
[ "$(stat -c '%U:%G %a' /var/lib/sallyport)" = 'sallyport:sallyport 700' ] || die "the state directory"
[ "$(stat -c '%U:%G %a' /etc/sallyport/sallyport.yaml)" = 'root:sallyport 640' ] || die "the configuration"
as_service='setpriv --reuid sallyport --regid sallyport --clear-groups env -i PATH=/usr/bin:/bin HOME=/var/lib/sallyport XDG_STATE_HOME=/var/lib'
$as_service sallyport check -c /etc/sallyport/sallyport.yaml && die "an empty configuration passed"

# A server of three lines of shell is enough for the gateway to be up and say so.
cat >/etc/sallyport/sallyport.yaml <<'YAML'
version: 1
servers:
  silent: {command: cat}
timeouts: {shutdown: 2s}
YAML
cd /var/lib/sallyport
$as_service sallyport check -c /etc/sallyport/sallyport.yaml
$as_service sallyport serve -c /etc/sallyport/sallyport.yaml 2>/tmp/serve.log &
serving=$!
# The health check of deploy/Dockerfile.
tries=0
until $as_service sallyport servers list --json --admin http://127.0.0.1:8081 >/tmp/servers 2>/dev/null; do
  tries=$((tries + 1))
  [ "$tries" -lt 200 ] && kill -0 "$serving" 2>/dev/null || { cat /tmp/serve.log; die "it does not serve"; }
  sleep 0.1
done
grep -q '"name":"silent"' /tmp/servers || die "no server: $(cat /tmp/servers)"
$as_service sallyport doctor --offline -c /etc/sallyport/sallyport.yaml | grep -q 'a gateway runs here' || die "doctor does not see it"
kill -TERM "$serving"
wait "$serving" || die "it ended with $?"

# A change of the configuration outlives the removal, and a purge leaves nothing of ours.
apt-get -qq remove -y sallyport
[ -f /etc/sallyport/sallyport.yaml ] || die "the removal took the configuration"
[ ! -e /usr/bin/sallyport ] || die "the removal left the program"
apt-get -qq update
apt-get -qq install -y --no-install-recommends /tmp/x.deb >/dev/null
grep -q silent /etc/sallyport/sallyport.yaml || die "the second installation lost the configuration"
touch /var/lib/sallyport/state.db /etc/sallyport/secrets.env
apt-get -qq purge -y sallyport
left=$(find / -xdev -not -path '/proc/*' -not -path '/tmp/*' -not -path '/package/*' | sort | comm -13 /tmp/before - | grep -i sallyport || true)
[ -z "$left" ] || die "the purge left: $left"
if getent passwd sallyport || getent group sallyport; then die "the purge left the user"; fi
echo "installed, served, removed, purged"
