"""A small maze as a drawing: one SVG element, a string, drawn in the page's own text colour.

The fork stands at the left, a branch goes right in a row of its own, the target's first: a line for every single edge,
L bows for the parallel edges of a diamond, a ring at the target leaf. Depth is drawn to scale; widths are not.

Imports only strings (`theory.markup`). Not covered: mazes of more than MOST edges, which are not drawn at all rather
than in part; the walker.
"""

from __future__ import annotations

from theory.markup import Html, tag

MOST = 200                       # edges of the largest maze that is drawn
STEP, BOW = 26, 5                # pixels an edge is long; how far parallel edges stand apart


def edges(W: int, K: int, L: int) -> int:
    """Edges of the maze: W(K(L+1)+1).

    >>> edges(3, 2, 2)
    21
    """
    return W * (K * (L + 1) + 1)


def maze_svg(W: int, K: int, L: int, target: int = 0) -> Html | None:
    """The maze as an SVG element; None for one of more than MOST edges.

    >>> maze_svg(3, 2, 2).count("<path"), maze_svg(15, 15, 5)
    (21, None)
    """
    if edges(W, K, L) > MOST:
        return None
    tall, length = max(18, BOW * (L - 1) + 12), 2 * K + 1
    left, height, middle = 12, W * tall + 4, (W * tall + 4) / 2
    first = left + 1.6 * STEP                            # where the branches' rows begin
    shapes = []
    for branch in range(W):
        y = 2 + tall * (branch + 0.5)
        x = [first + STEP * i for i in range(length)]
        shapes.append(_path(f"M{left} {middle:g}L{x[0]:g} {y:g}"))
        for depth in range(1, length):
            near, far = x[depth - 1], x[depth]
            bows = [BOW * 2 * (copy - (L - 1) / 2) for copy in range(L)] if depth % 2 else [0.0]
            # a quadratic curve rises half as far as its control point
            shapes += [_path(f"M{near:g} {y:g}Q{(near + far) / 2:g} {y + bow:g} {far:g} {y:g}") for bow in bows]
        shapes += [_dot(place, y, 2) for place in x[:-1]]
        shapes += [_dot(x[-1], y, 2.5)]
        if branch == target:
            shapes.append(_dot(x[-1], y, 6, fill="none", stroke="currentColor", stroke_width="1.5"))
    shapes.append(_dot(left, middle, 4))
    width, words = first + STEP * (length - 1) + 10, f"maze of {W} branches of {K} diamonds of {L} parallel edges"
    return tag("svg", tag("title", f"{words}; ring: the target leaf of branch {target}"), *shapes,
               xmlns="http://www.w3.org/2000/svg", role="img", aria_label=words, width=f"{width:g}",
               height=f"{height:g}", viewBox=f"0 0 {width:g} {height:g}")


def _path(line: str) -> Html:
    return tag("path", d=line, fill="none", stroke="currentColor", stroke_width="1")


def _dot(x: float, y: float, r: float, **looks: str) -> Html:
    return tag("circle", cx=f"{x:g}", cy=f"{y:g}", r=f"{r:g}", **(looks or {"fill": "currentColor"}))
