#!/usr/bin/env bash
# The first five minutes: two MCP servers from npm behind the gateway, a call that works, one that is refused, one whose
# server was killed. On a terminal it then stays up until Ctrl-C; without one, or with --once, it stops all that it started.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
root=$PWD
sallyport=$root/build/release/bin/sallyport
home=$root/build/demo
config=$home/sallyport.yaml
log=$home/sallyport.log

stays=true
[[ -t 1 ]] || stays=false
case ${1:-} in
  '') ;;
  --once) stays=false ;;
  *) echo "demo [--once]" >&2 && exit 2 ;;
esac
if [[ -t 1 && -z ${NO_COLOR:-} ]]; then bold=$'\e[1m' dim=$'\e[2m' plain=$'\e[0m'; else bold='' dim='' plain=''; fi

title() { printf '\n%s%s%s\n' "$bold" "$*" "$plain"; }
shell() { printf '%s  $ %s%s\n' "$dim" "$*" "$plain"; }
indent() { sed 's/^/  /'; }
die() {
  printf '\ndemo: %s\n' "$*" >&2
  [[ ! -s $log ]] || { echo "the end of $log:" && tail -n 5 "$log"; } >&2
  exit 1
}

# Polls a condition that is about to hold. Its output stays out of the way.
await() {
  local what=$1 tries
  shift
  for ((tries = 0; tries < 300; ++tries)); do
    "$@" >/dev/null 2>&1 && return
    kill -0 "$gateway" 2>/dev/null || die "the gateway ended"
    sleep 0.1
  done
  die "waited 30 s for $what"
}

free_port() { if (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; then echo 0; else echo "$1"; fi; }

write_config() {
  local npm=$root/tests/e2e/node_modules/@modelcontextprotocol
  mkdir -p "$home/files"
  echo "Hello from behind the gate." >"$home/files/hello.txt"
  rm -f "$home/files/loot.txt"
  cat >"$config" <<END
version: 1
listen: {http: 127.0.0.1:$(free_port 8080)}
admin: {http: 127.0.0.1:$(free_port 8081)}
servers:
  everything:
    command: "$node"
    args: ["$npm/server-everything/dist/index.js", stdio]
  files:
    command: "$node"
    args: ["$npm/server-filesystem/dist/index.js", "$home/files"]
    tools:
      deny: [write_file, edit_file, move_file, create_directory]
telemetry: {log: {format: json}}
END
}

url_after() { grep -F "\"message\":\"$1\"" "$log" | grep -o 'http://[^"]*'; }

# In a session of its own, so that Ctrl-C is ours to answer: it drains on the one SIGTERM that we send.
start_gateway() {
  : >"$log" # what an earlier gateway wrote is not this one's
  setsid "$sallyport" serve -c "$config" >/dev/null 2>"$log" </dev/null &
  gateway=$!
  trap 'kill "$gateway" 2>/dev/null || true; wait "$gateway" || true' EXIT
  trap 'exit 130' INT TERM
  await "the gateway to listen" url_after "serving admin"
  url=$(url_after "serving MCP") || die "the gateway does not serve MCP"
  admin=$(url_after "serving admin")
  admin=${admin%/}
}

pid_of() {
  "$sallyport" servers list --admin "$admin" --json | grep -o "\"name\":\"$1\"[^}]*" | sed -n 's/.*"pid":\([0-9]*\).*/\1/p'
}
has_new_pid() {
  local now
  now=$(pid_of files)
  [[ -n $now && $now != "$1" ]]
}
is_gone() { [[ $(pid_of files) != "$1" ]]; }

# call TOOL ARGUMENTS: shows the command and what it answers; its exit code is the command's.
call() {
  shell "sallyport tools call $1 --args '$2' --url $url"
  answer=$("$sallyport" tools call "$1" --args "$2" --url "$url" 2>&1)
}
show() { indent <<<"${answer//$root\//}"; }

read_hello() {
  call files__read_text_file "{\"path\": \"$home/files/hello.txt\"}" || die "the call failed: $answer"
  show
  # The last line: on a busy machine a command says before it what it waits for.
  [[ ${answer##*$'\n'} == "Hello from behind the gate." ]] || die "that is not what hello.txt says"
}

call_that_works() {
  title "1. Two calls that work"
  call everything__echo '{"message": "anybody there?"}' || die "the call failed: $answer"
  show
  read_hello
}

call_that_is_refused() {
  title "2. A call that is refused: the config has  tools: {deny: [write_file, …]}"
  if call files__write_file "{\"path\": \"$home/files/loot.txt\", \"content\": \"x\"}"; then die "it was not refused"; fi
  show
  [[ $answer == *TOOL_002* ]] || die "that is not the typed error of a tool that is denied"
  [[ ! -e $home/files/loot.txt ]] || die "it ran all the same"
}

server_that_dies() {
  title "3. A server that is killed, and comes back"
  local pid
  pid=$(pid_of files)
  [[ -n $pid ]] || die "the server \`files\` has no pid"
  shell "kill -9 $pid"
  kill -9 "$pid"
  await "the gateway to notice" is_gone "$pid"
  read_hello
  has_new_pid "$pid" || die "the server was not started again"
  shell "sallyport servers list --admin $admin"
  "$sallyport" servers list --admin "$admin" | indent
}

dashboard_shows_it() {
  title "4. The dashboard"
  shell "curl $admin/api/calls"
  local calls
  calls=$(curl -fsS "$admin/api/calls") || die "the admin port does not answer"
  curl -fsS "$admin/" | grep -q '<script type="module"' || die "there is no page on the admin port"
  local each
  for each in '"target":"echo"' '"target":"read_text_file"' '"requested":"files__write_file"' '"code":"POLICY_001"'; do
    [[ $calls == *"$each"* ]] || die "the dashboard does not know the call with $each"
  done
  echo "$(grep -o '"id":' <<<"$calls" | wc -l) calls, one of them refused: the page shows them as they end" | indent
}

paste_this() {
  title "Put it into your agent"
  cat <<END
  Claude Code      claude mcp add --transport http sallyport $url
  Cursor           ~/.cursor/mcp.json      {"mcpServers": {"sallyport": {"url": "$url"}}}
  VS Code          .vscode/mcp.json        {"servers": {"sallyport": {"type": "http", "url": "$url"}}}
  Claude Desktop   claude_desktop_config.json
    {"mcpServers": {"sallyport": {"command": "$sallyport", "args": ["serve", "--stdio", "-c", "$config"]}}}

  In front of the servers that you have already:  ${sallyport#"$root/"} serve --mcp-json ~/.cursor/mcp.json
END
}

[[ -x $sallyport ]] || { echo "demo: not built yet: ./dev demo" >&2 && exit 1; }
echo "Bringing two MCP servers from npm…"
node=$("$root/tests/e2e/install.sh")/node
write_config
start_gateway
title "Sallyport serves $url, in front of \`everything\` and \`files\`"
call_that_works
call_that_is_refused
server_that_dies
dashboard_shows_it
paste_this
title "Dashboard: $admin/"

if $stays; then
  title "Up until Ctrl-C. Log: ${log#"$root/"}  Config: ${config#"$root/"}"
  trap 'echo; exit 0' INT TERM
  wait "$gateway" || true
  die "the gateway ended"
fi
trap - EXIT
kill "$gateway"
wait "$gateway" || die "the gateway did not stop in good order"
title "All of it worked, and all of it is stopped."
