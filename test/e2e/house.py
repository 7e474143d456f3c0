"""What the end-to-end programs share: an agent on a free port, requests, deadlines, checks."""

import ctypes
import http.client
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time

SKIP = 77
DEADLINE = 15  # seconds for anything to happen that has no bound of its own
PR_SET_PDEATHSIG = 1

_libc = ctypes.CDLL(None, use_errno=True)
_checks = _failed = 0


def check(ok, what, got=None):
    """Count a statement; one that does not hold is told, and the program goes on."""
    global _checks, _failed
    _checks += 1
    if not ok:
        _failed += 1
        where = sys._getframe(1)
        print(f"{os.path.basename(where.f_code.co_filename)}:{where.f_lineno}: FAILED: {what}"
              + ("" if got is None else f"; got {str(got)[:1500]!r}"), flush=True)
    return bool(ok)


def note(text):
    print(text, flush=True)


def skip(why):
    print(f"skipped: {why}")
    sys.exit(SKIP)


def main(tests):
    """Run the tests in their order; one that raises has failed."""
    global _failed
    for test in tests:
        start, before = time.monotonic(), _failed
        try:
            test()
        except Exception as e:  # what is wrong with one says nothing about the others
            _failed += 1
            frame = e.__traceback__
            while frame.tb_next:
                frame = frame.tb_next
            print(f"{test.__name__}: line {frame.tb_lineno}: {type(e).__name__}: {e}")
        words = "ok" if _failed == before else "FAILED"
        note(f"{test.__name__:32} {words:6} {time.monotonic() - start:5.1f} s")
    note(f"{_checks} checks, {_failed} failed")
    sys.exit(1 if _failed or not _checks else 0)


def wait_for(what, condition, seconds=DEADLINE, every=0.01):
    """What the condition returns once that is true. Ends the test at the deadline."""
    end = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > end:
            raise TimeoutError(f"{what}: not within {seconds} s")
        time.sleep(every)


def die_with_parent():
    _libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def is_root():
    return os.geteuid() == 0


def status_field(pid, name):
    """A line of /proc/PID/status, None when there is none"""
    try:
        with open(f"/proc/{pid}/status") as f:
            found = re.search(rf"^{name}:[ \t]*(.*)$", f.read(), re.M)
    except OSError:
        return None
    return found.group(1) if found else None


def has_capability(bit):
    return bool(int(status_field("self", "CapEff"), 16) >> bit & 1)


def runs(pid):
    state = status_field(pid, "State")
    return state is not None and state[0] not in "ZX"


class Directory:
    """A temporary directory that any user may look into"""

    def __init__(self):
        self.path = tempfile.mkdtemp(prefix="xmon-e2e-")
        os.chmod(self.path, 0o755)

    def __truediv__(self, name):
        return os.path.join(self.path, name)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        shutil.rmtree(self.path, ignore_errors=True)


class Reply:
    def __init__(self, response):
        self.status = response.status
        self.names = [k for k, _ in response.getheaders()]
        self.headers = {k.lower(): v for k, v in response.getheaders()}
        self.body = response.read()
        self.text = self.body.decode(errors="replace")


class UnixConnection(http.client.HTTPConnection):
    def __init__(self, path):
        super().__init__("localhost", timeout=DEADLINE)
        self.path = path

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self.path)


def ask(connection, path, headers, method, body):
    connection.request(method, path, body=body, headers=headers or {})
    reply = Reply(connection.getresponse())
    connection.close()
    return reply


