"""Charts as SVG in a page: no script, no address, text in the page's own font."""

import sys
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

import pygal
from pygal.style import Style

from pipeline.render.words import seen

# pygal's finder of map plugins lacks find_spec, and each later import warns of it on Python 3.11; we draw no maps
sys.meta_path[:] = [one for one in sys.meta_path if not isinstance(one, pygal.PluginImportFixer)]

WIDTH, HEIGHT = 900, 280
LABELS = 12  # as many fit below the axis
COLOURS = ("#2f6fde", "#f2994a", "#27ae60", "#9b51e0", "#eb5757", "#2bb3c0", "#b7950b", "#8a94a3")
_GREY = "#e3e6ea"
_STYLE = Style(
    background="transparent",
    plot_background="transparent",
    foreground="#333",
    foreground_strong="#111",
    foreground_subtle="#999",
    font_family="inherit",
    label_font_size=12,
    major_label_font_size=12,
    value_font_size=12,
    opacity="1",
    opacity_hover="1",
    guide_stroke_color=_GREY,
    major_guide_stroke_color=_GREY,
    guide_stroke_dasharray="0",
    major_guide_stroke_dasharray="0",
    colors=COLOURS,
)


def stacked(name: str, labels: Sequence[str], series: Mapping[str, Sequence[Decimal]]) -> str:
    """Bars of several parts in the order of `COLOURS`; the page draws the legend."""
    return _drawn(pygal.StackedBar, name, labels, series)


def bars(name: str, labels: Sequence[str], values: Sequence[Decimal]) -> str:
    """Plain bars."""
    return _drawn(pygal.Bar, name, labels, {"": values})


def line(name: str, labels: Sequence[str], values: Sequence[Decimal | None]) -> str:
    """A line with gaps where there is no value."""
    return _drawn(pygal.Line, name, labels, {"": values}, dots_size=2.5)


def _drawn(
    kind: Any,  # noqa: ANN401 pygal has no types
    name: str,
    labels: Sequence[str],
    series: Mapping[str, Sequence[Decimal | None]],
    **options: object,
) -> str:
    every = -(-len(labels) // LABELS)
    chart = kind(
        width=WIDTH, height=HEIGHT, style=_STYLE, js=(), disable_xml_declaration=True, margin=6, spacing=6,
        show_minor_x_labels=False, x_labels_major_every=every, truncate_label=-1, show_legend=False,
        max_scale=6, include_x_axis=True,
        value_formatter=lambda value: f"{value:,.0f}", no_data_text="无数据", **options,
    )  # fmt: skip
    chart.uuid = name  # else a random one: the same figures make the same page
    chart.add_xml_filter(without_scripts)
    chart.x_labels = list(labels)
    for title, values in series.items():
        chart.add(seen(title), [None if value is None else float(value) for value in values])  # drawn, never added up
    svg: str = chart.render()
    return svg


def without_scripts(root: Any) -> Any:  # noqa: ANN401 an element tree, of lxml where that is installed
    """Remove scripts, comments and what else a page without network cannot use."""
    for parent in list(root.iter()):
        for child in list(parent):
            if not isinstance(child.tag, str) or child.tag.rpartition("}")[2] == "script":
                parent.remove(child)
    return root
