# SPDX-License-Identifier: GPL-2.0
"""Known super-packets, sent each way: same frames, and what each way costs."""

import pathlib

import pytest

from headroom import capture, iperf, superpacket, tap, transfer
from headroom.counters import Counters
from headroom.nic import TX_STRATEGIES
from headroom.pair import Pair

# About the longest that the stack hands to a device (64 KiB with its headers),
# one segment and an octet, exact multiples.
LENGTHS = (1449, 60000, 1, 1448, 2896, 65440, 30001, 7240, 14481, 50000,
           1447, 4344)
SEGMENT = {4: 1448, 6: 1428}
SEED = 20261121
ROW = {"tso-lib": "tso_lib", "hgso": "hgso", "tso-hw": "tso_hw"}
PAGE = 4096
# Pages in the largest frag of a packet socket's super-packet.
LARGEST = 8


def fewest_frags(payload: int) -> int:
    """Return the page frags that a packet socket fills with *payload* octets.

    It takes the largest power of 2 of pages that still fits, and smaller ones
    when it gets none. What fits into a page with its headers stays linear.
    """
    pages = -(-payload // PAGE)
    if pages == 1:
        return 0
    return pages // LARGEST + (pages % LARGEST).bit_count()


def send_known(pair: Pair, family: int, vlan: int, seed: int = SEED) -> None:
    """Send the known super-packets from the left NIC."""
    superpacket.send(pair.left, family, vlan, seed, SEGMENT[family], LENGTHS)


def frames_sent(pair: Pair, path: pathlib.Path, strategy: str, family: int,
                vlan: int) -> tuple[list[bytes], Counters]:
    """Send with *strategy*; return our frames and the left NIC's counters."""
    pair.reset(tx=strategy)
    before = pair.counters()
    with capture.wire(pair.left, path) as wire:
        send_known(pair, family, vlan)
    counted = (pair.counters() - before).left
    # Neighbour discovery may speak at any time; it has other addresses.
    return [frame for frame in wire.frames()
            if frame.startswith(superpacket.DESTINATION)], counted


@pytest.mark.parametrize("vlan", [0, 7], ids=["untagged", "tagged"])
@pytest.mark.parametrize("family", [4, 6])
def test_frames_are_the_stacks(pair: Pair, out: pathlib.Path, family: int,
                               vlan: int) -> None:
    """On the wire each strategy's frames are skb_segment()'s, octet for octet.

    hgso's maps are known too: what TSO hardware needs, one for the linear
    part and one a page frag.
    """
    frames = {}
    maps = {}
    gso = [n for n in LENGTHS if n > SEGMENT[family]]
    for strategy in TX_STRATEGIES:
        path = out / f"{strategy}.pcap"
        frames[strategy], counted = frames_sent(pair, path, strategy, family,
                                                vlan)
        capture.check(path, tags=1 if vlan else 0)
        if strategy == "gso":
            assert counted["driver.tx_super_packets"] == 0
            continue
        maps[strategy] = counted[f"driver.tx_{ROW[strategy]}_maps"]
        # A packet socket's are untrusted: the library and the hardware do not
        # check headers (no NETIF_F_GSO_ROBUST), so the stack segments those.
        expected = len(gso) if strategy == "hgso" else 0
        assert counted["driver.tx_super_packets"] == expected
    segments = [-(-n // SEGMENT[family]) for n in LENGTHS]
    assert len(frames["gso"]) == sum(segments)
    for strategy in TX_STRATEGIES[1:]:
        assert len(frames[strategy]) == len(frames["gso"])
        for number, (ours, stacks) in enumerate(
                zip(frames[strategy], frames["gso"], strict=True)):
            assert ours == stacks, f"{strategy}: frame {number} differs"
    fewest = sum(1 + fewest_frags(n) for n in gso)
    assert fewest <= maps["hgso"] <= sum(1 + -(-n // PAGE) for n in gso)


def maps_per_super_packet(pair: Pair, strategy: str) -> tuple[float, float]:
    """Stream with *strategy*; return maps and frames per super-packet."""
    pair.reset(tx=strategy)
    before = pair.counters()
    iperf.stream(pair, 4)
    counted = (pair.counters() - before).left
    row = f"driver.tx_{ROW[strategy]}"
    supers = counted[f"{row}_skbs"]
    assert supers > 10
    return counted[f"{row}_maps"] / supers, counted[f"{row}_frames"] / supers


def test_maps_of_a_stream(pair: Pair) -> None:
    """A stream's super-packets: hgso maps them as TSO hardware does.

    TCP's payload is in page frags of 32 KiB, so a super-packet of 64 KB has
    three at most and needs four maps with its headers; not each is of that
    size, hence the tolerance. tso-lib maps each segment's payload by itself,
    so it needs as many as there are segments: a stream's super-packets have
    more than twenty of them on average, hence four times as many is far from
    what is measured, but nothing that hgso could reach if it mapped segments.
    """
    with iperf.server(pair):
        hgso, frames = maps_per_super_packet(pair, "hgso")
        hardware, _ = maps_per_super_packet(pair, "tso-hw")
        library, _ = maps_per_super_packet(pair, "tso-lib")
    print(f"maps per super-packet: hgso {hgso:.2f}, tso-hw {hardware:.2f}, "
          f"tso-lib {library:.2f}; {frames:.1f} frames")
    assert hgso <= 4.5
    assert hgso == pytest.approx(hardware, rel=0.25)
    assert library >= 4 * hgso


@pytest.mark.debug("hgso")
@pytest.mark.parametrize("strategy", ["hgso", "tso-hw"])
def test_tap_sees_the_original(pair: Pair, strategy: str) -> None:
    """tcpdump on the device holds clones; not an octet of them changes.

    Every header that hgso sees is then cloned, so it must write elsewhere:
    each head is expanded. The file that tcpdump saw is the one that was sent.
    """
    sent = transfer.payload(pair.host, transfer.MIB)
    pair.reset(tx=strategy)
    before = pair.counters()
    port = f"tcp dst port {transfer.PORT}"
    with tap.tapped(pair.left, *port.split()) as seen:
        transfer.send(pair, 4, sent)
        said = seen.stop()
        packets = tap.packets(seen.path)
    assert "\n0 packets dropped by kernel" in said, said
    counted = (pair.counters() - before).left
    if strategy == "hgso":
        assert counted["driver.tx_hgso_prepared"] > 0
        assert counted["driver.tx_hgso_expanded"] == counted[
            "driver.tx_hgso_prepared"]
    # Super-packets; how large depends on how fast the machine is.
    assert any(len(packet) > 1514 for packet in packets)
    stream = tap.stream4(packets)
    octets = len(stream)
    assert octets == sent.octets
    original = (pair.host.share / pathlib.Path(sent.path).name).read_bytes()
    # No comparison that prints a megabyte when it fails.
    same = stream == original
    assert same, "tcpdump saw other octets than were sent"
