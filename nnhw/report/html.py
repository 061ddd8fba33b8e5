# SPDX-License-Identifier: Apache-2.0
"""``report.html``: one page for people, with nothing loaded from elsewhere."""

from collections.abc import Iterable, Sequence
from html import escape
from pathlib import Path
from typing import Any

from nnhw.report.contract import RESOURCES, Report
from nnhw.report.tables import LAYER_COLUMNS, layer_rows, shape_text, timing_text, verify_rows

__all__ = ["render_html", "write_html"]

_STYLE = """
:root { --ink: #1c2430; --soft: #5d6b7c; --line: #dde3ea; --card: #fff; --page: #f4f6f9;
  --accent: #0b6bcb; --good: #187a3d; --bad: #b3261e; }
@media (prefers-color-scheme: dark) { :root { --ink: #e4e9f0; --soft: #9aa8b8; --line: #2d3743;
  --card: #1a212a; --page: #11161c; --accent: #6cb2ff; --good: #62c98a; --bad: #ff8a80; } }
body { font: 15px/1.5 system-ui, sans-serif; color: var(--ink); background: var(--page);
  margin: 0 auto; padding: 2rem 1.2rem; max-width: 1080px; }
h1 { font-size: 1.6rem; margin: 0; } h2 { font-size: 1.1rem; margin: 2rem 0 .6rem; }
.sub { color: var(--soft); margin: .2rem 0 1.4rem; }
.cards { display: grid; grid-template-columns: repeat(auto-fit, minmax(150px, 1fr)); gap: .8rem; }
.card { background: var(--card); border: 1px solid var(--line); border-radius: 10px;
  padding: .8rem 1rem; } .card b { display: block; font-size: 1.35rem; color: var(--accent); }
.card span { color: var(--soft); font-size: .85rem; }
.wide { overflow-x: auto; background: var(--card); border: 1px solid var(--line);
  border-radius: 10px; } table { border-collapse: collapse; width: 100%; }
th, td { padding: .4rem .8rem; text-align: right; white-space: nowrap; }
th { color: var(--soft); font-weight: 600; font-size: .82rem; }
tr + tr td { border-top: 1px solid var(--line); } td:first-child, th:first-child,
td:nth-child(2), th:nth-child(2) { text-align: left; }
.good { color: var(--good); } .bad { color: var(--bad); } li { margin: .2rem 0; }
"""


def write_html(report: Report, folder: Path) -> None:
    """Write ``report.html`` into a build folder."""
    (folder / "report.html").write_text(render_html(report), encoding="utf-8")


def render_html(report: Report) -> str:
    """The whole page."""
    title = f"{report['model']} on {report['target']}"
    timing = escape(timing_text(report))
    body = "\n".join([
        f"<h1>{escape(title)}</h1>",
        f"<p class=sub>nnhw {escape(report['version'])}, io {escape(report['io'])}, {timing}</p>",
        _cards(report),
        "<h2>Ports</h2>", _ports(report),
        "<h2>Layers</h2>", _table(LAYER_COLUMNS, layer_rows(report)),
        "<h2>Verification</h2>", _verification(report),
        "<h2>Synthesis</h2>", _synthesis(report["synth"]),
        _notes(report["notes"]),
    ])
    return (f"<!doctype html>\n<html lang=en>\n<meta charset=utf-8>\n"
            f"<meta name=viewport content='width=device-width'>\n<title>{escape(title)}</title>\n"
            f"<style>{_STYLE}</style>\n{body}\n</html>\n")


def _cards(report: Report) -> str:
    clock, interval = report["clock_mhz"], report["interval_cycles"]
    latency = report["latency_cycles"]
    cards = {"latency, cycles": _text(latency), "interval, cycles": _text(interval)}
    if latency is not None:
        cards[f"latency at {clock:g} MHz"] = f"{latency * 1000 / clock:,.0f} ns"
    if interval:
        cards[f"inferences/s at {clock:g} MHz"] = f"{clock * 1e6 / interval:,.0f}"
    multipliers = [layer["multipliers"] for layer in report["layers"]]
    known = [number for number in multipliers if number is not None]
    cards |= {f"{name}, estimated": f"{report['estimate'][key]:,}"
              for key, name in zip(RESOURCES, LAYER_COLUMNS[-5:], strict=True)
              if report.get("estimate", {}).get(key) is not None}
    cards["multipliers"] = f"{sum(known):,}" if known else "unknown"
    return "<div class=cards>" + "".join(
        f"<div class=card><b>{escape(value)}</b><span>{escape(name)}</span></div>"
        for name, value in cards.items()) + "</div>"


def _ports(report: Report) -> str:
    rows = [[port["name"], way, shape_text(port["shape"]), port["type"]]
            for way, ports in (("in", report["inputs"]), ("out", report["outputs"]))
            for port in ports]
    return _table(["name", "way", "shape", "type"], rows)


def _verification(report: Report) -> str:
    if report["verify"]["samples"] is None:
        return "<p class=sub>Not verified yet: run <code>nnhw verify</code> on this folder.</p>"
    wrong = any(report["verify"][key] for key in ("rtl_mismatches", "hls_mismatches"))
    verdict = ("<p class=bad>Engines differ.</p>" if wrong else
               "<p class=good>Every output word is equal.</p>")
    return verdict + _table(["figure", "value"], verify_rows(report))


def _synthesis(runs: Sequence[dict[str, Any]]) -> str:
    if not runs:
        return "<p class=sub>Not synthesized.</p>"
    keys = ("target", "part", "tool", "lut", "ff", "dsp", "bram", "carry", "fmax_mhz", "seconds")
    return _table(keys, [[_text(run.get(key)) for key in keys] for run in runs])


def _notes(notes: Sequence[str]) -> str:
    if not notes:
        return ""
    return "<h2>Notes</h2><ul>" + "".join(f"<li>{escape(note)}</li>" for note in notes) + "</ul>"


def _table(heads: Iterable[str], rows: Iterable[Sequence[str]]) -> str:
    head = "".join(f"<th>{escape(name)}</th>" for name in heads)
    body = "".join("<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in row) + "</tr>"
                   for row in rows)
    return f"<div class=wide><table><tr>{head}</tr>{body}</table></div>"


def _text(value: Any) -> str:
    return "unknown" if value is None else str(value)
