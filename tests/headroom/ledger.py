# SPDX-License-Identifier: GPL-2.0
"""The DMA ledger: who mapped what, and what was done wrong with it.

``with ledgers(pair) as (left, right)`` opens those of both NICs. Then

    with left.expected({"hgso_map": [9302, 32768, 18500]}, packets=2):
        ...                     # sends two such packets

says which maps are made meanwhile, to the octet, or in numbers alone:
``{"hgso_map": 3}``. What is made more or less is explained map by map.
"""

import collections
import contextlib
import dataclasses
import re
import time
from collections.abc import Iterator, Mapping, Sequence

from headroom.nic import Nic
from headroom.pair import Pair

TO_DEVICE, FROM_DEVICE = "to-device", "from-device"
FAULT = re.compile(r"^kind (\S+) .*? by (\S+) ", re.M)
OWNER = re.compile(r"^maps (\d+) unmaps (\d+) live (\d+) bytes (\d+) by (\S+)",
                   re.M)
MAP = re.compile(r"^map (\d+) addr \S+ len (\d+) dir (\S+) kind (\S+) "
                 r"age_us \S+ by (.*?)(?: unmapped_by .*)?$", re.M)
WHERE = re.compile(r"\+0x[0-9a-f]+/0x[0-9a-f]+|(?: \[\w+\])")
SETTLE = 5.0
Wanted = Mapping[str, int | Sequence[int]]


class WrongMaps(AssertionError):
    """Other maps were made than a test has said."""


@dataclasses.dataclass(frozen=True)
class Map:
    """A map: octets, direction, and who made it, callers behind it."""

    number: int
    length: int
    direction: str
    owner: str

    @property
    def kind(self) -> tuple[int, str]:
        """Return what maps have in common that are made for like packets."""
        return self.length, self.owner


def maps_of(text: str) -> dict[int, Map]:
    """Return the streaming maps that lines of live and gone tell of."""
    return {int(number): Map(int(number), int(length), direction,
                             WHERE.sub("", owner))
            for number, length, direction, kind, owner in MAP.findall(text)
            if kind == "streaming"}


def describe(count: int, length: int, owner: str) -> str:
    """Return a line about so many maps."""
    return f"{count} of {length} octets by {owner}"


def shares(wanted: int | Sequence[int], packets: int,
           made: list[Map]) -> list[str]:
    """Return how maps of one owner differ from what was wanted of it."""
    if isinstance(wanted, int):
        if len(made) == wanted * packets:
            return []
        kinds = collections.Counter(one.kind for one in made)
        return [f"{len(made)} maps, not {wanted} for each of {packets} "
                "packets:", *(f"  {describe(count, *kind)}"
                              for kind, count in kinds.most_common())]
    left = collections.Counter(list(wanted) * packets)
    more: collections.Counter[tuple[int, str]] = collections.Counter()
    for one in made:
        if left[one.length] > 0:
            left[one.length] -= 1
        else:
            more[one.kind] += 1
    return [*(f"missing: {count} of {length} octets"
              for length, count in sorted((+left).items())),
            *(f"more: {describe(count, *kind)}"
              for kind, count in sorted(more.items()))]


def explain(wanted: Wanted, packets: int, made: Sequence[Map],
            ignore: str = "") -> str:
    """Return what is wrong with the maps *made*, or an empty string.

    *wanted* has, by what is to be found among an owner and its callers, how
    many maps a packet takes or the octets of each; no others may be made but
    those by *ignore*.
    """
    by_owner: dict[str, list[Map]] = {name: [] for name in wanted}
    others: collections.Counter[tuple[int, str]] = collections.Counter()
    for one in made:
        for name, found in by_owner.items():
            if re.search(name, one.owner):
                found.append(one)
                break
        else:
            if not ignore or not re.search(ignore, one.owner):
                others[one.kind] += 1
    said = []
    for name, found in by_owner.items():
        if lines := shares(wanted[name], packets, found):
            said += [f"by {name}:", *(f"  {line}" for line in lines)]
    if others:
        said += ["by nobody who was named:",
                 *(f"  more: {describe(count, *kind)}"
                   for kind, count in sorted(others.items()))]
    return "\n".join(said)


class Ledger:
    """The DMA ledger of a NIC."""

    def __init__(self, nic: Nic) -> None:
        self.nic = nic

    def counters(self) -> dict[str, int]:
        """Return what it counted since it was opened."""
        return {name: int(value) for name, value in
                (line.split() for line in
                 self.nic.read("dma/counters").splitlines())}

    def faults(self) -> list[str]:
        """Return the lines of the newest faults."""
        return self.nic.read("dma/faults").splitlines()

    def kinds(self) -> collections.Counter[str]:
        """Return how many of the newest faults are of each kind."""
        return collections.Counter(
            match[1] for line in self.faults()
            if (match := FAULT.match(line)))

    def live(self) -> list[str]:
        """Return a line for each map that there is now."""
        return self.nic.read("dma/live").splitlines()

    def maps_by(self) -> collections.Counter[str]:
        """Return how many maps were made by each chain of callers."""
        return collections.Counter({
            match[5]: int(match[1])
            for match in OWNER.finditer(self.nic.read("dma/owners"))})

    def made(self) -> int:
        """Return how many maps and allocations were made so far."""
        counted = self.counters()
        return counted["maps"] + counted["allocs"]

    def since(self, first: int, direction: str = TO_DEVICE) -> list[Map]:
        """Return the maps made since made() was *first*, in order.

        Raises LookupError when some are forgotten: the ledger remembers the
        last 1024 that were unmapped.
        """
        # One that is unmapped meanwhile is in the second file at the latest.
        text = "\n".join(self.nic.read(f"dma/{name}")
                         for name in ("live", "gone"))
        numbers = {int(match[1]) for match in MAP.finditer(text)}
        until = max(numbers, default=-1) + 1
        if lost := set(range(first, until)) - numbers:
            raise LookupError(f"{len(lost)} of {until - first} maps are "
                              "forgotten: send less at a time")
        return [one for number, one in sorted(maps_of(text).items())
                if number >= first and one.direction == direction]

    @contextlib.contextmanager
    def expected(self, wanted: Wanted, packets: int = 1,
                 ignore: str = "", direction: str = TO_DEVICE
                 ) -> Iterator[None]:
        """These maps are made within, for each of so many packets.

        See explain(). Raises WrongMaps, which says who made which maps more or
        less.
        """
        first = self.made()
        yield
        deadline = time.monotonic() + SETTLE
        while (wrong := explain(wanted, packets, self.since(first, direction),
                                ignore)) and time.monotonic() < deadline:
            time.sleep(0.1)
        if wrong:
            raise WrongMaps(f"{self.nic.ifname}, {packets} packets:\n{wrong}")


@contextlib.contextmanager
def ledgers(pair: Pair, sums: bool = True) -> Iterator[tuple[Ledger, Ledger]]:
    """Open the ledgers of both NICs, complete: nothing is mapped before.

    With *sums*, what is sent is checked for changes. On the way out a driver's
    bug and a wire's rate are taken back.
    """
    pair.down()
    for nic in pair.nics:
        nic.write("dma/open", 1)
        nic.write("dma/sums", int(sums))
    pair.up()
    left, right = Ledger(pair.left), Ledger(pair.right)
    assert left.counters()["complete"], "something was mapped when down"
    try:
        yield left, right
    finally:
        pair.down()
        for nic in pair.nics:
            nic.write("driver/bug", "none")
            nic.write("dma/open", 0)
            nic.write("wire/rate_bps", 0)
        pair.up()
