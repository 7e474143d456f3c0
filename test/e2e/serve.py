#!/usr/bin/env python3
"""What a running agent serves: formats, files, the live stream, and to whom.

usage: serve.py XMON
"""

import gzip
import json
import select
import socket
import statistics
import sys
import threading
import time

import expo
from house import Agent, Samples, check, main

TEXT = "text/plain; version=0.0.4; charset=utf-8"
OPENMETRICS = "application/openmetrics-text; version=1.0.0; charset=utf-8"
PROTOBUF = ("application/vnd.google.protobuf; proto=io.prometheus.client.MetricFamily; "
            "encoding=delimited")
REQUEST_TIMEOUT = 10  # of the server, from the first byte of a request to its last

agent = None
loris = {}


def drip(s):
    """A request of one byte a second: how long the server bears it, and what it says"""
    start, said = time.monotonic(), b""
    for byte in b"GET /metrics HTTP/1.1\r\nHost: localhost\r\nX-Slow: " + b"x" * 60:
        try:
            s.sendall(bytes([byte]))
        except OSError:
            break
        if select.select([s], [], [], 1)[0]:
            break
    try:
        while part := s.recv(4096):
            said += part
    except OSError:
        pass
    loris.update(seconds=time.monotonic() - start, said=said)
    s.close()


def start_loris():
    loris["thread"] = threading.Thread(target=drip, args=[agent.connect()], daemon=True)
    loris["thread"].start()


def slow_request_is_cut():
    loris["thread"].join(REQUEST_TIMEOUT + 5)
    check("seconds" in loris, "the slow request is cut at all")
    check(REQUEST_TIMEOUT - 1 < loris.get("seconds", 0) < REQUEST_TIMEOUT + 2,
          "it is cut at the deadline", loris.get("seconds"))
    check(loris.get("said", b"").startswith(b"HTTP/1.1 408 "), "and told why", loris.get("said"))


def text_format():
    r = agent.get("/metrics")
    samples = Samples(r.text)
    check(r.status == 200 and r.headers["content-type"] == TEXT, "text by default", r.headers)
    check(r.headers["content-length"] == str(len(r.body)), "Content-Length")
    check("Accept" in r.headers["vary"], "Vary", r.headers)
    check(not samples.bad, "every line is a sample or a comment, none twice", samples.bad[:3])
    check(samples.names() == set(samples.type), "every family has its TYPE",
          samples.names() ^ set(samples.type))
    check(samples.value("node_uname_info", sysname="Linux") == 1, "node_uname_info")
    check(samples.type["node_cpu_seconds_total"] == "counter", "the type of a counter")
    check(samples.value("xmon_agent_web_starts_total") == 1, "the web process started once")
    check(samples.value("xmon_agent_series") >= len(samples.sample),
          "xmon_agent_series counts what is here, and what has no value now")
    again = agent.get("/metrics", {"Accept": "image/png"})
    check(again.headers["content-type"] == TEXT, "text for a client that wants something else")


def openmetrics_format():
    r = agent.get("/metrics", {"Accept": "application/openmetrics-text;version=1.0.0"})
    lines = r.text.splitlines()
    counters = [line.split(" ")[2] for line in lines if line.endswith(" counter")]
    samples = {line.split("{")[0].split(" ")[0] for line in lines if not line.startswith("#")}
    check(r.headers["content-type"] == OPENMETRICS, "OpenMetrics", r.headers)
    check(r.text.endswith("\n# EOF\n") and lines.count("# EOF") == 1, "ends with # EOF",
          r.text[-80:])
    check(len(counters) > 20, "there are counters", counters)
    check(not [c for c in counters if c.endswith("_total")], "families of counters lack _total")
    check(all(c + "_total" in samples for c in counters), "their samples have it",
          [c for c in counters if c + "_total" not in samples])


def protobuf_format():
    r = agent.get("/metrics", {"Accept": "application/vnd.google.protobuf;"
                               "proto=io.prometheus.client.MetricFamily;encoding=delimited;q=0.7,"
                               "text/plain;version=0.0.4;q=0.3"})
    text = agent.metrics()
    check(r.headers["content-type"] == PROTOBUF, "protobuf", r.headers)
    got = expo.families(r.body)
    check({n: t for n, (t, _) in got.items()} == text.type, "the families of the text format",
          set(got) ^ set(text.type))
    check(got["node_uname_info"][1] == text.all("node_uname_info"), "labels and value")
    total = got["node_memory_MemTotal_bytes"][1]
    check(total == text.all("node_memory_MemTotal_bytes") and total, "a number", total)


