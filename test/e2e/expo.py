"""Decodes Prometheus' delimited protobuf format, as far as the tests ask."""

import struct

TYPES = ["counter", "gauge", "summary", "untyped", "histogram"]


def varint(data, at):
    value = shift = 0
    while True:
        byte = data[at]
        at += 1
        value |= (byte & 0x7f) << shift
        shift += 7
        if byte < 0x80:
            return value, at


def fields(data):
    """[(number, value)]: varints as int, doubles as float, the rest as bytes"""
    at, found = 0, []
    while at < len(data):
        key, at = varint(data, at)
        if key & 7 == 0:
            value, at = varint(data, at)
        elif key & 7 == 1:
            value, at = struct.unpack_from("<d", data, at)[0], at + 8
        elif key & 7 == 2:
            size, at = varint(data, at)
            if at + size > len(data):
                raise ValueError("a field ends past its message")
            value, at = data[at:at + size], at + size
        else:
            raise ValueError(f"wire type {key & 7}")
        found.append((key >> 3, value))
    return found


def metric(data):
    """io.prometheus.client.Metric: its labels and its one number"""
    labels, number = set(), None
    for field, value in fields(data):
        if field == 1:
            pair = dict(fields(value))
            labels.add((pair[1].decode(), pair.get(2, b"").decode()))
        elif field in (2, 3, 5):  # gauge, counter, untyped: {1: double}
            number = dict(fields(value)).get(1, 0.0)
    return frozenset(labels), number


def families(data):
    """{name: (type, {labels: number})} of a whole reply"""
    found, at = {}, 0
    while at < len(data):
        size, at = varint(data, at)
        message = fields(data[at:at + size])
        at += size
        name = [v for n, v in message if n == 1][0].decode()
        kind = ([v for n, v in message if n == 3] or [0])[0]
        found[name] = TYPES[kind], dict(metric(v) for n, v in message if n == 4)
    if at != len(data):
        raise ValueError("the last message is cut off")
    return found
