# SPDX-License-Identifier: GPL-2.0
"""A bench's report as one HTML page that needs nothing but itself."""

from html import escape

from bench import plots, report
from bench.record import Figure, Record, Row, Section

STYLE = """
body { font: 15px/1.45 sans-serif; margin: 2em auto; max-width: 78em;
       padding: 0 1em; color: #222; }
table { border-collapse: collapse; margin: 1em 0; }
th, td { padding: .2em .7em; border-bottom: 1px solid #ddd; text-align: right;
         font-variant-numeric: tabular-nums; }
th:first-child, td:first-child { text-align: left; }
thead th { border-bottom: 2px solid #888; vertical-align: bottom; }
.none { color: #a33; }
.small { color: #666; font-size: 85%; }
svg { max-width: 100%; height: auto; }
nav li { display: inline-block; margin-right: 1.5em; }
"""


def cell(figure: Figure | None, row: Row) -> str:
    """Return a table cell; what it is the median of shows under the mouse."""
    if figure is None:
        return f"<td>{report.NOTHING}</td>"
    samples = ", ".join(f"{sample:g}" for sample in figure.samples)
    spread = f"spread {figure.spread:.2f} %" if len(figure.samples) > 1 else ""
    title = escape(f"{spread}; samples, {figure.unit}: {samples}", quote=True)
    kind = "" if figure.median is not None else ' class="none"'
    return (f'<td title="{title}"{kind}>'
            f"{escape(report.cell(figure, row.parts))}</td>")


def table(section: Section) -> str:
    """Return the table of a section."""
    columns = section.columns()
    heads = [report.unit(section), *report.heads(section), "widest spread"]
    lines = ["<table><thead><tr>"
             + "".join(f"<th>{escape(head)}</th>" for head in heads)
             + "</tr></thead><tbody>"]
    for row in section.rows:
        lines.append(f"<tr><td>{escape(row.name)}</td>" + "".join(
            cell(row.figures.get(name), row) for name in columns)
            + f"<td>{report.widest(row)}</td></tr>")
    return "\n".join([*lines, "</tbody></table>"])


def section_html(section: Section) -> str:
    """Return one section: what it is, plot, table, remarks."""
    parts = [f'<h2 id="{escape(section.key)}">{escape(section.title)}</h2>']
    if section.text:
        parts.append(f"<p>{escape(section.text)}</p>")
    if section.rows:
        parts += [plots.plot(section), table(section)]
    if remarks := report.remarks(section):
        parts.append("<ul>" + "".join(f"<li>{escape(line)}</li>"
                                      for line in remarks) + "</ul>")
    if section.kernel:
        parts.append(f'<p class="small">{escape(report.pairs(section.kernel))}'
                     "</p>")
    return "\n".join(parts)


def html(record: Record) -> str:
    """Return the whole page."""
    links = "".join(f'<li><a href="#{escape(one.key)}">{escape(one.title)}'
                    "</a></li>" for one in record.sections)
    facts = "".join(f"<tr><td>{escape(key)}</td><td>{escape(value)}</td></tr>"
                    for key, value in record.environment.items())
    body = "\n".join(section_html(one) for one in record.sections)
    return f"""<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8">
<title>Headroom: what it costs</title><style>{STYLE}</style></head><body>
<h1>Headroom: what it costs</h1>
<p>Medians of interleaved repetitions; in brackets, of one segment or packet.
Whiskers are quartiles; the samples show under the mouse. Where repetitions are
too far apart there is no figure.</p>
<nav><ul>{links}</ul></nav>
<table>{facts}</table>
{body}
</body></html>
"""
