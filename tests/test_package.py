# SPDX-License-Identifier: GPL-2.0
"""The package's own checks notice what they are there for. Needs no guest."""

import pathlib
import struct

import pytest

from headroom import capture, counters, cputime, demo, iperf, ledger, pair
from headroom import superpacket, tap, testbed, transfer

pytestmark = pytest.mark.no_guest


def pcap(path: pathlib.Path, frames: list[bytes]) -> pathlib.Path:
    """Write a capture as the wire does."""
    data = struct.pack("=IHHiIII", capture.MAGIC_NS, 2, 4, 0, 0, 65535, 1)
    for frame in frames:
        data += struct.pack("=IIII", 0, 0, len(frame), len(frame)) + frame
    path.write_bytes(data)
    return path


def segment(family: int, payload: bytes, vlan: int = 0) -> bytearray:
    """Return a good frame: the checksum is finished as hardware would."""
    frame, headers = superpacket.frame(family, vlan, 1, superpacket.ACK,
                                       payload)
    start = headers - 32
    total = superpacket.fold(frame[start:])
    return bytearray(frame[:start + 16] + struct.pack("!H", total ^ 0xffff)
                     + frame[start + 18:])


@pytest.mark.parametrize("family", [4, 6])
def test_capture_accepts_good_frames(tmp_path: pathlib.Path,
                                     family: int) -> None:
    """A right frame, with and without a tag, is right to tshark."""
    path = pcap(tmp_path / "good.pcap",
                [segment(family, b"x" * 100), segment(family, b"y", vlan=7)])
    verdict = capture.check(path, tags=1)
    assert (verdict.frames, verdict.tcp, verdict.tagged) == (2, 2, 1)
    assert verdict.payload == 101


@pytest.mark.parametrize(("at", "why"), [
    (24, "ip.checksum"), (50, "tcp.checksum"), (80, "tcp.checksum")])
def test_capture_notices_a_changed_octet(tmp_path: pathlib.Path, at: int,
                                         why: str) -> None:
    """Of the IP header's checksum, TCP's, and the payload."""
    frame = segment(4, b"x" * 100)
    frame[at] ^= 1
    with pytest.raises(capture.BadCapture, match=why):
        capture.check(pcap(tmp_path / "bad.pcap", [bytes(frame)]))


def test_capture_notices_long_and_missing(tmp_path: pathlib.Path) -> None:
    """A frame longer than the MTU, a cut one, and none at all."""
    long = pcap(tmp_path / "long.pcap", [bytes(segment(4, b"x" * 1449))])
    with pytest.raises(capture.BadCapture, match="1515 octets"):
        capture.check(long)
    capture.check(long, mtu=1501)
    cut = pcap(tmp_path / "cut.pcap", [bytes(segment(4, b"x" * 100))[:-1]])
    with pytest.raises(capture.BadCapture):
        capture.check(cut)
    with pytest.raises(capture.BadCapture, match="empty"):
        capture.check(pcap(tmp_path / "none.pcap", []))
    one = capture.Capture(pcap(tmp_path / "one.pcap", [b"1" * 60]))
    one.wait_for(1)
    with pytest.raises(capture.BadCapture, match="1 frames, not 2"):
        one.wait_for(2, timeout=0.2)


def test_transfer_notices_a_changed_file() -> None:
    """Another hash, and another length."""
    sent = transfer.Payload("/x", 3, "00")
    transfer.Arrival(3, "00", 1).check(sent)
    for arrival in (transfer.Arrival(3, "01", 1),
                    transfer.Arrival(4, "00", 1)):
        with pytest.raises(transfer.HashMismatch):
            arrival.check(sent)


def test_tap_notices_missing_and_changed_octets() -> None:
    """A stream is whole and the same in each copy, or it is an error."""
    def packet(number: int, flags: int, data: bytes) -> bytes:
        frame = segment(4, data)
        frame[38:42] = struct.pack("!I", number)
        frame[47] = flags
        return bytes(frame)

    syn = packet(2**32 - 3, 2, b"")
    good = [packet(2**32 - 2, 16, b"abcd"), packet(2, 16, b"ef"), syn]
    assert tap.stream4(good) == b"abcdef"
    assert tap.stream4([*good, packet(0, 16, b"cdefgh")]) == b"abcdefgh"
    with pytest.raises(AssertionError, match="differ"):
        tap.stream4([*good, packet(0, 16, b"cdxf")])
    with pytest.raises(AssertionError, match="missing"):
        tap.stream4([good[0], packet(3, 16, b"f"), syn])


