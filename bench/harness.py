"""Starts, loads and stops what a benchmark measures; every process is stopped by its id, also when the run is killed."""

import ctypes
import http.client
import json
import os
import shutil
import signal
import socket
import subprocess
import time
from pathlib import Path

TOOL = "echo"
READY_SECONDS = 20
PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None)


class Failure(Exception):
    """A run that cannot be measured; its text is for the person at the terminal."""


def nginx_path():
    return shutil.which("nginx", path=os.environ.get("PATH", "") + ":/usr/sbin")


def free_port():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return taken.getsockname()[1]


def children_of(pid):
    """The descendants of a process, as {pid: command line}."""
    parents = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            parents[int(stat.parent.name)] = int(stat.read_text().rpartition(")")[2].split()[1])
        except OSError:
            continue  # it ended meanwhile
    found, fresh = {}, {pid}
    while fresh:
        fresh = {child for child, parent in parents.items() if parent in fresh}
        for child in fresh:
            try:
                found[child] = Path(f"/proc/{child}/cmdline").read_bytes().replace(b"\0", b" ").decode().strip()
            except OSError:
                continue
    return found


def rss_anon(pid):
    """Anonymous resident memory of a process, in bytes."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("RssAnon:"):
            return int(line.split()[1]) * 1024
    raise Failure(f"/proc/{pid}/status has no RssAnon")


def settled_rss_anon(pid):
    """RssAnon once two readings agree: closed connections are cleaned up a moment after the client has gone."""
    last = rss_anon(pid)
    for _ in range(20):
        time.sleep(0.25)
        value = rss_anon(pid)
        if value == last:
            break
        last = value
    return value


class Process:
    """A program on one core, its output in files of the run's directory."""

    good_ends = (0, -signal.SIGTERM)

    def __init__(self, name, argv, directory, core, env=None):
        self.name = name
        self.log = directory / f"{name}.log"

        def before_exec():
            _libc.prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
            if core is not None:
                os.sched_setaffinity(0, {core})

        with open(self.log, "ab") as log:
            self.popen = subprocess.Popen([str(a) for a in argv], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                          stderr=log, env=env, preexec_fn=before_exec)
        self.pid = self.popen.pid

    def stop(self):
        self.popen.terminate()
        try:
            self.popen.wait(30)
        except subprocess.TimeoutExpired:
            self.popen.kill()
            self.popen.wait()
        self.popen.stdout.close()

    def wait_until(self, ready, what):
        """Polls until `ready()` gives something true and returns it."""
        end = time.monotonic() + READY_SECONDS
        last = ""
        while time.monotonic() < end:
            if self.popen.poll() is not None:
                raise Failure(f"{self.name} ended with {self.popen.returncode}: {self.tail()}")
            try:
                answer = ready()
                if answer:
                    return answer
            except (OSError, http.client.HTTPException, ValueError, LookupError) as error:
                last = f" ({error})"
            time.sleep(0.02)
        raise Failure(f"{self.name}: {what} did not come within {READY_SECONDS} s{last}: {self.tail()}")

    def tail(self):
        return self.log.read_text(errors="replace")[-2000:]


class Upstream(Process):
    def __init__(self, programs, directory, core, name="upstream", **flags):
        argv = [programs.bench_upstream] + [f"--{key.replace('_', '-')}={value}" for key, value in flags.items()]
        super().__init__(name, argv, directory, core)
        line = self.popen.stdout.readline().strip()
        if not line.isdigit():
            raise Failure(f"bench-upstream printed no port: {self.tail()}")
        self.url = f"http://127.0.0.1:{int(line)}/mcp"
        self.pids = [self.pid]


NGINX_CONF = """
daemon off;
worker_processes 1;
pid {directory}/nginx.pid;
error_log {directory}/nginx-error.log warn;
{user}
events {{ worker_connections 4096; }}
http {{
  access_log off;
  client_body_temp_path {directory}/nginx-body;
  proxy_temp_path {directory}/nginx-proxy;
  fastcgi_temp_path {directory}/nginx-fastcgi;
  uwsgi_temp_path {directory}/nginx-uwsgi;
  scgi_temp_path {directory}/nginx-scgi;
  keepalive_requests 1000000000;
  keepalive_timeout 1h;
  upstream behind {{
    server {upstream};
    keepalive 64;
    keepalive_requests 1000000000;
    keepalive_timeout 1h;
  }}
  server {{
    listen 127.0.0.1:{port};
    location / {{
      proxy_pass http://behind;
      proxy_http_version 1.1;
      proxy_set_header Connection "";
      proxy_buffering on;
      proxy_buffers 32 8k;
      proxy_busy_buffers_size 64k;
      proxy_max_temp_file_size 0;
    }}
  }}
}}
"""


