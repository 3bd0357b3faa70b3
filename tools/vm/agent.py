# SPDX-License-Identifier: GPL-2.0
"""A client of qemu-guest-agent, over the socket of its serial port."""

import base64
import json
import pathlib
import socket
import time
from typing import Any


class AgentError(Exception):
    """The agent refused a command."""


class AgentSilent(AgentError):
    """The agent did not answer in time: the guest hangs or is gone."""


class Agent:
    """One connection to the agent of one guest."""

    def __init__(self, sock: socket.socket) -> None:
        self.sock = sock
        self.buffer = b""

    @classmethod
    def at(cls, path: pathlib.Path) -> "Agent":
        """Return a connection to the socket at *path*. Raises OSError."""
        sock = socket.socket(socket.AF_UNIX)
        try:
            sock.connect(str(path))
        except OSError:
            sock.close()
            raise
        return cls(sock)

    def close(self) -> None:
        """Drop the connection."""
        self.sock.close()

    def line(self, deadline: float) -> bytes:
        """Return one line of an answer, or raise AgentSilent."""
        while b"\n" not in self.buffer:
            left = deadline - time.monotonic()
            if left <= 0:
                raise AgentSilent("the guest agent does not answer")
            self.sock.settimeout(left)
            try:
                more = self.sock.recv(1 << 16)
            except TimeoutError:
                continue
            except OSError as error:
                raise AgentSilent(f"the guest is gone: {error}") from error
            if not more:
                raise AgentSilent("the guest is gone")
            self.buffer += more
        line, self.buffer = self.buffer.split(b"\n", 1)
        return line

    def send(self, message: bytes) -> None:
        """Send *message*, or raise AgentSilent."""
        try:
            self.sock.settimeout(10)
            self.sock.sendall(message)
        except OSError as error:
            raise AgentSilent(f"the guest is gone: {error}") from error

    def sync(self, timeout: float) -> None:
        """Throw away what is left of older answers (0xff resets the agent)."""
        deadline = time.monotonic() + timeout
        token = time.monotonic_ns() & 0x7fffffff
        request = {"execute": "guest-sync-delimited",
                   "arguments": {"id": token}}
        self.send(b"\xff" + json.dumps(request).encode() + b"\n")
        while True:
            line = self.line(deadline).rpartition(b"\xff")[2]
            try:
                if json.loads(line).get("return") == token:
                    return
            except ValueError:
                continue

    def call(self, command: str, timeout: float = 30,
             **arguments: Any) -> Any:
        """Run an agent's *command* and return its answer.

        Raises AgentError when refused, AgentSilent after *timeout* seconds.
        """
        request = {"execute": command, "arguments": {
            name.replace("_", "-"): value
            for name, value in arguments.items()}}
        deadline = time.monotonic() + timeout
        self.send(json.dumps(request).encode() + b"\n")
        while True:
            answer = json.loads(self.line(deadline).rpartition(b"\xff")[2])
            if "error" in answer:
                raise AgentError(answer["error"].get("desc", str(answer)))
            if "return" in answer:
                return answer["return"]

    def start(self, path: str, args: list[str], timeout: float = 30) -> int:
        """Start a program in the guest and return its pid."""
        return int(self.call("guest-exec", timeout, path=path, arg=args,
                             capture_output=False)["pid"])

    def status(self, pid: int, timeout: float = 30) -> int | None:
        """Return the exit status of *pid*, None while it runs.

        A signal is 128 + its number, as in a shell.
        """
        answer = self.call("guest-exec-status", timeout, pid=pid)
        if not answer["exited"]:
            return None
        if "signal" in answer:
            return 128 + int(answer["signal"])
        return int(answer.get("exitcode", 0))

    def write(self, path: str, content: bytes, timeout: float = 30) -> None:
        """Write a guest's file, of at most 4096 octets in one write(2).

        Raises AgentError with the kernel's reason when it is refused.
        """
        handle = self.call("guest-file-open", timeout, path=path, mode="w")
        try:
            self.call("guest-file-write", timeout, handle=handle,
                      buf_b64=base64.b64encode(content).decode("ascii"))
            # The agent buffers, so that it is here that the kernel refuses.
            self.call("guest-file-flush", timeout, handle=handle)
        finally:
            try:
                self.call("guest-file-close", timeout, handle=handle)
            except AgentSilent:
                raise
            except AgentError:
                # What was refused once is refused again on closing.
                pass

    def read(self, path: str, timeout: float = 30) -> bytes:
        """Return the content of a guest's file."""
        handle = self.call("guest-file-open", timeout, path=path, mode="r")
        content = b""
        try:
            while True:
                part = self.call("guest-file-read", timeout, handle=handle,
                                 count=1 << 16)
                content += base64.b64decode(part["buf-b64"])
                if part["eof"]:
                    return content
        finally:
            self.call("guest-file-close", timeout, handle=handle)