def packed():
    r = agent.get("/metrics", {"Accept-Encoding": "gzip"})
    check(r.headers.get("content-encoding") == "gzip", "gzip for who takes it", r.headers)
    check(len(r.body) < 30000, "which is smaller", len(r.body))
    check("node_uname_info" in Samples(gzip.decompress(r.body).decode()).names(), "and unpacks")
    for no in ("identity", "gzip;q=0", "br"):
        r = agent.get("/metrics", {"Accept-Encoding": no})
        check("content-encoding" not in r.headers and r.body[:2] == b"# ", f"not for '{no}'")


def head_has_no_body():
    for path in ("/metrics", "/", "/app.js", "/healthz", "/readyz"):
        got, head = agent.get(path), agent.get(path, method="HEAD")
        check(head.status == got.status == 200, f"HEAD {path}", head.status)
        check(head.names == got.names, "the same headers", (head.names, got.names))
        check(int(head.headers["content-length"]) > 0, "the length of the body")
        if path != "/metrics":  # which may have another length by now
            check(head.headers["content-length"] == got.headers["content-length"], "same length")
        raw = agent.raw(f"HEAD {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
                        .encode())
        check(raw.endswith(b"\r\n\r\n") and raw.count(b"\r\n\r\n") == 1, "no body", raw[-60:])


def refusals():
    r = agent.get("/nothing")
    check(r.status == 404 and r.text.count("\n") == 1, "404 with a sentence", r.text)
    check(r.headers.get("x-content-type-options") == "nosniff", "security headers on errors too")
    r = agent.get("/metrics", method="PUT", body=b"x")
    check(r.status == 405 and r.headers.get("allow") == "GET, HEAD", "405 with Allow", r.headers)
    r = agent.get("/api/v1/reload")
    check(r.status == 405 and r.headers.get("allow") == "POST", "GET of what takes POST")
    r = agent.get("/metrics?collect[]=nothing")
    check(r.status == 400 and "nothing" in r.text, "400 names the unknown collector", r.text)
    r = agent.get("/metrics?collect[]=cpu&exclude[]=loadavg")
    check(r.status == 400 and "cannot be combined" in r.text, "400 for both filters", r.text)
    check(agent.raw(b"GET / HTTP/1.1\r\n\r\n").startswith(b"HTTP/1.1 400 "), "no Host")
    check(agent.raw(b"nonsense\r\n\r\n").startswith(b"HTTP/1.1 400 "), "no HTTP")


def filters():
    some = agent.metrics("?collect[]=loadavg&collect[]=uname")
    check(some.names() == {"node_load1", "node_load5", "node_load15", "node_uname_info"},
          "collect[]", some.names())
    rest = agent.metrics("?exclude[]=loadavg")
    check("node_uname_info" in rest.names(), "exclude[] leaves the others")
    check("node_load1" not in rest.names(), "exclude[] takes it out")
    packed_part = agent.get("/metrics?collect[]=uname", {"Accept-Encoding": "gzip"})
    check(Samples(gzip.decompress(packed_part.body).decode()).names() == {"node_uname_info"},
          "a filtered reply is packed too")


def assets():
    for path, mime in (("/", "text/html"), ("/app.js", "text/javascript"),
                       ("/app.css", "text/css")):
        wide = agent.get(path, {"Accept-Encoding": "gzip"})
        plain = agent.get(path)
        etag = wide.headers.get("etag", "")
        check(plain.headers["content-type"].startswith(mime), path, plain.headers)
        check(wide.headers.get("content-encoding") == "gzip", "packed for who takes gzip")
        check("content-encoding" not in plain.headers, "unpacked for who does not")
        check(gzip.decompress(wide.body) == plain.body and plain.body, "the same bytes")
        check(etag[:1] == etag[-1:] == '"' and len(etag) > 4, "ETag", etag)
        for known in (etag, f'W/{etag}, "other"', "*"):
            again = agent.get(path, {"If-None-Match": known})
            check(again.status == 304 and not again.body, f"304 for {known}", again.status)
        check(agent.get(path, {"If-None-Match": '"other"'}).status == 200, "200 for another one")
    check(agent.get("/").headers["cache-control"] == "no-cache", "the page is asked for again")
    check("immutable" in agent.get("/app.js").headers["cache-control"], "its parts are kept")


def health():
    check(agent.get("/healthz").text == "ok\n", "/healthz")
    check(agent.get("/readyz").text == "ready\n", "/readyz")


def events(response, ends):
    """[(event, data, wall clock at arrival)] until ends(list) is true"""
    found, event = [], None
    while not ends(found):
        line = response.readline().decode().rstrip("\n")
        if line.startswith("event: "):
            event = line[7:]
        elif line.startswith("data: "):
            found.append((event, json.loads(line[6:]), time.time()))
    return found


