"""Prometheus text format 0.0.4, parsed strictly: what a scraper would refuse or lose is an error.

parse(bytes) gives an Exposition: samples by key, TYPE and HELP by family, and the errors found.
A key is (name, ((label, value), ...)) with labels sorted and empty values dropped: to Prometheus an
empty label and a missing one are the same.
"""

import re

NAME = re.compile(r"[a-zA-Z_:][a-zA-Z0-9_:]*")
LABEL = re.compile(r"[a-zA-Z_][a-zA-Z0-9_]*")
TYPES = {"counter", "gauge", "histogram", "summary", "untyped"}
BLANKS = " \t"
SUFFIXES = {
    "histogram": ("_bucket", "_sum", "_count"),
    "summary": ("_sum", "_count"),
}


class Bad(ValueError):
    """A line that is not of the format."""


class Exposition:
    def __init__(self):
        self.samples = {}
        self.types = {}
        self.helps = {}
        self.errors = []
        self._family = None  # whose lines are being read; a family's lines stand together
        self._sampled = False  # a sample of it was seen
        self._closed = set()
        self.scattered = set()

    def type_of(self, name):
        return self.types.get(self.family_of(name), "untyped")

    def family_of(self, name):
        for suffix in ("_bucket", "_sum", "_count"):
            if name.endswith(suffix):
                base = name[: -len(suffix)]
                if suffix in SUFFIXES.get(self.types.get(base), ()):
                    return base
        return name

    def _enter(self, family):
        if family == self._family:
            return
        if family in self._closed:
            self.scattered.add(family)
        if self._family:
            self._closed.add(self._family)
        self._family, self._sampled = family, False

    def add_comment(self, line):
        words = line[1:].strip(BLANKS).split(None, 2)
        if not words or words[0] not in ("HELP", "TYPE"):
            return
        if len(words) < 2 or not NAME.fullmatch(words[1]):
            raise Bad(f"{words[0]} of no metric")
        kind, name, rest = words[0], words[1], words[2] if len(words) > 2 else ""
        self._enter(name)
        table = self.helps if kind == "HELP" else self.types
        if name in table:
            raise Bad(f"second {kind} of {name}")
        if kind == "TYPE" and rest.strip() not in TYPES:
            raise Bad(f"unknown type {rest!r}")
        if kind == "TYPE" and self._sampled:
            raise Bad(f"TYPE of {name} after its samples")
        table[name] = rest.strip() if kind == "TYPE" else unescape(rest, "\\n")

    def add_sample(self, line):
        name, labels, value = split_sample(line)
        self._enter(self.family_of(name))
        self._sampled = True
        key = make_key(name, labels)
        if key in self.samples:
            raise Bad(f"{show(key)} twice")
        self.samples[key] = value


def make_key(name, labels):
    return name, tuple(sorted((k, v) for k, v in labels.items() if v != ""))


def show(key):
    name, labels = key
    inside = ",".join(f'{k}="{escape(v)}"' for k, v in labels)
    return f"{name}{{{inside}}}" if inside else name


def escape(text):
    return text.replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n")


def unescape(text, allowed):
    """Undo backslash escapes; `allowed` has the letters that may follow a backslash."""
    out, i = [], 0
    while i < len(text):
        if text[i] != "\\":
            out.append(text[i])
        elif i + 1 < len(text) and text[i + 1] in allowed:
            i += 1
            out.append("\n" if text[i] == "n" else text[i])
        else:
            raise Bad(f"bad escape in {text!r}")
        i += 1
    return "".join(out)


def split_sample(line):
    """'name{a="b"} 1' → ("name", {"a": "b"}, 1.0)"""
    line = line.strip(BLANKS)
    match = NAME.match(line)
    if not match:
        raise Bad(f"no metric name: {line[:60]!r}")
    name, rest = match.group(), line[match.end() :].lstrip(BLANKS)
    labels = {}
    if rest.startswith("{"):
        labels, rest = split_labels(rest[1:])
    words = rest.split()
    if not 1 <= len(words) <= 2:
        raise Bad(f"{name}: wants one value: {rest[:60]!r}")
    if len(words) == 2 and not re.fullmatch(r"-?[0-9]+", words[1]):
        raise Bad(f"{name}: bad timestamp {words[1]!r}")
    return name, labels, parse_value(words[0])


def split_labels(rest):
    """'a="b",c="d"} 1' → ({"a": "b", "c": "d"}, " 1")"""
    labels = {}
    while True:
        rest = rest.lstrip(BLANKS)
        if rest.startswith("}"):
            return labels, rest[1:]
        match = re.match(r'([^=\s]+)[ \t]*=[ \t]*"((?:[^"\\\n]|\\.)*)"[ \t]*(,?)', rest)
        if not match or not LABEL.fullmatch(match[1]):
            raise Bad(f"bad label: {rest[:60]!r}")
        if match[1] in labels:
            raise Bad(f"label {match[1]} twice")
        labels[match[1]] = unescape(match[2], '\\n"')
        rest = rest[match.end() :]
        if not match[3] and not rest.startswith("}"):
            raise Bad(f"no comma: {rest[:60]!r}")


def parse_value(word):
    if not re.fullmatch(
        r"[+-]?(Inf|NaN|[0-9]+\.?[0-9]*([eE][+-]?[0-9]+)?|\.[0-9]+([eE][+-]?[0-9]+)?)", word
    ):
        raise Bad(f"bad value {word!r}")
    return float(word)


def parse(data):
    expo = Exposition()
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as err:
        expo.errors.append(f"not UTF-8 at byte {err.start}")
        text = data.decode("utf-8", "replace")
    if text and not text.endswith("\n"):
        expo.errors.append("the last line has no end")
    for number, line in enumerate(text.split("\n"), 1):
        try:
            if line.lstrip(BLANKS).startswith("#"):
                expo.add_comment(line.strip(BLANKS))
            elif line.strip():
                expo.add_sample(line)
        except Bad as err:
            expo.errors.append(f"line {number}: {err}")
    expo.errors += [f"lines of {x} do not stand together" for x in sorted(expo.scattered)]
    return expo
