#!/usr/bin/env python3
"""Memory: the sampler allocates nothing in the steady state, and no failed allocation kills.

usage: alloc.py XMON [--step N]

--step: of the allocations of a start, fail each Nth one in turn (7)
"""

import argparse
import mmap
import os
import re
import struct
import subprocess
import time

from house import Agent, Directory, check, main, need, note, run, sanitized, skip, wait_for

HERE = os.path.dirname(os.path.abspath(__file__))
TICKS = 15     # rows that a steady state lasts
WARM = 10      # rows until there is one
AT_ONCE = 4    # agents started side by side
OOM_TIME = 3   # seconds for an agent to start, or to say why not
PLACES = 32
FOREVER = 2**63

opts = None
shim = None


class Counts:
    """The file that the preloaded shim shares: struct shared of malloc_count.c"""

    FIELDS = ["all", "sampler", "fail_from", "fail_to", "failed"]
    SIZE = 8 * (len(FIELDS) + PLACES)

    def __init__(self, path):
        with open(path, "wb") as f:
            f.truncate(self.SIZE)
        with open(path, "r+b") as f:
            self.map = mmap.mmap(f.fileno(), self.SIZE)
        self.env = {"LD_PRELOAD": shim, "XMON_MALLOC_FILE": path}

    def __getitem__(self, field):
        return struct.unpack_from("=Q", self.map, 8 * self.FIELDS.index(field))[0]

    def fail(self, first, last):
        struct.pack_into("=QQ", self.map, 8 * self.FIELDS.index("fail_from"), first, last)

    def places(self):
        return struct.unpack_from(f"={PLACES}Q", self.map, 8 * len(self.FIELDS))


def build_shim(directory):
    path = directory / "malloc_count.so"
    subprocess.run([need("cc"), "-O2", "-Wall", "-shared", "-fPIC", "-o", path,
                    os.path.join(HERE, "malloc_count.c")], check=True)
    return path


def preloads(xmon, directory):
    """False for a static program, and for one whose allocator is its own"""
    counts = Counts(directory / "probe")
    if sanitized(xmon):
        return False
    run([xmon, "agent", "--print-config"], env=counts.env)
    return counts["all"] > 0


def callers(agent, counts, n):
    """Where the last n allocations of the sampler came from, as file+offset"""
    with open(f"/proc/{agent.pid}/maps") as f:
        maps = [re.match(r"(\w+)-(\w+) \S+ (\w+) \S+ \S+ *(.*)", line).groups() for line in f]
    found = []
    for at in counts.places()[:n]:
        for start, end, offset, path in maps:
            if int(start, 16) <= at < int(end, 16):
                at += int(offset, 16) - int(start, 16)
                found.append(f"{os.path.basename(path)}+{at:#x}")
                break
    return found


def steady_state():
    with Directory() as d:
        counts = Counts(d / "counts")
        with Agent(opts.xmon, env=counts.env) as agent:
            wait_for("the first rows", lambda: ticks(agent) >= WARM, WARM + 5)
            check(counts["sampler"] > 0, "the sampler's allocations at its start are counted")
            for _ in range(4):
                steady, before, after = watch(agent, counts)
                if steady:
                    break
            check(steady, "the series stay the same for a while")
            check(after == before, f"no allocation of the sampler in {TICKS} rows",
                  (after - before, callers(agent, counts, min(after - before, PLACES))))
            note(f"  {counts['sampler']} allocations of the sampler, "
                 f"{counts['all']} of all threads")


def ticks(agent):
    return agent.metrics("?collect[]=agent").value("xmon_agent_ticks_total")


def watch(agent, counts):
    """(no series came or went, the sampler's count before, and after)"""
    before, seen = counts["sampler"], set()
    last = ticks(agent) + TICKS

    def over():
        m = agent.metrics("?collect[]=agent")
        seen.add(m.value("xmon_agent_series"))
        return m.value("xmon_agent_ticks_total") >= last
    wait_for(f"{TICKS} rows", over, 2 * TICKS, every=0.2)
    return len(seen) == 1, before, counts["sampler"]


