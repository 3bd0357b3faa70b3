# SPDX-License-Identifier: GPL-2.0
"""Run in a guest: attach an XDP program that passes everything, and detach it.

usage: python3 -c THIS IFNAME driver|generic

Prints "attached", or the error's number and what the kernel says about it.
"""

import ctypes
import os
import platform
import socket
import struct
import sys

SYS_BPF = 321
BPF_PROG_LOAD = 5
BPF_PROG_TYPE_XDP = 6
# r0 = XDP_PASS; exit
PASS = struct.pack("<BBhi", 0xb7, 0, 0, 2) + struct.pack("<BBhi", 0x95, 0,
                                                         0, 0)
RTM_SETLINK = 19
NLM_F_REQUEST_ACK = 5
IFLA_XDP = 43 | 1 << 15
IFLA_XDP_FD = 1
IFLA_XDP_FLAGS = 3
MODES = {"generic": 2, "driver": 4}
SOL_NETLINK = 270
NETLINK_EXT_ACK = 11
NLM_F_CAPPED = 0x100
NLMSGERR_ATTR_MSG = 1


def load() -> int:
    """Return a descriptor of the program."""
    assert platform.machine() == "x86_64"
    code = ctypes.create_string_buffer(PASS)
    licence = ctypes.create_string_buffer(b"GPL")
    words = struct.pack("<IIQQ", BPF_PROG_TYPE_XDP, len(PASS) // 8,
                        ctypes.addressof(code), ctypes.addressof(licence))
    attr = ctypes.create_string_buffer(words.ljust(128, b"\0"), 128)
    libc = ctypes.CDLL(None, use_errno=True)
    fd = libc.syscall(SYS_BPF, BPF_PROG_LOAD, attr, 128)
    if fd < 0:
        raise OSError(ctypes.get_errno(), "the program does not load")
    return int(fd)


def attribute(kind: int, content: bytes) -> bytes:
    """Return a netlink attribute."""
    length = 4 + len(content)
    return struct.pack("<HH", length, kind) + content + b"\0" * (-length % 4)


def said(error: bytes) -> str:
    """Return the text in the attributes of a netlink error."""
    while len(error) >= 4:
        length, kind = struct.unpack("<HH", error[:4])
        if kind == NLMSGERR_ATTR_MSG:
            return error[4:length].rstrip(b"\0").decode()
        error = error[(length + 3) & ~3:]
    return ""


def attach(ifname: str, fd: int, mode: str) -> str:
    """Return "attached", or why not."""
    nested = (attribute(IFLA_XDP_FD, struct.pack("<i", fd)) +
              attribute(IFLA_XDP_FLAGS, struct.pack("<I", MODES[mode])))
    body = struct.pack("<BxHiII", 0, 0, socket.if_nametoindex(ifname), 0, 0)
    body += attribute(IFLA_XDP, nested)
    head = struct.pack("<IHHII", 16 + len(body), RTM_SETLINK,
                       NLM_F_REQUEST_ACK, 1, 0)
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 0) as link:
        link.setsockopt(SOL_NETLINK, NETLINK_EXT_ACK, 1)
        link.send(head + body)
        answer = link.recv(65536)
    flags, = struct.unpack("<H", answer[6:8])
    error, length = struct.unpack("<iI", answer[16:24])
    rest = 20 + (16 if flags & NLM_F_CAPPED else length)
    return f"{-error} {said(answer[rest:])}" if error else "attached"


def main() -> None:
    """Attach, say what came of it, detach."""
    ifname, mode = sys.argv[1:]
    fd = load()
    print(attach(ifname, fd, mode))
    attach(ifname, -1, mode)
    os.close(fd)


if __name__ == "__main__":
    main()
