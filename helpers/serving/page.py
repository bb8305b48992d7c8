"""The teacher's view of the queue."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from jinja2 import Environment, StrictUndefined

TEMPLATE = Environment(autoescape=True, undefined=StrictUndefined).from_string(
    """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="refresh" content="5">
<meta name="color-scheme" content="light dark">
<title>Queue: {{ waiting }} waiting</title>
<style>
  body { font: 1rem/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 50rem }
  table { border-collapse: collapse; width: 100% }
  th, td { padding: .3rem .8rem; text-align: right; border-bottom: 1px solid #8886 }
  th:first-child, td:first-child { text-align: left; overflow-wrap: anywhere }
</style>
<h1>{{ model }}</h1>
<p>{{ waiting }} waiting, {{ drawing }} being drawn, on {{ replicas }} replica(s);
{{ broken }} batch(es) broke off and were drawn again.</p>
<table>
<thead><tr><th>Class / learner<th>Waiting<th>Being drawn<th>Pictures so far
<tbody>{% for row in rows %}
<tr>{% for cell in row %}<td>{{ cell }}{% endfor %}{% endfor %}
</table>
"""
)


def page(
    model: str, replicas: int, counts: Mapping[str, int], rows: Sequence[tuple[str, int, int, int]]
) -> str:
    """The page as HTML; it loads itself again every five seconds.

    Args:
        model: what is drawn with.
        replicas: how many draw.
        counts: of the room.
        rows: learner, requests that wait, that are drawn, and pictures so far.
    """
    return TEMPLATE.render(model=model, replicas=replicas, rows=rows, **counts)
