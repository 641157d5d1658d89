"""Draw the charts of cards (VChart specs): bars and lines over named steps, about as the client does."""

from collections.abc import Sequence
from typing import Any

from markupsafe import Markup, escape

WIDTH, HEIGHT = 360, 180
LEFT, RIGHT, TOP, BOTTOM = 44, 8, 10, 22  # for the axes
LABELS_MOST = 7
BARS = ("bar",)


def svg(spec: dict[str, Any]) -> Markup:
    """Draw a chart; nothing without values. A null is a gap."""
    data = spec.get("data")
    values = data.get("values") if isinstance(data, dict) else None
    if not isinstance(values, list) or not values:
        return Markup("")
    steps = [str(value.get(spec.get("xField", ""), "")) for value in values]
    figures = [_figure(value.get(spec.get("yField", ""))) for value in values]
    top = max([figure for figure in figures if figure is not None], default=0) or 1
    drawn = _bars(figures, top) if spec.get("type") in BARS else _line(figures, top)
    head = f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img" data-values="{len(values)}">'
    return Markup(head + _grid(top) + drawn + _labels(steps) + "</svg>")  # noqa: S704 - foreign text is escaped


def _figure(value: object) -> float | None:
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None


def _x(place: float, count: int) -> float:
    """The middle of a step."""
    return LEFT + (place + 0.5) * (WIDTH - LEFT - RIGHT) / count


def _y(figure: float, top: float) -> float:
    return HEIGHT - BOTTOM - figure / top * (HEIGHT - TOP - BOTTOM)


def _grid(top: float) -> str:
    lines = []
    for share in (0.0, 0.5, 1.0):
        y = _y(top * share, top)
        lines.append(f'<line x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y:.1f}" y2="{y:.1f}"/>')
        lines.append(f'<text x="{LEFT - 4}" y="{y + 3:.1f}" text-anchor="end">{top * share:,.0f}</text>')
    return "".join(lines)


def _bars(figures: Sequence[float | None], top: float) -> str:
    width = 0.6 * (WIDTH - LEFT - RIGHT) / len(figures)
    return "".join(
        f'<rect x="{_x(place, len(figures)) - width / 2:.1f}" y="{_y(figure, top):.1f}" width="{width:.1f}"'
        f' height="{_y(0, top) - _y(figure, top):.1f}"><title>{figure:,.2f}</title></rect>'
        for place, figure in enumerate(figures)
        if figure is not None
    )


def _line(figures: Sequence[float | None], top: float) -> str:
    pieces: list[list[str]] = [[]]
    for place, figure in enumerate(figures):
        if figure is None:
            pieces.append([])
        else:
            pieces[-1].append(f"{_x(place, len(figures)):.1f},{_y(figure, top):.1f}")
    drawn = (" ".join(piece) for piece in pieces if piece)
    return "".join(f'<polyline points="{one}"/>' for one in drawn)


def _labels(steps: Sequence[str]) -> str:
    every = -(-len(steps) // LABELS_MOST)
    return "".join(
        f'<text x="{_x(place, len(steps)):.1f}" y="{HEIGHT - 6}" text-anchor="middle">{escape(step)}</text>'
        for place, step in enumerate(steps)
        if place % every == 0
    )


def number(value: object, form: dict[str, Any] | None) -> str:
    """Format a number by its column's `format`: symbol, precision, separator."""
    figure, given = _figure(value), form or {}
    if figure is None:
        return "" if value is None else str(value)
    precision = given.get("precision")
    shown = f"{figure:{',' if given.get('separator') else ''}.{precision}f}" if precision is not None else f"{value}"
    return f"{given.get('symbol', '')}{shown}"
