#!/usr/bin/env python3
"""What befalls an agent: a web process that is taken over, crashes that repeat, signals to the
whole group, too many clients, too many series.

usage: trials.py XMON
"""

import collections
import concurrent.futures
import errno
import os
import re
import signal
import socket
import sys

import inject
from house import DEADLINE, Agent, check, is_root, main, note, runs, wait_for

xmon = sys.argv[1]

# Numbers of x86-64: what an intruder would like to do, in a form that this user might otherwise
FORBIDDEN = {"open": (2, inject.STACK, 0), "openat": (257, -100, inject.STACK, 0),
             "socket": (41, 2, 1, 0), "socketpair": (53, 1, 1, 0),
             "connect": (42, 0, inject.STACK, 16), "bind": (49, 0, inject.STACK, 16),
             "execve": (59, inject.STACK, 0, 0), "execveat": (322, -100, inject.STACK, 0, 0, 0),
             "fork": (57,), "vfork": (58,), "clone": (56, 17, 0, 0, 0, 0),
             "clone3": (435, inject.STACK, 88), "kill": (62, inject.PID, 0),
             "setuid": (105, 65534), "prctl": (157, 4, 1, 0, 0), "unlink": (87, inject.STACK),
             "ftruncate": (77, 2, 0), "memfd_create": (319, inject.STACK, 0),
             "io_uring_setup": (425, 1, inject.STACK)}


def intruder():
    if not inject.possible or not is_root():
        note("intruder: takes root, and x86-64")
        return
    with Agent(xmon) as a:
        web = a.web_pid()
        with inject.Victim(web) as victim:
            check(victim.call(39) == web, "the web process can be made to call: getpid")
            for name, call in FORBIDDEN.items():
                answer = victim.call(*call)
                check(answer == -errno.EPERM, f"{name} is refused", answer)
            sent = victim.call(1, 2, inject.STACK, 1)  # its log may be a file
            check(sent == 1, "it may write to its log", sent)
        check(a.get("/healthz").status == 200, "it goes on as if nothing had been")
        check(a.web_pid() == web, "and is the same one")


def stopped_web_follows_core():
    """A web process that cannot see the end of core is ended by the kernel"""
    with Agent(xmon) as a:
        web = a.web_pid()
        os.kill(web, signal.SIGSTOP)
        a.stop(signal.SIGKILL)
        wait_for("the end of the stopped web process", lambda: not runs(web), 2)


def signal_to_the_group():
    """As a service manager or a terminal sends it: to both processes, in any order"""
    for signo in (signal.SIGTERM, signal.SIGINT):
        with Agent(xmon) as a:
            web = a.web_pid()
            os.kill(web, signo)
            status, seconds = a.stop(signo)
            check(status == 0 and seconds < 1, f"{signo.name}: ends", (status, seconds))
            check("the web process ended" not in a.log(), "and calls nothing an error", a.log())


def of_web(samples, name):
    return {key: v for key, v in samples.sample.items() if key[0] == name}


COUNTED = ("process_cpu_seconds_total", "xmon_agent_cpu_seconds_total", "xmon_agent_ticks_total",
           "xmon_agent_web_starts_total")


def counters_outlive_web():
    with Agent(xmon) as a:
        before = a.metrics()
        for round in range(2):
            for _ in range(300):  # so that the dead one has something to take along
                a.get("/metrics?collect[]=cpu")
            seen = a.metrics()
            web = a.web_pid()
            os.kill(web, signal.SIGKILL)
            wait_for("another web process", lambda: a.web_pid() not in (None, web))
            after = wait_for("its metrics", lambda: metrics(a), 10)
            ticks = after.value("xmon_agent_ticks_total")
            after = wait_for("rows that know it", lambda: later(a, ticks + 2))
            for name in COUNTED:
                for key, value in of_web(after, name).items():
                    was = max(before.sample.get(key, 0), seen.sample.get(key, 0))
                    check(value >= was, f"{name} does not fall, death {round + 1}", (was, value))
            check(after.value("xmon_agent_web_starts_total") == round + 2, "starts are counted")
            before = after
        check(before.value("xmon_agent_ticks_missed_total") == 0, "no row was missed")


def metrics(agent):
    try:
        return agent.metrics()
    except OSError:
        return None


def later(agent, ticks):
    samples = agent.metrics()
    return samples if samples.value("xmon_agent_ticks_total") >= ticks else None


