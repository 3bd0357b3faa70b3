# SPDX-License-Identifier: GPL-2.0
"""The bench's own arithmetic, reports and refusals. Needs no guest."""

import json
import os
import pathlib
import re
import runpy
import subprocess
import sys
import threading
import xml.etree.ElementTree as ElementTree
from typing import Any

import pytest

from bench import allocations, comparison, flame, latency, native, page, perf
from bench import proctime, progress, quote, record, repeat, report, results
from bench import tables, traffic
from bench.record import Figure, Record, Row, Section
from tools import cache

pytestmark = pytest.mark.no_guest

LINE = "case={} segments=45 iterations=9 spread=0.10% median={} status=ok"


def figure(*samples: float, unit: str = "ns", limit: float = 10,
           better: str = "less") -> Figure:
    """Return a figure of *samples*."""
    return Figure(unit, samples, limit, better)


def bench(*samples: float, better: str = "less") -> Record:
    """Return a bench of one figure."""
    return Record({"commit": "abc", "begun": "today"}, [Section(
        "one", "Section one", "Text.", {"release": "6.12"},
        [Row("row", {"way": figure(*samples, better=better)}, parts=10)])])


def quiet(*_: object) -> None:
    """Say nothing."""


def steps() -> progress.Progress:
    """Return the progress of a measurement that has begun, and is quiet."""
    one = progress.Progress({}, quiet)
    one.begin("one")
    return one


def test_median_and_spread() -> None:
    """The median of what agrees; what does not, or is too little, has none."""
    good = figure(100, 101, 102, 103, 104)
    assert (good.median, good.why_not) == (102, "")
    assert good.spread == pytest.approx(100 * 2 / 102)
    wide = figure(50, 90, 100, 110, 500)
    assert wide.median is None and wide.spread == 20
    assert "unstable: spread 20 %" in report.cell(wide)
    few = figure(1, 1, 1, 1)
    assert few.median is None and "4 samples" in few.why_not
    assert figure(0, 0, 0, 0, 0).median == 0
    rare = figure(0, 0, 0, 5, 5)
    assert rare.median is None and rare.why_not == "unstable: 0 to 5"
    assert figure(-1, 0, 0, 0, 1).spread == 0


def test_what_is_near_nothing_is_stable() -> None:
    """A map more or less a MB is the same; two are not."""
    near = figure(0, 0, 0.4, 1, 8, unit="maps/MB")
    assert (near.median, near.spread) == (0.4, 0)
    assert figure(0, 0, 0.4, 2, 8, unit="maps/MB").median is None
    assert figure(0, 0, 0.4, 1, 8, unit="ns").median is None


def test_allocations_are_read_or_refused() -> None:
    """Octets by function, in order; a trace that ran over is no answer."""
    text = ("# entries-in-buffer/entries-written: {}/3   #P:2\n"
            " ip-7 [000] ..... 1.5: kmalloc: call_site=kvmalloc+0x2f/0x1b0 "
            "ptr=0 bytes_req=1000 bytes_alloc=1024 gfp_flags=GFP\n"
            " ip-7 [000] ..... 1.5: <stack trace>\n"
            " => kvmalloc\n => hgro_create\n"
            " ip-7 [000] ..... 1.6: kmalloc: call_site=other+0x2f/0x1b0 "
            "ptr=0 bytes_req=7 bytes_alloc=8 gfp_flags=GFP\n")
    assert allocations.parse(text.format(3)) == [
        (1024, ["kvmalloc", "hgro_create"]), (8, [])]
    for broken in (text.format(2), ""):
        with pytest.raises(ValueError, match="room"):
            allocations.parse(broken)


def test_repetitions_are_interleaved() -> None:
    """A B A B, the warm-up not among the samples; what fails is left out."""
    order = []

    def measure(choice: str) -> dict[str, float]:
        order.append(choice)
        if choice == "b" and len(order) > 5:
            raise ValueError("broken\n")
        return {"column": len(order)}

    turns = repeat.Repetitions("ab", 5, steps())
    taken = turns.run(measure, errors=(ValueError,))
    assert order[:6] == list("ababab") and order[6:] == list("aaa")
    assert taken == {"a": {"column": [3, 5, 7, 8, 9]}}
    assert turns.failed == {"b": "broken"}
    with pytest.raises(repeat.TooFew):
        repeat.Repetitions("ab", 4, steps())


