#!/usr/bin/env python3
"""The agent as processes: how it starts and ends, what its parts may do, who outlives whom.

usage: life.py XMON
"""

import contextlib
import os
import re
import shutil
import signal
import socket
import stat
import sys
import time

from house import (DEADLINE, Agent, Directory, check, has_capability, is_root, main, note, run,
                   runs, sanitized, status_field, wait_for)

NOBODY = 65534
CAP_SYS_NICE = 23
SCHED_RESET_ON_FORK = 0x40000000

xmon = sys.argv[1]
FILTERED = "0" if sanitized(xmon) else "2"


def a_sentence(text):
    """One line of plain words, with the program's name before it"""
    return text.count("\n") == 1 and text.startswith("xmon agent: ") and len(text) < 300


def second_agent():
    with Agent(xmon) as first, Directory() as d:
        r = run([xmon, "agent", f"--listen=127.0.0.1:{first.port}", "--socket=",
                 f"--data-dir={d / 'data'}"])
        check(r.returncode == 1, "exit status", r.returncode)
        check(a_sentence(r.stderr) and f"127.0.0.1:{first.port} is in use" in r.stderr,
              "one clear sentence", r.stderr)
        check(first.get("/healthz").status == 200, "the first one goes on")


def ends_on(signo):
    with Agent(xmon) as a:
        web, stream = a.web_pid(), a.connection()
        stream.request("GET", "/api/v1/live")
        response = stream.getresponse()
        check(response.readline() == b"event: hello\n", "a live stream is open")
        status, seconds = a.stop(signo)
        check(status == 0, "exit status", status)
        check(seconds < 1, "ends within a second", seconds)
        check(not runs(web), "and so has its web process")
        check(not os.path.exists(a.socket), "the unix socket is taken away")
        check("stopping" in a.log(), "it says so", a.log())


def ends_on_term():
    ends_on(signal.SIGTERM)


def ends_on_interrupt():
    ends_on(signal.SIGINT)


def web_is_started_again():
    with Agent(xmon) as a:
        before, web = a.metrics(), a.web_pid()
        os.kill(web, signal.SIGKILL)
        wait_for("another web process", lambda: a.web_pid() not in (None, web))
        wait_for("the count of starts", lambda: value(a, "xmon_agent_web_starts_total") == 2)
        after = a.metrics()
        ticks = "xmon_agent_ticks_total"
        check(after.value(ticks) > before.value(ticks), "rows went on being taken")
        check(after.value("xmon_agent_ticks_missed_total") == 0, "none was missed")
        start = "process_start_time_seconds"
        check(after.value(start) == before.value(start), "by the same core process")
        check("the web process ended (signal 9)" in a.log(), "the log says why", a.log())


def value(a, name):
    try:
        return a.metrics().value(name)
    except OSError:
        return None  # nobody serves at this moment


def web_follows_core():
    with Agent(xmon) as a:
        web = a.web_pid()
        start = time.monotonic()
        a.stop(signal.SIGKILL)
        wait_for("the end of the web process", lambda: not runs(web))
        check(time.monotonic() - start < 1, "within a second", time.monotonic() - start)
        try:
            a.connect().close()
            check(False, "nobody listens any more")
        except ConnectionRefusedError:
            check(True, "nobody listens any more")


def web_is_locked_up():
    with Agent(xmon) as a:
        web = a.web_pid()
        for field in ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"):
            if is_root() or field != "CapBnd":  # which takes a capability to give up
                check(int(status_field(web, field), 16) == 0, f"{field} is empty")
        check(status_field(web, "NoNewPrivs") == "1", "no new privileges")
        check(status_field(web, "Seccomp") == FILTERED, "its system calls are filtered")
        if is_root():
            check(status_field(web, "Uid").split() == [str(NOBODY)] * 4, "its user",
                  status_field(web, "Uid"))
            check(status_field(web, "Gid").split() == [str(NOBODY)] * 4, "its group")
            check(status_field(web, "Groups") == "", "and no other group")
            check(status_field(a.pid, "Uid").split()[0] == "0", "core stays who it is")
        check(not any("xmon-e2e" in link for link in open_files(web)), "it has no file open",
              open_files(web))


def open_files(pid):
    """What its descriptors above stderr are; [] if we may not look"""
    links = []
    try:
        for n in os.listdir(f"/proc/{pid}/fd"):
            with contextlib.suppress(FileNotFoundError):  # a connection that has just ended
                links += [os.readlink(f"/proc/{pid}/fd/{n}")] if int(n) > 2 else []
    except PermissionError:
        pass
    return links


def sampler_is_punctual():
    if not has_capability(CAP_SYS_NICE):
        note("sampler_is_punctual: not without CAP_SYS_NICE")
        return
    with Agent(xmon) as a:
        policy = {name: os.sched_getscheduler(tid) & ~SCHED_RESET_ON_FORK
                  for tid, name in a.threads()}
        check(policy.pop("sampler") == os.SCHED_FIFO, "the sampler is SCHED_FIFO")
        check(set(policy.values()) == {os.SCHED_OTHER}, "nobody else is", policy)
    with Agent(xmon, "--no-realtime") as a:
        check({os.sched_getscheduler(tid) for tid, _ in a.threads()} == {os.SCHED_OTHER},
              "nor the sampler with --no-realtime")