def test_counters_are_read_and_never_invented() -> None:
    """What is there is read; what is not there is an error, not 0."""
    text = ("Inter-|   Receive |  Transmit\n face |bytes packets\n"
            "    lo: 9 9 9 9 0 0 0 0 9 9 9 9 0 0 0 0\n"
            "  nic1:1 2 3 4 0 0 0 0 5 6 7 8 0 0 0 0\n")
    link = counters.link_counters(text, "nic1")
    assert list(link.values()) == [1, 2, 3, 4, 5, 6, 7, 8]
    assert link["link.rx_dropped"] == 4
    assert link["link.tx_bytes"] == 5
    with pytest.raises(KeyError, match="nic2"):
        counters.link_counters(text, "nic2")
    found = counters.Counters({
        **counters.parse("driver", "NIC statistics:\n     tx_maps: 5\n"),
        **counters.parse("hw", "tx_frames 3\n")})
    assert found == {"driver.tx_maps": 5, "hw.tx_frames": 3}
    with pytest.raises(KeyError, match="no counter"):
        found["hw.rx_frames"]
    with pytest.raises(KeyError):
        found.total("wire.*")
    assert (found - found)["hw.tx_frames"] == 0


def test_testbed_notices_a_map_that_is_left() -> None:
    """A single map without its unmap is enough."""
    names = [f"driver.tx_{kind}_{what}" for what in ("maps", "unmaps")
             for kind in ("dma", "plain", "tso_lib", "hgso", "tso_hw")]
    side = counters.Counters(dict.fromkeys(names, 9))
    assert testbed.unbalanced("left", side) == []
    side["driver.tx_hgso_maps"] += 1
    assert len(testbed.unbalanced("left", side)) == 1
    none = counters.Counters({"iommu.faults": 0, "hw.dma_faults": 0})
    one = counters.Counters({"iommu.faults": 1, "hw.dma_faults": 0})
    assert testbed.pair_faults(pair.PairCounters(none, none)) == 0
    assert testbed.pair_faults(pair.PairCounters(none, one)) == 1


def test_processor_time_is_told_apart() -> None:
    """Ticks of all but idle, less what the hardware halves worked."""
    text = "100\ncpu  10 0 20 500 7 0 30 0 0 0\nbusy_ns 200000000\n"
    spent = cputime.parse(text)
    assert (spent.busy, spent.hardware) == (0.6, 0.2)
    assert spent.driver == pytest.approx(0.4)
    with pytest.raises(ValueError, match="hardware"):
        cputime.parse("100\ncpu  1 1 1 1 1 1 1 1\n")


def test_demo_row() -> None:
    """A row of the table: rates by octets, maps by super-packets."""
    row = demo.Row("hgso", 6, iperf.Stream(5e8, 250_000_000, 0, 4),
                   cputime.CpuTime(busy=3, hardware=1), supers=100,
                   frames=4500, maps=500, super_maps=400, faults=0,
                   file="same")
    assert row.cells() == ("hgso", "6", "500", "8.0", "4.0", "100", "4500",
                           "4.00", "2", "0", "same")
    none = demo.dataclasses.replace(row, strategy="gso", supers=0)
    assert demo.complaints([row, none]) == []
    for change in ({"file": "DIFFERS"}, {"faults": 1}, {"frames": 0},
                   {"supers": 0}):
        bad = demo.dataclasses.replace(row, **change)
        assert len(demo.complaints([row, bad])) == 1, change
    assert none.cells()[7] == "-"
    widths = {len(demo.line(cells)) for cells in (
        row.cells(), none.cells(), demo.HEADING, demo.HEADING2)}
    assert len(widths) == 1


LIVE = """\
map 7 addr 0x1 len 4096 dir from-device kind streaming age_us 9 by a+0x1/0x2
map 8 addr 0x2 len 100 dir to-device kind streaming age_us 9 by \
head+0x1/0x2 [hgso]<-hgso_map+0x3/0x4 [hgso]
map 9 addr 0x3 len 64 dir both kind coherent age_us 9 by ring+0x1/0x2
map 10 addr 0x4 len 200 dir to-device kind streaming age_us 9 by \
frag+0x1/0x2 [hgso]<-hgso_map+0x3/0x4 [hgso] unmapped_by gone+0x1/0x2
"""


def test_ledger_explains_maps() -> None:
    """More, fewer and other maps are said with octets and owner."""
    maps = ledger.maps_of(LIVE)
    assert sorted(maps) == [7, 8, 10]
    made = [maps[8], maps[10]]
    assert made[1].owner == "frag<-hgso_map"
    assert not ledger.explain({"hgso_map": [200, 100]}, 1, made)
    assert not ledger.explain({"hgso_map": 1}, 2, made)
    assert not ledger.explain({"^frag": 1}, 1, made, ignore="^head")
    wrong = ledger.explain({"hgso_map": [100, 300]}, 1, made)
    assert "missing: 1 of 300 octets" in wrong
    assert "more: 1 of 200 octets by frag<-hgso_map" in wrong
    wrong = ledger.explain({"hgso_map": 2}, 2, made)
    assert "2 maps, not 2 for each of 2 packets" in wrong
    wrong = ledger.explain({"^frag": 1}, 1, made)
    assert wrong == ("by nobody who was named:\n"
                     "  more: 1 of 100 octets by head<-hgso_map")