def many_questions():
    """More questions to core at once than web keeps: each is answered, and it goes on"""
    with Agent(xmon) as a, concurrent.futures.ThreadPoolExecutor(64) as pool:
        replies = pool.map(lambda _: a.get_unix("/api/v1/settings"), range(200))
        statuses = collections.Counter(r.status for r in replies)
        check(set(statuses) <= {200, 503} and statuses[200] > 16, "every one is answered", statuses)
        check(a.get_unix("/api/v1/settings").status == 200, "the next one too")


def too_many_clients():
    """Over the limit of connections a client is told so; those that are served go on"""
    with Agent(xmon) as a:
        held = []
        try:
            for _ in range(300):
                s = a.connect()
                s.sendall(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n")
                held.append(s)
            said = [s.recv(4096) for s in held]
            served = [i for i, r in enumerate(said) if r.startswith(b"HTTP/1.1 200 ")]
            refused = [i for i, r in enumerate(said) if r.startswith(b"HTTP/1.1 503 ")]
            check(len(served) == 256 and len(refused) == 44, "256 are served, the others told",
                  (len(served), len(refused)))
            check(a.get_unix("/healthz").status == 200, "the unix socket has room of its own")
            s = held[served[0]]
            s.sendall(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n")
            check(s.recv(4096).startswith(b"HTTP/1.1 200 "), "who is in is served again")
        finally:
            for s in held:
                s.close()
        wait_for("room for others", lambda: served_now(a))


def served_now(agent):
    try:
        return agent.get("/healthz").status == 200
    except OSError:
        return False


def too_many_series():
    """What was left out is told, in series that are not"""
    with Agent(xmon, "--max-series=150") as a:
        dropped = wait_for("a count of what was left out",
                           lambda: a.metrics().value("xmon_agent_values_dropped_total"))
        samples = a.metrics()
        check(dropped > 100, "values were left out", dropped)
        check(samples.value("xmon_agent_series") <= 150, "the limit is kept")
        check(len(samples.sample) <= 150 and samples.value("xmon_agent_ticks_total") > 0,
              "what the agent says of itself is there", sorted(samples.names()))


def log_that_nobody_reads():
    """A full pipe at stderr holds up neither rows, nor a reload, nor the end"""
    reader, writer = os.pipe()
    fcntl.fcntl(writer, fcntl.F_SETPIPE_SZ, 4096)
    os.write(writer, b"x" * 4096)
    with Directory() as d:
        with open(d / "x.yaml", "w") as f:
            f.write("nonsense: 1\n")
        with Agent(xmon, "-c", d / "good.yaml", ready=False) as a:
            open(d / "good.yaml", "w").close()
            a.start(err=writer)
            a.wait_ready()
            before = a.metrics().value("xmon_agent_ticks_total")
            os.rename(d / "x.yaml", d / "good.yaml")
            a.process.send_signal(signal.SIGHUP)
            wait_for("two more rows",
                     lambda: a.metrics().value("xmon_agent_ticks_total") >= before + 2)
            check(a.get_unix("/api/v1/reload", method="POST").status == 422, "core answers")
            os.close(reader)
            status, seconds = a.stop()
            check(status == 0 and seconds < 1, "it ends", (status, seconds))
    os.close(writer)


def two_families():
    """IPv6 and IPv4 at once; each address is printed"""
    if not ipv6():
        note("two_families: no IPv6 here")
        return
    with Agent(xmon, listen="127.0.0.1:0,[::1]:0") as a:
        port = re.search(r"and on +http://\[::1\]:(\d+)/", a.output())
        check(port, "the second address is printed", a.output())
        with socket.create_connection(("::1", int(port.group(1))), timeout=DEADLINE) as s:
            s.sendall(f"GET /healthz HTTP/1.1\r\nHost: [::1]:{port.group(1)}\r\n\r\n".encode())
            check(s.recv(4096).startswith(b"HTTP/1.1 200 "), "it serves there")


def ipv6():
    try:
        with socket.socket(socket.AF_INET6) as s:
            s.bind(("::1", 0))
        return True
    except OSError:
        return False


if __name__ == "__main__":
    main([intruder, stopped_web_follows_core, signal_to_the_group, counters_outlive_web,
          many_questions, too_many_clients, too_many_series, two_families])