def unprivileged():
    if not is_root():
        note("unprivileged: we are already")
        return
    with Directory() as home:
        copy = shutil.copy(xmon, home / "xmon")  # the original may be where nobody can look
        os.chmod(copy, 0o755)
        os.chown(home.path, NOBODY, NOBODY)
        with Agent(copy, uid=NOBODY, env={"HOME": home.path}) as a:
            check(status_field(a.pid, "Uid").split() == [str(NOBODY)] * 4, "who it runs as")
            check(int(status_field(a.pid, "CapEff"), 16) == 0, "without capabilities")
            check(a.metrics().value("node_uname_info") == 1, "it serves")
            check(status_field(a.web_pid(), "Seccomp") == FILTERED, "the filter is there as well")
            check(a.get("/api/v1/settings", a.bearer()).status == 200, "with a token of its own")
            check(a.stop()[0] == 0, "and ends")


class Notified:
    """A socket as the service manager has it"""

    def __init__(self, address):
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind(address)
        self.socket.settimeout(DEADLINE)

    def until(self, state):
        """Everything up to this state"""
        got = []
        while not got or state not in got[-1].split("\n"):
            got.append(self.socket.recv(4096).decode())
        return got


def notifies(address, name):
    manager = Notified(address)
    with Agent(xmon, env={"NOTIFY_SOCKET": name, "WATCHDOG_USEC": "400000"}, ready=False) as a:
        check(manager.until("READY=1") == ["READY=1"], "READY=1 comes first")
        a.wait_ready()
        start = time.monotonic()
        manager.until("WATCHDOG=1")
        manager.until("WATCHDOG=1")
        check(time.monotonic() - start < 1, "WATCHDOG=1 in half the time it has")
        a.process.send_signal(signal.SIGHUP)
        check(manager.until("RELOADING=1"), "RELOADING=1")
        check(manager.until("READY=1"), "READY=1 after a reload")
        a.process.send_signal(signal.SIGTERM)
        check(manager.until("STOPPING=1"), "STOPPING=1")
        check(a.process.wait(DEADLINE) == 0, "and ends")
    manager.socket.close()


def notifies_by_path():
    with Directory() as d:
        notifies(d / "notify", d / "notify")


def notifies_abstract():
    name = f"xmon-e2e-{os.getpid()}"
    notifies("\0" + name, "@" + name)


def no_watchdog_for_others():
    with Directory() as d:
        manager = Notified(d / "notify")
        env = {"NOTIFY_SOCKET": d / "notify", "WATCHDOG_USEC": "20000", "WATCHDOG_PID": "1"}
        with Agent(xmon, env=env) as a:
            a.stop()
        check(manager.until("STOPPING=1") == ["READY=1", "STOPPING=1"], "not meant for us")


def unwritable_data():
    with Agent(xmon, data="/proc/xmon", ready=False) as a:
        a.wait_ready()
        check(a.metrics().value("node_uname_info") == 1, "it runs")
        check(re.search(r"warning.*data-dir /proc/xmon: |data-dir /proc/xmon: .* token", a.log()),
              "and warns", a.log())


def token_is_kept():
    with Directory() as d:
        data = d / "data"
        with Agent(xmon, data=data) as a:
            first = a.token
            mode = os.stat(os.path.join(data, "token")).st_mode
            check(stat.S_IMODE(mode) == 0o600, "its mode", oct(mode))
            check(stat.S_IMODE(os.stat(data).st_mode) & 0o077 == 0, "the directory's mode")
            check(re.fullmatch(r"[A-Za-z0-9_-]{32,}", first), "its form", first)
            check(first not in a.output() + a.log(), "it is not shown where a log may be kept")
            a.stop()
        with Agent(xmon, data=data) as a:
            check(a.token == first, "it is the same after a restart")
            check(a.get("/api/v1/settings", a.bearer()).status == 200, "and good")
        with Agent(xmon) as a:
            check(a.token != first, "another agent has another one")
        open_token(data)


def open_token(data):
    os.chmod(os.path.join(data, "token"), 0o644)
    r = run([xmon, "agent", "--listen=127.0.0.1:0", "--socket=", f"--data-dir={data}"])
    check(r.returncode == 1 and a_sentence(r.stderr) and "chmod 600" in r.stderr,
          "one that others can read is refused", r.stderr)


if __name__ == "__main__":
    main([second_agent, ends_on_term, ends_on_interrupt, web_is_started_again, web_follows_core,
          web_is_locked_up, sampler_is_punctual, unprivileged, notifies_by_path,
          notifies_abstract, no_watchdog_for_others, unwritable_data, token_is_kept])
