"""Networks that ask for what a pack must not have, made from a harmless one by adding protobuf fields."""

from __future__ import annotations

from collections.abc import Callable


def field(number: int, value: bytes) -> bytes:
    """A length-delimited protobuf field."""
    return varint(number << 3 | 2) + varint(len(value)) + value


def varint(value: int) -> bytes:
    """A number as protobuf writes it."""
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*out, value])


def in_graph(model: bytes, addition: bytes) -> bytes:
    """The model with a field more in its graph (field 7)."""
    start = at = 0
    while at < len(model):
        start = at
        key, at = _read(model, at)
        if key & 7 == 0:
            _, at = _read(model, at)
            continue
        length, at = _read(model, at)
        if key >> 3 == 7:
            return model[:start] + field(7, model[at : at + length] + addition) + model[at + length :]
        at += length
    raise AssertionError("no graph")


def _read(model: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = model[at]
        value, shift, at = value | (byte & 0x7F) << shift, shift + 7, at + 1
        if byte < 0x80:
            return value, at


EXTERNAL = varint(14 << 3) + varint(1) + field(13, field(1, b"location") + field(2, b"../../secret"))
CUSTOM_NODE = field(1, field(4, b"Evil") + field(7, b"com.evil"))
Make = Callable[[bytes], bytes]
FOREIGN: dict[str, Make] = {
    "weights in another file": lambda model: in_graph(model, field(5, field(8, b"w") + EXTERNAL)),
    "weights in another file, in a constant": lambda model: in_graph(model, field(1, field(5, field(5, EXTERNAL)))),
    "sparse weights in another file": lambda model: in_graph(model, field(15, field(1, EXTERNAL))),
    "a custom operator": lambda model: in_graph(model, CUSTOM_NODE),
    "a custom operator in a branch": lambda model: in_graph(model, field(1, field(5, field(6, CUSTOM_NODE)))),
    "a contributed operator": lambda model: in_graph(model, field(1, field(4, b"Gelu") + field(7, b"com.microsoft"))),
    "an operator set of another domain": lambda model: model + field(8, field(1, b"com.evil")),
    "functions": lambda model: model + field(25, field(1, b"f")),
    "training": lambda model: model + field(20, b""),
    "two networks": lambda model: model + field(7, CUSTOM_NODE),
    "no network": lambda _: b"",
    "rubbish": lambda _: bytes(range(256)),
    "cut short": lambda model: model[:-7],
    "networks without end": lambda model: in_graph(model, _deep(40)),
}


def _deep(levels: int) -> bytes:
    graph = b""
    for _ in range(levels):
        graph = field(1, field(5, field(6, graph)))
    return graph
