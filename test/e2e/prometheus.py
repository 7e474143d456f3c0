#!/usr/bin/env python3
"""A real Prometheus scrapes a real agent every second, and nothing is missing.

usage: prometheus.py XMON SECONDS
"""

import json
import re
import socket
import subprocess
import sys
import urllib.parse
import urllib.request

from house import Agent, Directory, check, die_with_parent, main, need, note, wait_for

# What promtool dislikes, and why it stays: the names are node_exporter's, dashboards ask for them
LINT_OF_OTHERS = [
    (r"node_(memory|netstat)_\w+ metric names should be written in 'snake_case'",
     "the kernel's own spelling, as in node_memory_MemTotal_bytes"),
    (r'node_entropy_\w+_bits use base unit "bytes"', "node_exporter counts entropy in bits"),
]
CONFIG = """\
global: {{scrape_interval: 1s, scrape_timeout: 1s}}
scrape_configs:
  - job_name: xmon
    static_configs: [{{targets: ["127.0.0.1:{port}"]}}]
"""
MAX_GAP = 1.5  # seconds between two scrapes

xmon, seconds = sys.argv[1], int(sys.argv[2])
agent = prometheus = None


class Prometheus:
    def __init__(self, target):
        self.dir, self.port = Directory(), free_port()
        with open(self.dir / "prometheus.yml", "w") as f:
            f.write(CONFIG.format(port=target))
        self.log = open(self.dir / "log", "wb")
        self.process = subprocess.Popen(
            ["prometheus", f"--config.file={self.dir / 'prometheus.yml'}",
             f"--storage.tsdb.path={self.dir / 'data'}",
             f"--web.listen-address=127.0.0.1:{self.port}"],
            stdout=self.log, stderr=self.log, preexec_fn=die_with_parent)

    def api(self, path, **query):
        url = f"http://127.0.0.1:{self.port}/api/v1/{path}?" + urllib.parse.urlencode(query, True)
        with urllib.request.urlopen(url, timeout=10) as reply:
            return json.load(reply)["data"]

    def query(self, text):
        return self.api("query", query=text)["result"]

    def up(self):
        """[(time, value)] of every scrape; [] while there is none"""
        try:
            found = self.query(f"up[{seconds + 60}s]")
        except OSError:
            return []
        return [(at, float(v)) for at, v in found[0]["values"]] if found else []

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait()
        self.log.close()
        self.dir.__exit__()


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def never_down():
    wait_for("the first scrape", lambda: prometheus.up(), 30)
    up = wait_for(f"{seconds} seconds of scrapes", long_enough, seconds + 15)
    gaps = [b[0] - a[0] for a, b in zip(up, up[1:])]
    note(f"  {len(up)} scrapes, longest gap {max(gaps):.3f} s")
    check({v for _, v in up} == {1.0}, "up is 1 always")
    check(len(up) >= seconds - 1, "none is missing", len(up))
    check(max(gaps) < MAX_GAP, "no gap", max(gaps))


def long_enough():
    up = prometheus.up()
    return up and up[-1][0] - up[0][0] >= seconds - 1.5 and up


def series_have_no_holes():
    n = len(prometheus.up())
    for name in ("node_load1", "node_uname_info", "node_memory_MemFree_bytes",
                 'node_cpu_seconds_total{mode="idle",cpu="0"}', "xmon_agent_ticks_total"):
        found = prometheus.query(f"count_over_time({name}[{seconds + 60}s])")
        check(len(found) == 1 and int(found[0]["value"][1]) >= n - 1, f"{name} in every scrape",
              found)


def counters_never_reset():
    names = [n for n in prometheus.api("label/__name__/values") if n.endswith("_total")]
    check({"node_cpu_seconds_total", "xmon_agent_ticks_total"} <= set(names) and len(names) > 30,
          "counters arrive", names)
    for name in names:
        found = prometheus.query(f"resets({name}[{seconds + 60}s])")
        back = [r["metric"] for r in found if r["value"][1] != "0"]
        check(found and not back, f"{name} never goes back", back)


def scrapes_are_whole():
    """What Prometheus says about its scrapes itself"""
    n = agent.metrics().sample
    found = prometheus.query("scrape_samples_scraped")
    check(abs(int(found[0]["value"][1]) - len(n)) < len(n) / 10, "all samples arrive",
          (found, len(n)))
    slow = prometheus.query(f"max_over_time(scrape_duration_seconds[{seconds + 60}s])")
    note(f"  slowest scrape {float(slow[0]['value'][1]) * 1e3:.1f} ms")
    check(float(slow[0]["value"][1]) < 1, "each in time", slow)
    with open(prometheus.dir / "log") as f:
        bad = [line for line in f if re.search(r"level=(WARN|ERROR|warn|error).*scrape", line)]
    check(not bad, "no warning about a scrape", bad[:3])


def promtool_is_content():
    text = agent.get("/metrics").text
    r = subprocess.run(["promtool", "check", "metrics"], input=text, capture_output=True, text=True)
    lines = (r.stdout + r.stderr).splitlines()
    ours = [line for line in lines if not any(re.match(p, line) for p, _ in LINT_OF_OTHERS)]
    check(r.returncode in (0, 3), "it can be parsed", (r.returncode, lines[:3]))
    check(not ours, "no complaint but about node_exporter's names", ours[:5])


if __name__ == "__main__":
    need("prometheus"), need("promtool")
    with Agent(xmon) as agent, Prometheus(agent.port) as prometheus:
        main([never_down, series_have_no_holes, counters_never_reset, scrapes_are_whole,
              promtool_is_content])
