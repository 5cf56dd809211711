"""Renders the results of a benchmark run: as a table for the terminal, as a section of docs/benchmarks.md."""

import os
import platform
import subprocess
import sys
import time
from pathlib import Path

import harness

BEGIN = "<!-- bench/run --markdown writes from here -->"
END = "<!-- to here -->"
MIB = 1024 * 1024
GOAL_IDLE, GOAL_SESSION = 20 * MIB, 2048


def progress(what):
    print(f"bench: {what}", file=sys.stderr, flush=True)


def machine(gateway):
    def output(*argv):
        try:
            done = subprocess.run(argv, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=10)
        except (OSError, subprocess.SubprocessError):
            return ""
        return (done.stdout or done.stderr).strip() if done.returncode == 0 else ""

    model = [line.partition(":")[2].strip() for line in Path("/proc/cpuinfo").read_text().splitlines()
             if line.startswith("model name")]
    nginx = harness.nginx_path()
    return {"date": time.strftime("%Y-%m-%d", time.gmtime()), "cpu": model[0] if model else platform.machine(),
            "cores": os.cpu_count(), "kernel": platform.release(), "system": platform.freedesktop_os_release()["PRETTY_NAME"],
            "nginx": output(nginx, "-v").rpartition("/")[2] if nginx else None,
            "gateway": output(str(gateway), "version").partition("\n")[0],
            "commit": output("git", "-C", str(Path(__file__).parent), "rev-parse", "--short", "HEAD")}


def number(value, digits=1):
    return "–" if value is None else f"{value:,.{digits}f}"


def ratio(found, name):
    value = found["cpu_ratio_to"].get(name)
    return f"{value['median']:.2f} ({value['min']:.2f}–{value['max']:.2f})" if value else "–"


def goal(found):
    value = found["cpu_ratio_to"].get("nginx")
    if found["goal"] is None:
        return "–"
    return f"≤ {found['goal']}" + ("" if value is None else " met" if value["median"] <= found["goal"] else " MISSED")


def rate(target):
    """Requests a second, of the rounds in which the proxy's core set the pace."""
    if "per_second" not in target:
        return "–"
    if target["per_second"]:
        return number(target["per_second"], 0)
    return f"not saturated ({target['busy']:.0%})"


def cpu_table(results):
    names = [name for name in ("gateway", "base", "nginx") if any(name in s["targets"] for s in results["scenarios"])]
    rows = [["scenario"] + [f"{name} µs/call" for name in names] + ["gateway/nginx"]
            + (["gateway/base"] if "base" in names else []) + ["goal"] + [f"{name} req/s" for name in names]]
    for found in results["scenarios"]:
        targets = [found["targets"].get(name, {}) for name in names]
        rows.append([found["title"]] + [number(t.get("cpu_us")) for t in targets] + [ratio(found, "nginx")]
                    + ([ratio(found, "base")] if "base" in names else []) + [goal(found)] + [rate(t) for t in targets])
    return rows


def latency_table(results):
    rows = [["added latency, µs", "at", "direct p50", "direct p99", "gateway +p50", "gateway +p99", "nginx +p50",
             "nginx +p99"]]
    for found in results["scenarios"]:
        direct = found["targets"].get("direct", {}).get("latency_us")
        if not direct:
            continue
        row = [found["title"], f"{found['rate']:,}/s", number(direct["p50"], 0), number(direct["p99"], 0)]
        for name in ("gateway", "nginx"):
            through = found["targets"].get(name, {}).get("latency_us")
            row += [number(through[key] - direct[key], 0) if through else "–" for key in ("p50", "p99")]
        rows.append(row)
    return rows if len(rows) > 1 else []


def memory_table(results):
    found = results.get("memory")
    if not found:
        return []

    def verdict(value, limit):
        return "met" if value < limit else "MISSED"

    idle, session = found["rss_anon_idle"], found["rss_anon_per_session"]
    return [["memory (RssAnon)", "figure", "goal"],
            ["idle", f"{idle / MIB:.1f} MiB", f"< 20 MiB {verdict(idle, GOAL_IDLE)}"],
            ["idle, helper processes (keeper)", f"{found['rss_anon_idle_helpers'] / MIB:.1f} MiB", "–"],
            ["after calls on 64 connections", f"{found['rss_anon_after_calls'] / MIB:.1f} MiB", "–"],
            [f"per idle legacy session ({found['sessions']:,} of them, no connection)", f"{session:,.0f} B",
             f"< 2 KiB {verdict(session, GOAL_SESSION)}"]]


def notes(results):
    lines = []
    capacity = results.get("capacity")
    if capacity:
        lines.append(f"Upstream called directly, each side on a core: {capacity['per_second']:,.0f} req/s; upstream "
                     f"{capacity['upstream_cpu_us']:.1f} µs, load generator {capacity['load_cpu_us']:.1f} µs a call.")
    for found in results["scenarios"]:
        for name, target in found["targets"].items():
            if target.get("saturated_rounds") == 0 and found["connections"] > 1:
                side = "the load side was the bottleneck" if target["load_side_busy"] >= 0.9 else (
                    "neither side was saturated, other programs took the cores")
                lines.append(f"{found['title']}, {name}: {side} (load side {target['load_side_busy']:.0%} busy); only the "
                             "CPU time per call counts.")
    if not results["pinned"]:
        lines.append("One core only: nothing was pinned; only the CPU time per call counts.")
    if results["quick"]:
        lines.append("A quick run: the figures mean nothing.")
    return lines


def tables(results):
    return [table for table in (cpu_table(results) if results["scenarios"] else [], latency_table(results),
                                memory_table(results)) if table]


def text(results):
    parts = []
    for rows in tables(results):
        widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
        parts.append("\n".join("  ".join([row[0].ljust(widths[0])] + [cell.rjust(width) for cell, width
                                                                       in zip(row[1:], widths[1:])])
                               for row in rows))
    return "\n\n".join(parts + ["\n".join(notes(results))])


def markdown(results):
    about = results["machine"]
    build = " ".join(filter(None, [about["gateway"], about["commit"] and f"(commit {about['commit']})"]))
    lines = [f"Measured {about['date']} on {about['cpu']}, {about['cores']} vCPU, {about['system']}, kernel "
             f"{about['kernel']}, nginx {about['nginx']}{', ' + build if build else ''}; medians of {results['rounds']} "
             "interleaved rounds, the smallest and the largest ratio in brackets.", ""]
    for rows in tables(results):
        lines += ["| " + " | ".join(rows[0]) + " |", "|---|" + "---:|" * (len(rows[0]) - 1)]
        lines += ["| " + " | ".join(row) + " |" for row in rows[1:]] + [""]
    return "\n".join(lines + [f"- {note}" for note in notes(results)])


def write_markdown(results, path):
    before, _, rest = path.read_text().partition(BEGIN)
    _, found, after = rest.partition(END)
    if not found:
        raise harness.Failure(f"{path} has no place for the figures ({BEGIN} … {END})")
    path.write_text(f"{before}{BEGIN}\n{markdown(results)}\n{END}{after}")