class Agent:
    """An agent that serves on a free port of 127.0.0.1, stopped at the end of the block.

    data: its data directory, kept for the next one if given. uid: whom it runs as. listen: None to
    say nothing about it. ready: wait for the first row."""

    def __init__(self, xmon, *args, data=None, env=None, uid=None, ready=True,
                 listen="127.0.0.1:0"):
        self.dir = Directory()
        self.data = data or self.dir / "data"
        self.socket = self.dir / "xmon.sock"
        self.args = [xmon, "agent", *([f"--listen={listen}"] if listen else []),
                     f"--data-dir={self.data}", f"--socket={self.socket}", *args]
        self.env = {**os.environ, **(env or {})}
        self.uid, self.ready, self.port, self.process = uid, ready, None, None

    def _in_child(self):
        if self.uid is not None:
            os.setgroups([])
            os.setgid(self.uid)
            os.setuid(self.uid)
        die_with_parent()

    def start(self):
        if self.uid is not None:
            os.chown(self.dir.path, self.uid, self.uid)
        with open(self.dir / "out", "wb") as out, open(self.dir / "err", "wb") as err:
            self.process = subprocess.Popen(
                self.args, stdin=subprocess.DEVNULL, stdout=out, stderr=err, env=self.env,
                preexec_fn=self._in_child)
        return self

    def wait_ready(self):
        self.port = int(wait_for("the agent's address", self._address))
        wait_for("the first row", lambda: self.get("/readyz").status == 200)
        return self

    def _address(self):
        found = re.search(r"dashboard +http://127\.0\.0\.1:(\d+)/", self.output())
        if not found and self.process.poll() is not None:
            raise RuntimeError(f"the agent ended with {self.process.returncode}: {self.log()}")
        return found and found.group(1)

    def __enter__(self):
        try:
            self.start()
            return self.wait_ready() if self.ready else self
        except BaseException:
            self.__exit__()
            raise

    def __exit__(self, *_):
        if self.process and self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        self.dir.__exit__()

    def output(self):
        with open(self.dir / "out", errors="replace") as f:
            return f.read()

    def log(self):
        with open(self.dir / "err", errors="replace") as f:
            return f.read()

    @property
    def pid(self):
        return self.process.pid

    @property
    def token(self):
        with open(os.path.join(self.data, "token")) as f:
            return f.read().strip()

    def bearer(self):
        return {"Authorization": f"Bearer {self.token}"}

    def web_pid(self):
        """Its only child; None while it has none"""
        with open(f"/proc/{self.pid}/task/{self.pid}/children") as f:
            pids = f.read().split()
        return int(pids[0]) if pids else None

    def threads(self):
        """[(thread id, name)] of the core process"""
        found = []
        for tid in os.listdir(f"/proc/{self.pid}/task"):
            try:
                with open(f"/proc/{self.pid}/task/{tid}/comm") as f:
                    found.append((int(tid), f.read().strip()))
            except OSError:
                pass  # it has ended
        return found

    def connection(self):
        return http.client.HTTPConnection("127.0.0.1", self.port, timeout=DEADLINE)

    def get(self, path, headers=None, method="GET", body=None):
        return ask(self.connection(), path, headers, method, body)

    def get_unix(self, path, headers=None, method="GET", body=None):
        return ask(UnixConnection(self.socket), path, headers, method, body)

    def connect(self):
        return socket.create_connection(("127.0.0.1", self.port), timeout=DEADLINE)

    def raw(self, data):
        """What comes back for these bytes until the other side closes"""
        with self.connect() as s:
            s.sendall(data)
            return b"".join(iter(lambda: s.recv(65536), b""))

    def metrics(self, query=""):
        return Samples(self.get("/metrics" + query).text)

    def stop(self, signo=signal.SIGTERM):
        """(exit status, seconds it took)"""
        start = time.monotonic()
        self.process.send_signal(signo)
        return self.process.wait(timeout=DEADLINE), time.monotonic() - start


class Samples:
    """The text format, read: {(name, {(label, value), …}): number}"""

    LINE = re.compile(r'([a-zA-Z_:][a-zA-Z0-9_:]*)'
                      r'(?:\{((?:[a-zA-Z_]\w*="(?:[^"\\\n]|\\.)*",?)*)\})? (\S+)$')
    LABEL = re.compile(r'(\w+)="((?:[^"\\]|\\.)*)"')

    def __init__(self, text):
        self.text, self.sample, self.type, self.bad = text, {}, {}, []
        for line in text.splitlines():
            self._take(line)

    def _take(self, line):
        if line.startswith("# TYPE "):
            name, kind = line[7:].split(" ")
            self.type[name] = kind
            return
        found = self.LINE.match(line)
        if line.startswith("# "):
            return
        if not found:
            self.bad.append(line)
            return
        key = found.group(1), frozenset(self.LABEL.findall(found.group(2) or ""))
        if key in self.sample:
            self.bad.append(line)
        self.sample[key] = float(found.group(3))

    def names(self):
        return {name for name, _ in self.sample}

    def value(self, name, **labels):
        """Of the only sample with these labels; None when there is none"""
        want = set(labels.items())
        found = [v for (n, have), v in self.sample.items() if n == name and want <= have]
        if len(found) > 1:
            raise ValueError(f"{len(found)} samples of {name}")
        return found[0] if found else None

    def all(self, name):
        return {labels: v for (n, labels), v in self.sample.items() if n == name}


def sanitized(program):
    """Built with the address sanitizer: its allocator is its own, and nothing filters its calls"""
    with open(program, "rb") as f:
        return b"__asan_init" in f.read()


def run(args, env=None, seconds=DEADLINE):
    """A program that is to end by itself"""
    return subprocess.run(args, stdin=subprocess.DEVNULL, capture_output=True, text=True,
                          env={**os.environ, **(env or {})}, timeout=seconds,
                          preexec_fn=die_with_parent)


def need(program):
    if not shutil.which(program):
        skip(f"no {program}")
    return program
