"""The two programs that are compared: how they are started, scraped as Prometheus does it, and
measured."""

import os
import pathlib
import signal
import socket
import subprocess
import time
import zlib

# The collectors that both have; node_exporter gets these and no others
COLLECTORS = """arp conntrack cpu cpufreq diskstats edac entropy filefd filesystem hwmon loadavg
    mdadm meminfo netclass netdev netstat nvme os pressure schedstat sockstat softnet stat textfile
    thermal_zone time timex udp_queues uname vmstat""".split()
HEADERS = """Accept: application/openmetrics-text;version=1.0.0,text/plain;version=0.0.4;q=0.5
Accept-Encoding: gzip
User-Agent: Prometheus/2.42.0
X-Prometheus-Scrape-Timeout-Seconds: 10
"""


def children(pid):
    found = []
    for task in pathlib.Path(f"/proc/{pid}/task").iterdir():
        found += map(int, (task / "children").read_text().split())
    return found


def cpu_seconds(pid):
    """Of all its threads, exact: CPUCLOCK_SCHED of the process"""
    return time.clock_gettime((~pid << 3) | 2)


def read_proportional_kib(pid):
    """PSS: a page that n share counts as 1/n"""
    for line in pathlib.Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
        if line.startswith("Pss:"):
            return int(line.split()[1])
    raise ValueError("no Pss in smaps_rollup")


class Program:
    """A server on a port of loopback, ended with stop()"""

    def __init__(self, argv, port, log):
        self.port = port
        self.log = log
        with open(log, "wb") as f:
            self.process = subprocess.Popen(argv, stdout=f, stderr=f, stdin=subprocess.DEVNULL)
        deadline = time.monotonic() + 15
        while True:
            try:
                if Scraper(port).scrape()[1]:
                    return
            except (OSError, ValueError):
                if time.monotonic() > deadline or self.process.poll() is not None:
                    self.stop()
                    raise SystemExit(f"{argv[0]} does not serve; its last words: "
                                     f"{pathlib.Path(log).read_text()[-400:]}") from None
                time.sleep(0.05)

    def pids(self):
        return [self.process.pid, *children(self.process.pid)]

    def cpu(self):
        return sum(map(cpu_seconds, self.pids()))

    def memory_mib(self):
        return sum(map(read_proportional_kib, self.pids())) / 1024

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as s:
        return s.getsockname()[1]


def start_agent(xmon, work):
    port = free_port()
    return Program([xmon, "agent", "--listen", f"127.0.0.1:{port}", "--data-dir", f"{work}/data",
                    "--socket", f"{work}/xmon.sock"], port, f"{work}/agent.log")


def start_node_exporter(work):
    port = free_port()
    return Program(["prometheus-node-exporter", "--collector.disable-defaults",
                    *(f"--collector.{c}" for c in COLLECTORS),
                    "--collector.textfile.directory=",
                    f"--web.listen-address=127.0.0.1:{port}"], port, f"{work}/node_exporter.log")


class Scraper:
    """GET /metrics. The time is that from the request (or from connecting) to the last byte."""

    def __init__(self, port, keep_alive=True):
        self.port = port
        self.keep_alive = keep_alive
        self.socket = None
        self.request = (f"GET /metrics HTTP/1.1\nHost: 127.0.0.1:{port}\n{HEADERS}"
                        f"{'' if keep_alive else chr(10).join(['Connection: close', ''])}\n"
                        ).replace("\n", "\r\n").encode()

    def _connect(self):
        self.socket = socket.create_connection(("127.0.0.1", self.port), timeout=30)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def _read(self):
        data = b""
        while b"\r\n\r\n" not in data:
            data += self._more()
        head, body = data.split(b"\r\n\r\n", 1)
        lines = head.decode("latin-1").lower().split("\r\n")
        if " 200 " not in lines[0]:
            raise ValueError(lines[0])
        headers = dict(line.split(": ", 1) for line in lines[1:])
        if headers.get("transfer-encoding") == "chunked":
            while not body.endswith(b"0\r\n\r\n"):
                body += self._more()
        else:
            while len(body) < int(headers["content-length"]):
                body += self._more()
        return headers, body

    def _more(self):
        data = self.socket.recv(1 << 18)
        if not data:
            raise OSError("connection closed")
        return data

    def scrape(self):
        """(seconds, body as it came, its headers)"""
        start = time.perf_counter()
        if not self.socket:
            self._connect()
        self.socket.sendall(self.request)
        headers, body = self._read()
        took = time.perf_counter() - start
        if not self.keep_alive:
            self.close()
        return took, body, headers

    def text(self):
        """(seconds, the exposition); not for chunked answers"""
        took, body, headers = self.scrape()
        if headers.get("content-encoding") == "gzip":
            body = zlib.decompress(body, 31)
        return took, body.decode()

    def values(self, *names):
        """(seconds, [values of series that stand there by these very names])"""
        took, text = self.text()
        found = dict(line.rsplit(" ", 1) for line in text.splitlines() if line[0] != "#")
        return took, [float(found[n]) for n in names]

    def close(self):
        if self.socket:
            self.socket.close()
        self.socket = None


def be_punctual():
    """The calling thread: what is measured shall not be our own waiting for a CPU"""
    try:
        os.sched_setscheduler(0, os.SCHED_FIFO | os.SCHED_RESET_ON_FORK, os.sched_param(1))
    except PermissionError:
        pass
