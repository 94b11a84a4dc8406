"""What a model.onnx asks of whoever runs it, read from its bytes before the runtime sees them.

A network is code: weights may lie in other files, operators may come from elsewhere. Only the standard operators
and weights inside the file are taken. The file is protobuf (onnx.proto, IR version 3 and later); only what is
needed of it is read here, so that the program need not ship the onnx package.
"""

from __future__ import annotations

from collections.abc import Iterator

STANDARD = ("", "ai.onnx")
_VARINT, _EIGHT, _BYTES, _FOUR = 0, 1, 2, 5
_DEEPEST = 16  # graphs in graphs (If, Loop)

# Field numbers of onnx.proto.
_GRAPH, _OPSET, _TRAINING, _FUNCTIONS = 7, 8, 20, 25
_NODE, _INITIALISER, _SPARSE = 1, 5, 15
_ATTRIBUTE, _DOMAIN = 5, 7
_TENSORS, _GRAPHS, _SPARSES = (5, 10), (6, 11), (22, 23)  # of an attribute: one, several
_EXTERNAL_DATA, _DATA_LOCATION = 13, 14


class Foreign(Exception):
    """What the file asks for and must not have, in words."""


def check_network(model: bytes) -> None:
    """Raises Foreign where the file wants other files or operators, or is no network at all."""
    try:
        fields = list(_fields(memoryview(model)))
        graphs = [value for number, value in fields if number == _GRAPH and isinstance(value, memoryview)]
        for number, value in fields:
            if number == _OPSET and isinstance(value, memoryview):
                _check_domain(_text(value, 1))
        if any(number in (_FUNCTIONS, _TRAINING) for number, _ in fields):
            raise Foreign("it brings functions of its own")
        if len(graphs) != 1:
            raise Foreign("it is not one network")
        _check_graph(graphs[0], 0)
    except (IndexError, ValueError) as error:
        raise Foreign("it is not a network") from error


def _check_graph(graph: memoryview, depth: int) -> None:
    if depth > _DEEPEST:
        raise Foreign("it nests networks without end")
    for number, value in _fields(graph):
        if not isinstance(value, memoryview):
            continue
        if number == _NODE:
            _check_node(value, depth)
        elif number == _INITIALISER:
            _check_tensor(value)
        elif number == _SPARSE:
            _check_sparse(value)


def _check_node(node: memoryview, depth: int) -> None:
    _check_domain(_text(node, _DOMAIN))
    for attribute in _parts(node, _ATTRIBUTE):
        for number, value in _fields(attribute):
            if not isinstance(value, memoryview):
                continue
            if number in _TENSORS:
                _check_tensor(value)
            elif number in _SPARSES:
                _check_sparse(value)
            elif number in _GRAPHS:
                _check_graph(value, depth + 1)


def _check_sparse(tensor: memoryview) -> None:
    for part in (*_parts(tensor, 1), *_parts(tensor, 2)):  # values, indices
        _check_tensor(part)


def _check_tensor(tensor: memoryview) -> None:
    for number, value in _fields(tensor):
        if number == _EXTERNAL_DATA or (number == _DATA_LOCATION and value != 0):
            raise Foreign("its weights lie in another file")


def _check_domain(domain: str) -> None:
    if domain not in STANDARD:
        raise Foreign(f"it wants operators that are not standard ones ({domain[:40]})")


def _text(message: memoryview, wanted: int) -> str:
    return next((bytes(part).decode("utf-8", "replace") for part in _parts(message, wanted)), "")


def _parts(message: memoryview, wanted: int) -> Iterator[memoryview]:
    return (value for number, value in _fields(message) if number == wanted and isinstance(value, memoryview))


def _fields(message: memoryview) -> Iterator[tuple[int, memoryview | int]]:
    """(field number, value) in order; numbers of fixed width, which nothing here asks for, are given as 0."""
    at, end = 0, len(message)
    while at < end:
        key, at = _varint(message, at)
        number, kind = key >> 3, key & 7
        if kind == _VARINT:
            value, at = _varint(message, at)
            yield number, value
            continue
        length, at = (8, at) if kind == _EIGHT else (4, at) if kind == _FOUR else _varint(message, at)
        if kind not in (_EIGHT, _BYTES, _FOUR) or at + length > end:
            raise ValueError("cut short")
        yield number, message[at : at + length] if kind == _BYTES else 0
        at += length


def _varint(message: memoryview, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = message[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, at
        shift += 7
        if shift > 63:
            raise ValueError("not a number")