def ticks_of(found):
    return [(data, at) for event, data, at in found if event == "tick"]


def live_stream():
    connection = agent.connection()
    connection.request("GET", "/api/v1/live")
    response = connection.getresponse()
    check(response.getheader("content-type") == "text/event-stream", "the type of the stream")
    found = events(response, lambda f: len(ticks_of(f)) == 5)
    connection.close()
    hello, series = found[0][1], {}
    check(found[0][0] == "hello" and hello["schema"] == 1, "hello comes first", found[0])
    check(hello["step_ms"] == 1000 and hello["facts"], "hello's step and facts", hello["facts"])
    charts = {chart["id"] for chart in hello["charts"]}
    check({"cpu", "memory", "load"} <= charts, "charts", charts)
    for event, data, _ in found[1:]:
        if event == "history":
            series[data["chart"]] = len(data["series"])
            check(data["chart"] in charts, "history of a chart that hello told", data["chart"])
            check(len(data["values"]) == len(data["series"]), "one list a series")
            check(len({len(v) for v in data["values"]}) == 1, "lists of one length")
        else:
            check({k: len(v) for k, v in data["v"].items()} == series, "a value for each series")
    on_time(ticks_of(found))


def on_time(ticks):
    seconds = [data["t"] for data, _ in ticks]
    late = [at - data["t"] for data, at in ticks]
    check(all(isinstance(t, int) for t in seconds), "a tick is on a whole second", seconds)
    check([t - seconds[0] for t in seconds] == list(range(len(seconds))), "one a second", seconds)
    check(min(late) > -0.001, "no tick before its second", late)
    check(statistics.median(late) < 0.5, "ticks come soon after their second", late)
    check(all(data["missed_ticks"] == 0 for data, _ in ticks), "none was missed")


def trusted_only():
    for path, method in (("/api/v1/settings", "GET"), ("/api/v1/reload", "POST")):
        r = agent.get(path, method=method)
        check(r.status == 401 and r.headers.get("www-authenticate") == "Bearer",
              f"{path} is not for everybody", r.status)
        wrong = {"Authorization": "Bearer " + agent.token[:-1] + "!"}
        check(agent.get(path, wrong, method).status == 401, "nor with a wrong token")
    check(agent.get_unix("/api/v1/settings").status == 200, "settings over the unix socket")
    r = agent.get_unix("/api/v1/reload", method="POST")
    check(r.status == 200 and r.text.startswith("reloaded:"), "a reload as well", r.text)
    settings = agent.get("/api/v1/settings", agent.bearer()).text
    check(f'data-dir: "{agent.data}"' in settings, "the settings in effect", settings)
    check(agent.token not in settings, "and no secret")
    r = agent.get("/api/v1/reload", agent.bearer(), "POST")
    check(r.status == 200, "a reload with the token", r.text)


def rebinding():
    for host in ("evil.example", "evil.example:80", "127.0.0.1.evil.example", "localhost.evil"):
        for path in ("/", "/metrics", "/api/v1/live"):
            r = agent.get(path, {"Host": host})
            check(r.status == 403, f"{path} for Host {host}", r.status)
    for host in (f"localhost:{agent.port}", "LOCALHOST", "[::1]:8000", "127.0.0.1", "mine.example"):
        check(agent.get("/healthz", {"Host": host}).status == 200, f"Host {host} is ours")


def foreign_origin():
    ours = f"http://127.0.0.1:{agent.port}"
    for origin in ("http://evil.example", "null", "http://127.0.0.1:1", ours + ".evil.example"):
        r = agent.get("/api/v1/reload", {**agent.bearer(), "Origin": origin}, "POST")
        check(r.status == 403, f"POST from {origin}", r.status)
    r = agent.get("/api/v1/reload", {**agent.bearer(), "Origin": ours}, "POST")
    check(r.status == 200, "POST from our own page", r.status)


def keep_alive():
    connection = agent.connection()
    for _ in range(3):
        connection.request("GET", "/metrics")
        local = connection.sock.getsockname()
        connection.getresponse().read()
        check(connection.sock and connection.sock.getsockname() == local, "one connection")
    connection.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
    connection.close()  # a reset
    check(agent.get("/healthz").status == 200, "a reset connection harms nobody")


if __name__ == "__main__":
    with Agent(sys.argv[1], "--hosts=mine.example") as agent:
        main([start_loris, text_format, openmetrics_format, protobuf_format, packed,
              head_has_no_body, refusals, filters, assets, health, live_stream, trusted_only,
              rebinding, foreign_origin, keep_alive, slow_request_is_cut])
