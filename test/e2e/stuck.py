#!/usr/bin/env python3
"""A file system that never answers is a number among others: it delays no scrape and no row.

usage: stuck.py XMON STUCKFS

Runs in a mount namespace of its own, so that nobody else hangs in it, and as process 1 of a pid
namespace, because the agent shows the mounts that process 1 has.
"""

import os
import select
import signal
import statistics
import subprocess
import sys
import time

from house import (SKIP, Agent, Directory, check, die_with_parent, is_root, main, need, note, runs,
                   skip, wait_for)

SCRAPES, EVERY = 200, 0.05  # seconds: ten seconds of scrapes
P99_MAX = 0.050             # seconds; what we aim for is P99_BAR
P99_BAR = 0.005
INSIDE = "XMON_E2E_NAMESPACE"


def enter_namespace():
    if INSIDE in os.environ:
        return
    user = [] if is_root() else ["--user", "--map-root-user"]
    command = [need("unshare"), *user, "--mount", "--propagation", "private", "--pid",
               "--fork", "--kill-child", "--mount-proc"]
    if subprocess.run([*command, "true"], stderr=subprocess.DEVNULL).returncode:
        skip("no mount namespace here")
    os.execvpe(command[0], [*command, sys.executable, *sys.argv], {**os.environ, INSIDE: "1"})


class StuckMount:
    """swallow: it reads the questions, so that who asked cannot even be killed."""

    def __init__(self, swallow=False):
        self.dir = Directory()
        self.point = os.path.realpath(self.dir / "stuck")
        os.mkdir(self.point)
        self.process = subprocess.Popen(
            [sys.argv[2], *(["--swallow"] if swallow else []), self.point],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, preexec_fn=die_with_parent)
        if self.process.stdout.readline() != b"ready\n":
            why, status = self.process.stderr.read().decode().strip(), self.process.wait()
            self.__exit__()
            if status == SKIP:
                skip(why)
            raise RuntimeError(why)

    def end(self):
        if self.process.poll() is None:
            self.process.terminate()
            self.process.wait()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.end()
        self.process.stdout.close()
        self.process.stderr.close()
        self.dir.__exit__()


def error_of(agent, mount):
    return agent.metrics().value("node_filesystem_device_error", mountpoint=mount.point)


def start_agent():
    """A leak sanitizer stops all threads at the end, and would wait for the one that hangs."""
    return Agent(sys.argv[1], env={"ASAN_OPTIONS": "detect_leaks=0"})


def turns(agent):
    return agent.metrics().value("xmon_source_turns_total", source="filesystem")


def scrape_for_a_while(agent):
    """Seconds that each scrape over one connection took"""
    connection, took = agent.connection(), []
    connection.connect()
    for _ in range(SCRAPES):
        start = time.perf_counter()
        connection.request("GET", "/metrics")
        reply = connection.getresponse()
        body = reply.read()
        took.append(time.perf_counter() - start)
        check(reply.status == 200 and body.endswith(b"\n"), "a scrape", reply.status)
        select.select([], [], [], max(0, EVERY - took[-1]))  # the load, not a synchronisation
    connection.close()
    return took


def open_files(agent):
    return len(os.listdir(f"/proc/{agent.pid}/fd"))


def delays_nobody():
    with StuckMount() as mount, start_agent() as agent:
        wait_for("the mount to be found stuck", lambda: error_of(agent, mount) == 1)
        first = turns(agent)  # of the next one on, another thread asks the other mounts
        wait_for("two turns more", lambda: turns(agent) >= first + 2)
        before, files, threads = agent.metrics(), open_files(agent), len(agent.threads())
        took = scrape_for_a_while(agent)
        after = agent.metrics()
        judge_times(took)
        judge_rows(before, after)
        check(error_of(agent, mount) == 1, "the stuck mount is an error")
        check(after.value("node_filesystem_size_bytes", mountpoint=mount.point) is None,
              "and has no size")
        check(after.value("node_filesystem_size_bytes", mountpoint="/") > 0, "others have theirs")
        check(after.value("node_filesystem_device_error", mountpoint="/") == 0, "and no error")
        check(open_files(agent) <= files, "no more open files", (files, open_files(agent)))
        check(len(agent.threads()) <= threads, "no more threads", (threads, agent.threads()))
        status, seconds = agent.stop()
        check(status == 0 and seconds < 1, "it ends within a second", (status, seconds))


def judge_times(took):
    p50, p99 = statistics.median(took), statistics.quantiles(took, n=100)[98]
    note(f"  scrape: p50 {p50 * 1e3:.2f} ms, p99 {p99 * 1e3:.2f} ms "
         f"(the bar: {P99_BAR * 1e3:.0f} ms), slowest {max(took) * 1e3:.2f} ms")
    check(p99 <= P99_MAX, "the slow ones are fast enough", p99)


def judge_rows(before, after):
    def grown(name):
        return after.value(name) - before.value(name)
    check(grown("xmon_agent_ticks_missed_total") == 0, "no row was missed")
    check(grown("xmon_agent_ticks_total") >= SCRAPES * EVERY - 1, "a row a second",
          grown("xmon_agent_ticks_total"))


def answers_again():
    with StuckMount() as mount, start_agent() as agent:
        wait_for("the mount to be found stuck", lambda: error_of(agent, mount) == 1)
        mount.end()
        wait_for("it to vanish", lambda: error_of(agent, mount) is None)
        check(agent.metrics().value("xmon_source_up", source="filesystem") == 1, "and all is well")


def ends_as_far_as_it_can():
    """The kernel keeps a process whose thread waits for an answer under way; nothing else stays."""
    with StuckMount(swallow=True) as mount, start_agent() as agent:
        wait_for("the mount to be found stuck", lambda: error_of(agent, mount) == 1)
        web, start = agent.web_pid(), time.monotonic()
        agent.process.send_signal(signal.SIGTERM)
        wait_for("the end of the web process", lambda: not runs(web), 1)
        wait_for("the socket to go", lambda: not os.path.exists(agent.socket), 1)
        wait_for("the port to be free", lambda: refused(agent), 1)
        note(f"  all but the process gone after {time.monotonic() - start:.2f} s")
        mount.end()
        check(agent.process.wait(5) == 0, "and that too, once it may")


def refused(agent):
    try:
        agent.connect().close()
        return False
    except ConnectionRefusedError:
        return True


if __name__ == "__main__":
    enter_namespace()
    main([delays_nobody, answers_again, ends_as_far_as_it_can])
