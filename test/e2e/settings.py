#!/usr/bin/env python3
"""The configuration as an administrator meets it: --check, --print-config, reload.

usage: settings.py XMON
"""

import re
import signal
import sys

from house import Agent, Directory, check, main, run, wait_for

xmon = sys.argv[1]

BAD = """\
lisen: 127.0.0.1:1
max-series: many
collectors:
  cpuu:
    enabled: false
  cpu:
    enabld: yes
"""
COMPLAINTS = [(1, 1, "'lisen'", "'listen'"), (2, 13, "'many'", "number"),
              (4, 3, "'cpuu'", "'cpu'"), (7, 5, "'enabld'", "'enabled'")]


def write(path, text):
    with open(path, "w") as f:
        f.write(text)


def all_errors_at_once():
    with Directory() as d:
        write(d / "bad.yaml", BAD)
        r = run([xmon, "agent", "-c", d / "bad.yaml", "--check"])
        lines = r.stderr.splitlines()
        check(r.returncode == 2, "exit status", r.returncode)
        check(len(lines) == len(COMPLAINTS), "a line for each error", r.stderr)
        for (row, column, what, hint), line in zip(COMPLAINTS, lines):
            check(f"bad.yaml:{row}:{column}: " in line and what in line and hint in line,
                  f"the error of line {row}", line)
        write(d / "good.yaml", "log-level: debug\n")
        r = run([xmon, "agent", "-c", d / "good.yaml", "--check"])
        check(r.returncode == 0 and "valid" in r.stdout and not r.stderr, "a good file", r.stdout)
        r = run([xmon, "agent", "-c", d / "none.yaml", "--check"])
        check(r.returncode == 2 and "none.yaml" in r.stderr, "no file", r.stderr)


def bad_arguments():
    for args, hint in ((["--lisen=x"], "--listen"), (["--collector.cpuu"], "'cpu'"),
                       (["--max-series=many"], "max-series"), (["nonsense"], "'nonsense'")):
        r = run([xmon, "agent", *args])
        check(r.returncode == 2 and hint in r.stderr and r.stderr.count("\n") == 1,
              f"{args} is answered with a hint", r.stderr)


def printed_config_loads():
    args = ["--listen=127.0.0.1:7", "--no-collector.hwmon",
            "--collector.netdev.device-exclude=^(veth|\"x\\\\y).*"]
    with Directory() as d:
        first = run([xmon, "agent", *args, "--print-config"])
        check(first.returncode == 0 and "127.0.0.1:7" in first.stdout, "it is printed")
        write(d / "x.yaml", first.stdout)
        r = run([xmon, "agent", "-c", d / "x.yaml", "--check"])
        check(r.returncode == 0, "it loads", r.stderr)
        again = run([xmon, "agent", "-c", d / "x.yaml", "--print-config"])
        check(again.stdout == first.stdout, "and says the same")


def outcome(agent, seen):
    """What the log says after a hang-up, past the first `seen` characters"""
    agent.process.send_signal(signal.SIGHUP)
    return wait_for("the outcome of a reload", lambda: re.search(
        r"(reloaded: .*|the old configuration stays)\n", agent.log()[seen:]) and agent.log()[seen:])


def turn_off(agent, path):
    """A collector is turned off and on; the counters of the others go on."""
    before = agent.metrics()
    check("node_load1" in before.names(), "loadavg is on")
    write(path, "collectors:\n  loadavg:\n    enabled: false\n")
    said = outcome(agent, len(agent.log()))
    check("off: loadavg" in said, "the log says what has changed", said)
    wait_for("its series to vanish", lambda: "node_load1" not in agent.metrics().names())
    after = agent.metrics()
    check(after.value("xmon_source_up", source="loadavg") is None, "its own series too")
    for name in ("node_context_switches_total", "xmon_agent_ticks_total", "node_intr_total"):
        check(after.value(name) > before.value(name), f"{name} goes on", after.value(name))
    turns = [m.value("xmon_source_turns_total", source="cpu") for m in (before, after)]
    check(turns[1] > turns[0], "a source that did not change keeps its state", turns)
    check(after.value("xmon_agent_ticks_missed_total") == 0, "no row was missed")


def turn_on(agent, path):
    write(path, "log-level: info\n")
    said = outcome(agent, len(agent.log()))
    check("on: loadavg" in said, "back again", said)
    wait_for("its series", lambda: "node_load1" in agent.metrics().names())


def bad_file(agent, path):
    write(path, BAD)
    said = outcome(agent, len(agent.log()))
    check("the old configuration stays" in said, "a bad file changes nothing", said)
    for row, column, _, hint in COMPLAINTS:
        check(f"x.yaml:{row}:{column}: " in said and hint in said, f"line {row} is told", said)
    r = agent.get("/api/v1/reload", agent.bearer(), "POST")
    check(r.status == 422 and f"x.yaml:{COMPLAINTS[0][0]}" in r.text, "the API says so too", r.text)
    check("node_load1" in agent.metrics().names(), "and it serves on")


def fixed_option(agent, path):
    write(path, "max-series: 5000\n")
    said = outcome(agent, len(agent.log()))
    check("'max-series' has changed" in said and "restart" in said, "refused by name", said)
    check("the old configuration stays" in said, "nothing has changed", said)


def reload():
    with Directory() as d:
        path = d / "x.yaml"
        write(path, "")
        with Agent(xmon, "-c", path) as agent:
            turn_off(agent, path)
            turn_on(agent, path)
            bad_file(agent, path)
            fixed_option(agent, path)
            check(agent.stop()[0] == 0, "it ends as ever")


def twice_in_a_second():
    """The last of several reloads counts, however fast they come."""
    with Directory() as d:
        path = d / "x.yaml"
        write(path, "")
        with Agent(xmon, "-c", path) as agent:
            for name in ("loadavg", "vmstat", "uname"):
                write(path, f"collectors:\n  {name}:\n    enabled: false\n")
                r = agent.get("/api/v1/reload", agent.bearer(), "POST")
                check(r.status == 200, f"{name} is to go", r.text)
            wait_for("the last one", lambda: "node_uname_info" not in agent.metrics().names())
            wait_for("the first one back", lambda: "node_load1" in agent.metrics().names())
            check("node_vmstat_pgfault" in agent.metrics().names(), "the second one too")
            check(agent.stop()[0] == 0, "it ends as ever")


def changed_listen():
    with Directory() as d:
        path = d / "x.yaml"
        write(path, "listen: 127.0.0.1:0\n")
        with Agent(xmon, "-c", path, listen=None) as agent:
            write(path, "listen: 127.0.0.1:1\n")
            said = outcome(agent, len(agent.log()))
            check("'listen' has changed" in said and "restart" in said, "refused by name", said)
            check(agent.get("/healthz").status == 200, "it serves where it did")


def arguments_count_more():
    with Directory() as d:
        path = d / "x.yaml"
        write(path, "")
        with Agent(xmon, "-c", path) as agent:
            write(path, "listen: 127.0.0.1:1\n")
            said = outcome(agent, len(agent.log()))
            check("reloaded: no source changed" in said, "than the file, on a reload too", said)


if __name__ == "__main__":
    main([all_errors_at_once, bad_arguments, printed_config_loads, reload, twice_in_a_second,
          changed_listen, arguments_count_more])
