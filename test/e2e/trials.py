#!/usr/bin/env python3
"""What befalls an agent: a web process that is taken over, crashes that repeat, signals to the
whole group, too many clients, too many series.

usage: trials.py XMON
"""

import collections
import concurrent.futures
import errno
import fcntl
import os
import re
import shutil
import signal
import socket
import struct
import subprocess
import sys
import urllib.request

import inject
from house import (DEADLINE, Agent, Directory, check, die_with_parent, is_root, main, note, run,
                   runs, wait_for)

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


def full_pipe(path):
    """A FIFO with a page in it, which is all that it holds; somebody has it open"""
    os.mkfifo(path)
    fd = os.open(path, os.O_RDWR)
    fcntl.fcntl(fd, fcntl.F_SETPIPE_SZ, 4096)
    os.write(fd, b"x" * 4096)
    return fd


def log_that_nobody_reads():
    """It holds up neither rows, nor a reload, nor the end"""
    with Directory() as d:
        open(d / "x.yaml", "w").close()
        a = Agent(xmon, "-c", d / "x.yaml")
        pipe = full_pipe(a.dir / "err")
        with a:
            before = a.metrics().value("xmon_agent_ticks_total")
            with open(d / "x.yaml", "w") as f:
                f.write("nonsense: 1\n")
            a.process.send_signal(signal.SIGHUP)
            r = a.get_unix("/api/v1/reload", method="POST")
            check(r.status == 422 and "nonsense" in r.text, "core answers", r.text)
            wait_for("two more rows", lambda: later(a, before + 2))
            status, seconds = a.stop()
            check(status == 0 and seconds < 1, "it ends", (status, seconds))
        os.close(pipe)


def log_whose_reader_has_gone():
    a = Agent(xmon)
    pipe = full_pipe(a.dir / "err")
    with a:
        os.close(pipe)
        a.process.send_signal(signal.SIGHUP)
        check(a.get_unix("/api/v1/reload", method="POST").status == 200, "core goes on")
        check(a.stop()[0] == 0, "and ends as ever")


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


def no_arguments():
    """On a machine that looks as if nobody had ever run it: nothing but a namespace of our own"""
    inside = ["unshare", "--mount", "--net", sys.executable, os.path.abspath(__file__), xmon,
              "inside"]
    if not is_root() or not shutil.which("unshare") or run(inside[:3] + ["true"]).returncode:
        note("no_arguments: takes namespaces of our own")
        return
    r = run(inside)
    check(r.returncode == 0, "`xmon agent` alone", r.stdout + r.stderr)


def loopback_up():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        fcntl.ioctl(s, 0x8914, struct.pack("16sh14x", b"lo", 1))  # SIOCSIFFLAGS, IFF_UP


def inside_namespace():
    for directory in ("/var/lib", "/run"):
        check(run(["mount", "-t", "tmpfs", "none", directory]).returncode == 0, directory)
    loopback_up()
    with Directory() as d, open(d / "out", "w+") as out:
        agent = subprocess.Popen([xmon, "agent"], stdout=out, stderr=out, stdin=subprocess.DEVNULL,
                                 preexec_fn=die_with_parent)
        said = wait_for("its addresses", lambda: told(d / "out"))
        check("http://127.0.0.1:8000/\n" in said, "the dashboard's address", said)
        check(not ipv6() or "http://[::1]:8000/\n" in said, "and over IPv6", said)
        check("unix:/run/xmon/xmon.sock" in said, "the unix socket", said)
        check("/var/lib/xmon/token" in said, "where the token is", said)
        check(os.stat("/run/xmon/xmon.sock").st_mode & 0o777 == 0o600, "mode of the socket")
        check(os.stat("/var/lib/xmon/token").st_mode & 0o777 == 0o600, "mode of the token")
        page = wait_for("the page", lambda: fetch("http://127.0.0.1:8000/"))
        check(b"<script" in page, "the page", page)
        wait_for("a row", lambda: b"\nnode_load1 " in fetch("http://127.0.0.1:8000/metrics"))
        agent.terminate()
        check(agent.wait(DEADLINE) == 0, "it ends")


def told(path):
    with open(path) as f:
        text = f.read()
    return text if "token" in text else None


def fetch(url):
    try:
        with urllib.request.urlopen(url, timeout=DEADLINE) as r:
            return r.read()
    except OSError:
        return b""


def ipv6():
    try:
        with socket.socket(socket.AF_INET6) as s:
            s.bind(("::1", 0))
        return True
    except OSError:
        return False


if __name__ == "__main__":
    if sys.argv[2:] == ["inside"]:
        main([inside_namespace])
    main([no_arguments, intruder, stopped_web_follows_core, signal_to_the_group,
          counters_outlive_web, many_questions, too_many_clients, too_many_series,
          log_that_nobody_reads, log_whose_reader_has_gone, two_families])