def test_an_unexpected_error_is_not_hidden() -> None:
    """Only what a strategy may raise leaves a row out."""
    def broken(_: str) -> dict[str, float]:
        raise KeyError("no counter")

    with pytest.raises(KeyError, match="no counter"):
        repeat.Repetitions("a", 5, steps()).run(broken, errors=(ValueError,))


def test_progress_estimates_what_is_left() -> None:
    """By the guess at first, then by the pace of the steps."""
    now = [0.0]
    said: list[str] = []
    one = progress.Progress({"a": 120, "b": 60}, said.append, lambda: now[0])
    one.begin("a")
    assert one.left() == 180
    one.plan(4)
    now[0] = 10
    one.step("first")
    assert one.left() == pytest.approx(60 + 30)
    assert "1 of 4, first; about 1.5 min left" in said[-1]
    one.end()
    assert one.left() == 60 and one.took == {"a": 10}


def test_progress_of_what_runs_side_by_side() -> None:
    """Two threads have a lane each, and share what is left of theirs."""
    now = [0.0]
    one = progress.Progress({"alone": 60, "a": 120, "b": 80}, quiet,
                            lambda: now[0], {"a", "b"}, 2)
    assert one.left() == 60 + 100

    def measure(name: str) -> None:
        one.begin(name)
        both.wait()
        for _ in range(2):
            one.plan(2)
            one.step("first")
            one.step("second")
        both.wait()
        now[0] = 50
        one.end()

    both = threading.Barrier(2, timeout=10)
    threads = [threading.Thread(target=measure, args=(name,))
               for name in "ab"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert one.left() == 60 and one.took == {"a": 50, "b": 50}


def test_record_survives_its_file(tmp_path: pathlib.Path) -> None:
    """What is written is read again; what is no record is an error."""
    one = bench(1, 2, 2, 2, 3)
    one.sections[0].missing.append("identity: refused")
    path = tmp_path / "bench.json"
    record.save(one, path)
    assert record.load(path) == one
    value = json.loads(path.read_text(encoding="utf-8"))
    assert value["sections"][0]["rows"][0]["figures"]["way"]["median"] == 2
    for broken in ("", "[]", '{"format": 99}',
                   json.dumps({**value, "sections": [{}]}),
                   json.dumps({**value, "environment": 7})):
        path.write_text(broken, encoding="utf-8")
        with pytest.raises(record.RecordError, match="bench.json"):
            record.load(path)
    with pytest.raises(record.RecordError):
        record.load(tmp_path / "none")


def test_tables_show_every_suite() -> None:
    """Ways stand side by side; a suite nobody knows has its own table."""
    text = "\n".join(["segbench=1 unit=ns",
                      LINE.format("stock/skb-segment/tcpv4-45", "70000.0"),
                      LINE.format("hgso/reserved/tcpv4-45", "2000.0"),
                      LINE.format("new/way/input", "5.0"),
                      "case=new/other/input segments=45 status=error errno=5"])
    parsed = results.parse(text)
    taken = {one.name: {"ns": [one.median] * 5} for one in parsed
             if one.median is not None}
    found = tables.sections("uml", "Native", parsed, taken, {}, "ns", 1)
    assert [one.key for one in found] == ["uml.superpackets", "uml.new"]
    assert found[0].median("tcpv4-45", "skb_segment()") == 70000
    assert found[0].median("tcpv4-45", "hgso, room reserved") == 2000
    assert report.rows(found[0])[1][1] == "70,000 (1555.6)"
    assert "other: error 5" in report.remarks(found[1])[0]


def test_tables_have_keys_of_their_own() -> None:
    """Cases that no table names are not taken for the suite's table."""
    text = "\n".join(["segbench=1 unit=ns",
                      LINE.format("receive/gro-frags/one", "5.0"),
                      LINE.format("receive/new/one", "7.0")])
    parsed = results.parse(text)
    taken = {one.name: {"ns": [one.median] * 5} for one in parsed}
    found = tables.sections("uml", "Native", parsed, taken, {}, "ns", 1)
    assert [one.key for one in found] == ["uml.receive", "uml.receive-more"]


def test_passes_of_uml_are_complete() -> None:
    """A pass that is missing, or a complaint of the kernel, is an error."""
    log = "".join(f"SEGBENCH pass {n}\nsegbench=1 unit=ns\nx\nSEGBENCH end\n"
                  for n in range(2))
    assert native.split(log, 2) == ["segbench=1 unit=ns\nx\n"] * 2
    for broken, passes in ((log, 3), (log + "SEGBENCH: x does not load", 2),
                           (log + "BUG: kernel NULL pointer", 2)):
        with pytest.raises(results.ResultsError):
            native.split(broken, passes)


def test_reports_tell_all(tmp_path: pathlib.Path) -> None:
    """Text, Markdown and HTML hold figures, what is missing, and a plot."""
    one = bench(1200, 1200, 1210, 1200, 1200)
    one.sections[0].missing.append("identity: <refused>")
    one.sections.append(Section("two", "Section two", "", {}, [
        Row("wide", {"a": figure(1, 2, 3, 4, 5, limit=1),
                     "b": figure(1, 1, 1, 1, 1, unit="maps")}, "a note")]))
    for said in (report.text(one), report.markdown(one), page.html(one)):
        assert "1,200 (120.0)" in said and "unstable: spread 67 %" in said
        assert "refused" in said and "a note" in said and "abc" in said
    html = page.html(one)
    assert "<refused>" not in html and html.count("<svg") == 2
    for svg in re.findall(r"<svg.*?</svg>", html, re.S):
        ElementTree.fromstring(svg.replace("xlink:", ""))
    # The same bench gives the same page.
    assert html == page.html(one)


@pytest.mark.parametrize(("b", "better", "verdict"), [
    ((100,) * 5, "less", comparison.SAME),
    ((100.9,) * 5, "less", comparison.SAME),
    ((110,) * 5, "less", comparison.WORSE),
    ((90,) * 5, "less", comparison.BETTER),
    ((90,) * 5, "more", comparison.WORSE),
    ((90,) * 5, "", "changed"),
    # Beyond 1 %, but not beyond what repetitions differ by.
    ((98, 100, 103, 106, 108), "less", comparison.SAME),
    ((1, 50, 100, 200, 300), "less", comparison.UNKNOWN),
])
def test_comparison_judges(b: tuple[float, ...], better: str,
                           verdict: str) -> None:
    """Only what is beyond the noise is better or worse."""
    one, two = bench(*(100,) * 5, better=better), bench(*b, better=better)
    change, = comparison.compare(one, two)["one"]
    assert change.verdict == verdict
    assert bool(comparison.worse(one, two)) == (verdict == comparison.WORSE)


def test_compare_command(tmp_path: pathlib.Path) -> None:
    """It reads files and folders, names what differs, and can be strict."""
    command = str(cache.REPO / "bench" / "compare")
    for name, value in (("a", 100), ("b", 150)):
        (tmp_path / name).mkdir()
        one = bench(*(value,) * 5)
        one.environment["commit"] = name
        record.save(one, tmp_path / name / "bench.json")

    def run(*words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run([command, *words], text=True, check=False,
                              cwd=tmp_path, capture_output=True)

    done = run("a", "b/bench.json")
    assert done.returncode == 0 and "+50.0 %  WORSE" in done.stdout
    assert "commit: a | b" in done.stdout
    assert run("--strict", "a", "b").returncode == 1
    assert run("--strict", "b", "a").returncode == 0
    broken = run("a", "c")
    assert broken.returncode == 1 and "c" in broken.stderr


def test_quotes_come_from_the_bench() -> None:
    """Tables and figures are filled in; what is not there is an error."""
    one = bench(*(1234,) * 5)
    text = ("x\n<!-- bench: one, rows r* -->\nold\n<!-- end -->\n"
            "It is <!-- figure: one | row | way -->9<!-- end --> ns.\n"
            "A place is `<!-- bench: X -->`, `<!-- figure: A | B | C -->`.\n")
    new = quote.filled(text, one)
    assert "| row | 1,234 (123.4) | 0.0 % |" in new and "old" not in new
    assert "-->1,234<!-- end --> ns" in new and "release: 6.12" in new
    assert quote.filled(new, one) == new
    for broken in ("<!-- bench: two -->\n<!-- end -->",
                   "<!-- bench: one, rows z* -->\n<!-- end -->",
                   "<!-- bench: one -->\nno end",
                   "<!-- figure: one | row | none -->1<!-- end -->",
                   "<!-- bench: one, columns none -->\n<!-- end -->",
                   "<!-- figure: one | row -->1<!-- end -->"):
        with pytest.raises(quote.QuoteError):
            quote.filled(broken, one)


def test_quotes_narrow_and_compare() -> None:
    """Columns are chosen in the page's order; ratios need both figures."""
    one = bench(*(300,) * 5)
    row = one.sections[0].rows[0]
    row.figures["half"] = figure(*(150,) * 5)
    row.figures["wide"] = figure(1, 50, 100, 200, 300)
    text = quote.filled("<!-- bench: one, rows row, columns half; way -->\n"
                        "<!-- end -->\n", one)
    assert "| row | 150.0 (15.0) | 300.0 (30.0) |" in text
    place = "<!-- figure: one | row | way to {} -->x<!-- end -->"
    assert ">2<" in quote.filled(place.format("half"), one)
    with pytest.raises(quote.QuoteError, match="unstable"):
        quote.filled(place.format("wide"), one)


def test_quotes_of_several_benches() -> None:
    """A section is the last one with rows, and says of which bench it is."""
    one, two = bench(*(1,) * 5), bench(*(2,) * 5)
    two.environment["commit"] = "def"
    empty = bench(3)
    empty.sections[0].rows = []
    found = quote.merged([one, two, empty])
    assert found.sections[0].median("row", "way") == 2
    text = quote.filled("<!-- bench: one -->\n<!-- end -->\n", found)
    assert "commit: def" in text and "measured: today" in text
    # One that was quoted before keeps the commit that it was measured of.
    three = bench(*(3,) * 5)
    three.sections[0].key = "three"
    again = quote.merged([found, three])
    assert again.section("one").kernel["commit"] == "def"
    assert again.section("three").kernel["commit"] == "abc"
    three.environment["commit"] = "abc, changed"
    with pytest.raises(quote.QuoteError, match="commit first"):
        quote.merged([found, three])


def test_demo_is_quoted() -> None:
    """A page shows the demo's output whole, and a place misspelt is told."""
    text = quote.filled("<!-- demo -->\nold\n<!-- end -->\n", bench(1))
    assert text.splitlines()[1:-1] == [
        f"    {line}".rstrip() for line in
        quote.PRINTED.read_text(encoding="utf-8").splitlines()]
    with pytest.raises(quote.QuoteError):
        quote.filled("<!-- demo of\n<!-- end -->\n", bench(1))


def test_no_more_is_kept_than_is_quoted() -> None:
    """Rows, columns and sections that no page quotes are left out."""
    one = bench(*(300,) * 5)
    rows = one.sections[0].rows
    rows[0].figures["other"] = figure(*(150,) * 5)
    rows[0].figures["third"] = figure(*(50,) * 5)
    rows += [Row("second", dict(rows[0].figures)),
             Row("third", dict(rows[0].figures))]
    one.sections.append(Section("two", "", "", {}, [Row("row")]))
    text = ("<!-- bench: one, rows r*, columns other -->\n<!-- end -->\n"
            "<!-- figure: one | row | way each -->1<!-- end -->\n"
            "<!-- bench: one, rows second -->\n<!-- end -->\n")
    section, = (kept := quote.needed(one, text)).sections
    assert {row.name: list(row.figures) for row in section.rows} == {
        "row": ["way", "other"], "second": ["way", "other", "third"]}
    assert quote.filled(text, kept) == quote.filled(text, one)
    ratio = "<!-- figure: one | row | way to third -->1<!-- end -->"
    assert list(quote.needed(one, ratio).sections[0].rows[0].figures) == [
        "way", "third"]


def test_lint_sees_a_typed_figure(tmp_path: pathlib.Path) -> None:
    """A page whose figure was changed by hand is out of step."""
    one = bench(*(1234,) * 5)
    path = tmp_path / "page.md"
    path.write_text(quote.filled(
        "<!-- bench: one -->\n<!-- end -->\n", one), encoding="utf-8")
    assert quote.out_of_step(path, one) == ""
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace("1,234", "1,000"), encoding="utf-8")
    assert "should be | row | 1,234" in quote.out_of_step(path, one)
    assert quote.out_of_step(path, bench(*(1,) * 5))


READING = """\
@ /sys/kernel/debug/netdevsim/netdevsim1/ports/0/nic/driver/counters
tx_packets 7
@ /sys/kernel/debug/netdevsim/netdevsim2/ports/0/nic/hw/counters
busy_ns 30
@ /proc/timer_list
now at {now} nsecs
  .idle_sleeptime : 400 nsecs
{more}@ /proc/stat
cpu  1 2 3 4 5 0 0 0 0 0
cpu0 1 2 3 1 1 0 0 0 0 0
"""


def test_busy_is_what_was_not_idle() -> None:
    """To the nanosecond on one processor, by /proc/stat on several."""
    one = traffic.parse(READING.format(now=1000, more=""))
    assert (one.now, one.busy) == (1000, 600)
    assert one.left == {"driver.tx_packets": 7}
    assert one.right == {"hw.busy_ns": 30}
    two = READING.format(now=10**9, more="  .idle_sleeptime : 9 nsecs\n")
    two += "cpu1 1 2 3 3 4 0 0 0 0 0\n"
    assert traffic.parse(two).busy == 2 * 10**9 - 9 * 10**7
    for broken in ("", READING.format(now="?", more=""),
                   two.replace("cpu1", "gone"),
                   READING.replace("netdevsim2", "netdevsim3")):
        with pytest.raises((ValueError, KeyError)):
            traffic.parse(broken)


SCRIPT = """\
iperf3
\tffffffff81 copy_user_generic+0x1 ([kernel.kallsyms])
\tffffffff82 tcp_sendmsg+0x20 ([kernel.kallsyms])

nsim-hw/nic1
\tffffffff83 memcpy ([kernel.kallsyms])
\tffffffffc0 nic_thread_batch+0x5 (/x/netdevsim.ko.xz)

iperf3
\tffffffffc1 hgso_prepare (/lib/modules/6.12/updates/hgso.ko)
\tffffffffc2 nic_tx_hgso ([netdevsim])

swapper
\tffffffff84 pv_native_safe_halt ([kernel.kallsyms])

iperf3
\t    7f0011 [unknown] (/usr/bin/iperf3)
"""


def test_profile_groups_cost() -> None:
    """The innermost function that has a group decides; idle is no cost."""
    stacks = perf.parse(SCRIPT)
    assert [perf.group(stack) for stack in stacks] == [
        "copy", "modelled hardware", "segmentation", "idle", "programs"]
    assert ("iperf3", "tcp_sendmsg", "copy_user_generic") in stacks
    assert perf.grouped(stacks) == {"copy": 25, "segmentation": 25,
                                    "modelled hardware": 25, "programs": 25}
    assert ("hgso_prepare", 25.0) in perf.top(stacks)
    with pytest.raises(ValueError, match="no sample"):
        perf.parse("")


@pytest.mark.parametrize(("leaf", "group"), [
    ("skb_segment", "segmentation"), ("tso_build_hdr", "segmentation"),
    ("dma_map_page_attrs", "mapping"), ("nsim_map_pages", "mapping"),
    ("alloc_iova_fast", "mapping"), ("kmem_cache_alloc", "allocation"),
    ("skb_release_data", "allocation"), ("csum_partial", "checksum"),
    ("nic_poll", "driver"), ("tcp_ack", "stack"),
    ("__netif_receive_skb_core", "stack"), ("p9_client_rpc", "other kernel"),
    ("dev_gro_receive", "aggregation"), ("hgro_receive", "aggregation"),
    ("rep_movs_alternative", "copy")])
def test_groups_know_the_usual_functions(leaf: str, group: str) -> None:
    """The groups of functions that every profile has."""
    assert perf.group(("thread", "entry", leaf)) == group


def test_flame_graph_is_a_picture() -> None:
    """Boxes are as wide as their samples, inside that of their caller."""
    svg = flame.svg({("a", "b<c>"): 30, ("a",): 10}, "A title")
    root = ElementTree.fromstring(svg)
    space = "{http://www.w3.org/2000/svg}"
    boxes = {group.find(f"{space}title").text.partition(":")[0]:
             float(group.find(f"{space}rect").get("width"))
             for group in root.iter(f"{space}g")}
    assert boxes["all"] == boxes["a"]
    assert boxes["b<c>"] == pytest.approx(0.75 * boxes["a"])
    with pytest.raises(ValueError):
        flame.svg({}, "none")


def test_latency_is_read_or_refused() -> None:
    """What sockperf prints; a run that measured nothing is an error."""
    text = ("sockperf: Summary: Round trip is 91.1 usec\n"
            "sockperf: ---> percentile 99.000 =  300.5\n"
            "sockperf: ---> percentile 50.000 =   90.1\n"
            "avg-rtt=91.123 (std-dev=2)\n")
    assert latency.parse(text) == {"mean": 91.123, "median": 90.1,
                                   "99 %": 300.5}
    with pytest.raises(ValueError, match="no latency"):
        latency.parse("sockperf: ERROR: Connection refused")


@pytest.fixture
def live() -> dict[str, Any]:
    """The live view's functions."""
    return runpy.run_path(str(cache.REPO / "tools" / "live"))


def test_live_shows_what_changed(live: dict[str, Any],
                                 tmp_path: pathlib.Path,
                                 capsys: pytest.CaptureFixture[str]) -> None:
    """Ratios of one second; plain lines when it is no terminal."""
    words = live["cells"]("nic1", {
        "tx_hgso_skbs": 10, "tx_hgso_frames": 450, "tx_hgso_maps": 30,
        "hw_tx_frames": 500, "rx_packets": 90, "rx_hgro": 90,
        "rx_hgro_merged": 90, "rx_hgro_supers": 2, "rx_hgro_flush_ok": 1,
        "rx_hgro_flush_psh": 3}, 2.0)
    assert words == ("nic1", "5", "225", "45.00", "250", "3.00", "45",
                     "45.00", "psh 3, end of poll 1")
    path = tmp_path / "netdevsim7" / "ports" / "0" / "nic" / "driver"
    path.mkdir(parents=True)
    (path / "counters").write_text("tx_packets 5\n", encoding="ascii")
    device, = live["nics"](tmp_path)
    assert device.name == "netdevsim7/0"
    live["watch"]([device], 0.1, 2, False)
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 3 and "\x1b" not in "".join(lines)
    assert re.match(r"\d\d:\d\d:\d\d netdevsim7/0 +0 ", lines[1])
    (path / "counters").unlink()
    with pytest.raises(live["LiveError"]):
        device.read()


@pytest.mark.parametrize(("command", "words"), [
    ("bench/run", ["--repetitions", "4"]), ("bench/run", ["nothing"]),
    ("bench/run", ["--perf=x"]), ("bench/run", ["--here", "dma"]),
    ("bench/run", ["--interface", "eth0"]), ("bench/ports", ["nothing"]),
    ("bench/takeover", ["nothing"]), ("bench/takeover", ["--rounds", "0"]),
    ("bench/compare", []), ("tools/live", ["--interval", "nan", "eth0"]),
    ("tools/live", ["--count", "-1"])])
def test_bad_words_are_refused(command: str, words: list[str]) -> None:
    """They are refused before anything runs."""
    done = subprocess.run([cache.REPO / command, *words], text=True,
                          capture_output=True, check=False)
    assert done.returncode == 2 and "error:" in done.stderr


def test_processor_time_of_a_tree() -> None:
    """A process counts with its children, those that have ended too."""
    burn = "import os\nwhile sum(os.times()[:4]) < {}: pass"
    script = (f"import subprocess, sys\nsubprocess.run([sys.executable, '-c', "
              f"{burn.format(0.3)!r}])\n{burn.format(0.5)}\n"
              "print('done', flush=True)\nsys.stdin.read()")
    with subprocess.Popen([sys.executable, "-c", script], text=True,
                          stdin=subprocess.PIPE,
                          stdout=subprocess.PIPE) as process:
        assert process.stdout is not None and process.stdin is not None
        process.stdout.readline()
        assert proctime.used(process.pid) == pytest.approx(0.5, abs=0.1)
        assert proctime.used(os.getpid()) >= 0.4
        process.stdin.close()
    assert proctime.used(2**22) == 0
