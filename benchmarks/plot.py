"""The scaling curve as a picture."""

import io
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

import matplotlib as mpl
from benchmarks.machine import summary
from matplotlib.figure import Figure

TITLE = "Seconds of a proof by the number of constraints"


def draw(document: Mapping[str, Any], path: Path) -> None:
    """Medians with lowest and highest, and n log n from the first size on; both axes are logarithmic."""
    result = document["curve"]
    points = result["points"]
    sizes = [point["constraints"] for point in points]
    figure = Figure(figsize=(7, 4.2), layout="constrained")
    axes = figure.add_subplot()
    axes.plot(sizes, result["n_log_n"], linestyle="--", color="#888888", label="n log n from the first size")
    medians = [point["median"] for point in points]
    below = [point["median"] - point["lowest"] for point in points]
    above = [point["highest"] - point["median"] for point in points]
    label = f"median, lowest and highest (grows as n^{result['exponent']:.2f})"
    axes.errorbar(sizes, medians, [below, above], marker="o", capsize=3, color="#2266aa", label=label)
    axes.set_xscale("log", base=2)
    axes.set_yscale("log")
    axes.set_xlabel("constraints")
    axes.set_ylabel("seconds")
    axes.set_title(TITLE)
    axes.grid(visible=True, which="both", color="#e5e5e5")
    axes.legend()
    path.write_text(_described(figure, _description(document)), encoding="utf-8")


def _description(document: Mapping[str, Any]) -> str:
    points = document["curve"]["points"]
    figures = ", ".join(f"{point['constraints']:,} in {point['median']:.2f} s" for point in points)
    return f"{figures}. Measured on {summary(document['machine'])}."


def _described(figure: Figure, description: str) -> str:
    """SVG with a description for those who cannot see it; the same bytes for the same figures."""
    buffer = io.StringIO()
    with mpl.rc_context({"svg.fonttype": "none", "svg.hashsalt": TITLE}):
        figure.savefig(buffer, format="svg", metadata={"Title": TITLE, "Date": None})
    title, rest = buffer.getvalue().split("</title>", 1)
    return f"{title}</title>\n <desc>{escape(description)}</desc>{rest}"
