"""What does a name server answer to one question, asked over TCP from this machine?"""

from __future__ import annotations

import socket
import struct

A, CNAME = 1, 5
SECONDS = 3.0


def ask(server: tuple[str, int], name: str) -> tuple[str | None, str | None]:
    """The canonical name and the IPv4 address of a name; None for what the answer does not have."""
    labels = b"".join(bytes([len(label)]) + label.encode() for label in name.split("."))
    question = struct.pack(">6H", 1, 0, 1, 0, 0, 0) + labels + b"\0" + struct.pack(">2H", A, 1)
    with socket.create_connection(server, timeout=SECONDS) as connection, connection.makefile("rb") as answers:
        connection.sendall(struct.pack(">H", len(question)) + question)
        [length] = struct.unpack(">H", answers.read(2))
        return _parse(answers.read(length), len(question))


def _parse(message: bytes, at: int) -> tuple[str | None, str | None]:
    """The answers of a message, whose question ends at this byte."""
    canonical, address = None, None
    for _ in range(struct.unpack(">H", message[6:8])[0]):
        _, at = _name(message, at)
        kind, _, _, length = struct.unpack(">HHIH", message[at : at + 10])
        at += 10
        if kind == CNAME:
            canonical, _ = _name(message, at)
        elif kind == A:
            address = socket.inet_ntoa(message[at : at + length])
        at += length
    return canonical, address


def _name(message: bytes, at: int) -> tuple[str, int]:
    """The name that begins at this byte, and where it ends; names may point back to parts of earlier ones."""
    labels = []
    while length := message[at]:
        if length >= 0xC0:  # noqa: PLR2004 - RFC 1035: two bits, then the place
            rest, _ = _name(message, struct.unpack(">H", message[at : at + 2])[0] & 0x3FFF)
            return ".".join([*labels, rest]), at + 2
        labels.append(message[at + 1 : at + 1 + length].decode())
        at += 1 + length
    return ".".join(labels), at + 1