class Nginx(Process):
    """nginx that plainly proxies; its worker is what is measured."""

    def __init__(self, upstream_url, directory, core):
        port = free_port()
        self.url = f"http://127.0.0.1:{port}/mcp"
        conf = directory / "nginx.conf"
        conf.write_text(NGINX_CONF.format(directory=directory, port=port, upstream=upstream_url.split("/")[2],
                                          user="user root;" if os.geteuid() == 0 else ""))
        super().__init__("nginx", [nginx_path(), "-p", directory, "-e", directory / "nginx-error.log", "-c", conf],
                         directory, core)
        self.wait_until(lambda: list_tools(self.url), "a first answer")
        self.pids = list(children_of(self.pid))


class Gateway(Process):
    """Sallyport in front of one server, an URL or a stdio command. `pids` are its own processes, not the server's."""

    good_ends = (0,)  # SIGTERM drains it

    def __init__(self, name, binary, server, directory, core):
        port, admin = free_port(), free_port()
        self.url = f"http://127.0.0.1:{port}/mcp"
        config = directory / f"{name}.yaml"
        config.write_text(json.dumps({  # JSON is YAML
            "version": 1,
            "listen": {"http": f"127.0.0.1:{port}"},
            "admin": {"http": f"127.0.0.1:{admin}"},
            "servers": {"bench": {**server, "prefix": ""}},
            "limits": {"source": "1000000/s", "concurrency": 1024},
            "sessions": {"total": 20000, "per_principal": 20000},
            "telemetry": {"log": {"level": "warn"}},
        }, indent=2))
        state = directory / f"{name}-state"
        state.mkdir(exist_ok=True)
        super().__init__(name, [binary, "serve", "-c", config], directory, core,
                         env={**os.environ, "XDG_STATE_HOME": str(state)})
        self.wait_until(lambda: http_status(admin, "/readyz") == 200, "/readyz")
        self.wait_until(lambda: list_tools(self.url), "a list of tools")
        descendants = children_of(self.pid)
        self.servers = [pid for pid, command in descendants.items() if "bench-upstream --stdio" in command
                        and Path(f"/proc/{pid}/exe").resolve().name == "bench-upstream"]
        self.pids = [self.pid] + [pid for pid in descendants if pid not in self.servers]


def http_status(port, path):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", path)
        return connection.getresponse().status
    finally:
        connection.close()


def list_tools(url):
    """The names that a client sees, in either era; empty until the measured tool is among them."""
    headers = {"Content-Type": "application/json", "Accept": "application/json, text/event-stream"}
    meta = {"io.modelcontextprotocol/protocolVersion": "2026-07-28", "io.modelcontextprotocol/clientCapabilities": {}}
    modern = {"MCP-Protocol-Version": "2026-07-28", "Mcp-Method": "tools/list"}
    answer = post(url, {**headers, **modern}, "tools/list", {"_meta": meta})
    if "result" not in answer:  # a legacy server behind a plain proxy
        answer = post(url, headers, "tools/list", {})
    names = [tool["name"] for tool in answer["result"]["tools"]]
    return names if TOOL in names else []


def post(url, headers, method, params):
    _, _, authority, path = url.split("/", 3)
    connection = http.client.HTTPConnection(authority, timeout=READY_SECONDS)
    try:
        body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": params})
        connection.request("POST", "/" + path, body, headers)
        return json.loads(connection.getresponse().read())
    finally:
        connection.close()


class Programs:
    """The programs of the build, and the two cores."""

    def __init__(self, bin_dir, load_core):
        self.bench_upstream = bin_dir / "bench-upstream"
        self.bench_load = bin_dir / "bench-load"
        self.load_core = load_core
        for program in (self.bench_upstream, self.bench_load):
            if not program.exists():
                raise Failure(f"{program} is not there: build it with ./dev build")

    def load(self, url, cpu_of=(), **flags):
        """One run of bench-load; its report, with `exit` added."""
        argv = [self.bench_load, f"--url={url}"]
        argv += [f"--{key.replace('_', '-')}={value}" for key, value in flags.items()]
        argv += [f"--cpu-of={pid}" for pid in cpu_of]
        if self.load_core is not None:
            argv.append(f"--core={self.load_core}")
        done = subprocess.run([str(a) for a in argv], stdin=subprocess.DEVNULL, capture_output=True, text=True)
        try:
            return {**json.loads(done.stdout), "exit": done.returncode}
        except ValueError:
            raise Failure(f"bench-load ended with {done.returncode}: {done.stderr.strip()} {done.stdout[:500]}") from None