class Start:
    """An agent of whose allocations some fail, and what becomes of it"""

    def __init__(self, first, last):
        self.name = f"allocation {first}" + (" and all later ones" if last == FOREVER else "")
        self.agent = Agent(opts.xmon, ready=False)
        self.counts = Counts(self.agent.dir / "counts")
        self.counts.fail(first, last)
        self.agent.env.update(self.counts.env)
        self.agent.start()
        self.end = time.monotonic() + OOM_TIME

    def decided(self):
        if self.agent.process.poll() is not None or time.monotonic() > self.end:
            return True
        return self.counts["failed"] and "token" in self.agent.output()

    def judge(self):
        """True if it started. It may give up with a sentence, but nothing may kill it."""
        status = self.agent.process.poll()
        started = status is None
        if started:
            check("dashboard" in self.agent.output(), f"{self.name}: it starts, or ends")
            status = self.agent.stop()[0]
            check(status == 0, f"{self.name}: how it ends after it was asked to",
                  (status, self.agent.log()))
        else:
            check(status > 0 and self.agent.log().strip(), f"{self.name}: exits with a sentence",
                  (status, self.agent.log()))
        check("(signal" not in self.agent.log(), f"{self.name}: a signal ended the web process",
              self.agent.log())
        self.agent.__exit__()
        return started


def fail_each(ranges):
    """(how many were tried, how many of these started)"""
    tried = started = 0
    ranges = list(ranges)
    for i in range(0, len(ranges), AT_ONCE):
        starts = [Start(*r) for r in ranges[i:i + AT_ONCE]]
        for s in starts:
            wait_for(s.name, s.decided)
            tried += s.counts["failed"] > 0
            started += s.judge()
    return tried, started


def allocations_of_a_start():
    with Directory() as d:
        counts = Counts(d / "counts")
        with Agent(opts.xmon, env=counts.env):
            return counts["all"]


def one_fails():
    n = min(allocations_of_a_start(), 400 if opts.step > 1 else 5000)
    tried, started = fail_each((i, i) for i in range(1, n + 1, opts.step))
    note(f"  of {n} allocations {tried} failed in turn; {started} agents started all the same")
    check(tried > n / opts.step / 2, "the allocations did fail", (tried, n))


def all_fail_from_there():
    n = min(allocations_of_a_start(), 400)
    tried, started = fail_each((i, FOREVER) for i in range(1, n + 1, 5 * opts.step))
    note(f"  out of memory at {tried} places; {started} agents started all the same")


def out_of_memory_for_a_while():
    with Directory() as d:
        counts = Counts(d / "counts")
        with Agent(opts.xmon, env=counts.env) as agent:
            before = ticks(agent)
            counts.fail(1, FOREVER)
            wait_for("failures", lambda: failures_seen(agent, counts))
            counts.fail(0, 0)
            wait_for("rows again", lambda: recovered(agent, before))
            check(agent.process.poll() is None, "core is alive")
            check("(signal" not in agent.log(), "nobody was killed", agent.log())
            check(agent.stop()[0] == 0, "and ends as ever")


def failures_seen(agent, counts):
    """Poke at everything that allocates; whether it answers does not matter here."""
    for path, method in (("/metrics", "GET"), ("/", "GET"), ("/api/v1/reload", "POST")):
        try:
            agent.get(path, agent.bearer(), method)
        except OSError:
            pass
        except Exception as e:  # half a reply
            check(type(e).__module__ == "http.client", "an odd reply", e)
    return counts["failed"] >= 40


def recovered(agent, before):
    try:
        return ticks(agent) >= before + 4
    except (OSError, TypeError):
        return False


def parse_args():
    parser = argparse.ArgumentParser()
    parser.add_argument("xmon")
    parser.add_argument("--step", type=int, default=7)
    return parser.parse_args()


if __name__ == "__main__":
    opts = parse_args()
    with Directory() as work:
        shim = build_shim(work)
        if not preloads(opts.xmon, work):
            skip("nothing can be preloaded into this program")
        main([steady_state, one_fails, all_fail_from_there, out_of_memory_for_a_while])
