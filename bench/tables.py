# SPDX-License-Identifier: GPL-2.0
"""How segbench's results stand side by side: a table has inputs as rows and
ways as columns.

A suite that no table here names has a table of its own, with its cases as
columns; so a new suite shows up without a word here.
"""

import dataclasses
from collections.abc import Sequence

from bench.record import Figure, Row, Section
from bench.repeat import Samples
from bench.results import Result


@dataclasses.dataclass(frozen=True)
class Table:
    """``ways`` are suite/case and what the column is called."""

    key: str
    title: str
    text: str
    ways: dict[str, str]


TABLES = (
    Table("superpackets", "TCP super-packets",
          "2 to 45 segments; payload in page frags of 32 KB or 4 KB, or "
          "linear. All but prepare-iterate free what they made.", {
              "stock/skb-segment": "skb_segment()",
              "stock/tso-lib": "tso.c",
              "hgso/prepare-iterate": "hgso prepare-iterate",
              "hgso/reserved": "hgso, room reserved",
              "hgso/expand": "hgso, head expanded",
              "hgso/tapped": "hgso, header shared",
              "unpack/sg": "hgso_unpack()"}),
    Table("mapped", "TCP super-packets, with their maps",
          "From the driver's first look to the last unmap, behind the "
          "emulated IOMMU; skb_segment() maps each buffer of each segment, "
          "tso.c each piece of payload, hgso each buffer of the super-packet, "
          "whose head has room for the headers. Only skb_segment() has skbs "
          "of its own to free.", {
              f"mapped/{case}-{mode}": f"{name}, {mode}"
              for mode in ("strict", "lazy", "identity")
              for case, name in (("skb-segment", "skb_segment()"),
                                 ("tso-lib", "tso.c"), ("hgso", "hgso"))}),
    Table("copied", "TCP super-packets for a device without scatter-gather",
          "All payload is copied, all checksums are finished.", {
              "unpack/skb-segment-copy": "skb_segment()",
              "unpack/copy": "hgso_unpack()"}),
    Table("kinds", "Every kind of super-packet",
          "ring and headroom are where the headers go; callback is "
          "hgso_walk_segments(). The csum columns are for a device that "
          "finishes no checksums.", {
              "kinds/skb-segment": "skb_segment()",
              "kinds/tso-lib": "tso.c",
              "kinds/headroom": "hgso headroom",
              "kinds/ring": "hgso ring",
              "kinds/callback": "hgso callback",
              "kinds/skb-segment-csum": "skb_segment() csum",
              "kinds/finish-csum": "hgso csum"}),
    Table("receive", "Receiving, up to a handler that frees",
          "frags, pages and skbs are what a driver hands over. poll-N: a "
          "poll's packets, of one flow. never: small ones, each of another "
          "flow. fF-each-N: polls of 64 packets of F flows, N of each flow "
          "that is in a poll. flows-F: F flows in turn, and polls never end. "
          "size-N: frames of N octets, 32 a poll.", {
              "receive/none-skbs": "none, skbs",
              "receive/gro-frags": "gro, frags",
              "receive/hgro-pages": "hgro, pages",
              "receive/lro-pages": "LRO, pages",
              "receive/gro-skbs": "gro, skbs",
              "receive/hgro-skbs": "hgro, skbs",
              "receive/lro-skbs": "LRO, skbs",
              "receive/fill-frags": "fill frags only",
              "receive/fill-pages": "fill pages only",
              "receive/fill-skbs": "fill skbs only"}),
    Table("batch", "Receiving all descriptors of a poll at once, by hgro",
          "Each frame is copied to memory of its own first. Rows as in "
          "receiving.", {
              "receive/hgro-batch": "in order",
              "receive/hgro-sorted": "sorted by hash",
              "receive/hgro-ahead": "headers fetched four ahead"}),
    Table("dma", "A map and an unmap, behind the emulated IOMMU",
          "By hgso_map() and hgso_unmap(), headers and all buffers; no two "
          "buffers are neighbours in memory.", {
              f"dma/{way}-{mode}": f"{name}, {mode}"
              for mode in ("strict", "lazy")
              for way, name in (("pieces", "buffer by buffer"),
                                ("range", "one range"))}),
    Table("forward", "Forwarding: merged by hgro, taken apart by hgso", "", {
        "forward/reserved": "hgro left room",
        "forward/expand": "head expanded"}),
)
# Beyond what a column of the tables holds: what of it is not the engine's.
BASELINES = Table(
    "baselines", "What of it is cloning, expanding and freeing alone", "", {
        "hgso/clone-free": "clone and free",
        "hgso/clone-expand-free": "clone, expand, free",
        "hgso/tapped-expand-free": "the same, header shared",
        "unpack/least": "allocate and free segments"})


def tables(results: Sequence[Result]) -> list[Table]:
    """Return our tables, and one for each suite that they do not name."""
    known = [*TABLES, BASELINES]
    named = {way for table in known for way in table.ways}
    others: dict[str, dict[str, str]] = {}
    for result in results:
        if result.case not in named:
            suite, _, case = result.case.partition("/")
            others.setdefault(suite, {})[result.case] = case
    keys = {table.key for table in known}
    return known + [Table(f"{suite}-more" if suite in keys else suite,
                          f"Suite {suite}", "", ways)
                    for suite, ways in others.items()]


def row_of(name: str, ways: dict[str, str], results: Sequence[Result],
           taken: dict[str, Samples], unit: str, limit: float) -> Row:
    """Return the row of the input *name*."""
    row, notes = Row(name), []
    for way, column in ways.items():
        full = f"{way}/{name}"
        result = next((one for one in results if one.name == full), None)
        if result is None:
            continue
        row.parts = result.segments
        if samples := taken.get(full, {}).get(unit):
            row.figures[column] = Figure(unit, tuple(samples), limit)
        else:
            notes.append(f"{column}: {result.why()}")
    row.note = "; ".join(notes)
    return row


def sections(prefix: str, title: str, results: Sequence[Result],
             taken: dict[str, Samples], kernel: dict[str, str], unit: str,
             limit: float) -> list[Section]:
    """Return a section for each table that has a row.

    *results* are of any one pass, and tell what there is; *taken* has the
    samples of all.
    """
    found = []
    for table in tables(results):
        inputs = dict.fromkeys(result.input for result in results
                               if result.case in table.ways)
        rows = [row_of(name, table.ways, results, taken, unit, limit)
                for name in inputs]
        if rows:
            found.append(Section(f"{prefix}.{table.key}",
                                 f"{title}: {table.title}", table.text,
                                 kernel, rows))
    return found
