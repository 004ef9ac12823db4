"""Ranges of integers as text: '2:16', both ends included, or '2:16:2'. The grid's file and the command line read them.

Not covered: lists ('2,4,8' on the command line, [2, 4, 8] in a file), which their readers take apart themselves.
"""

from __future__ import annotations

from theory.numeric import InputError, integer


def integers(text: str, name: str, *, least: int, most: int, count: int) -> list[int]:
    """The integers of a range, each from `least` to `most`, `count` of them at most.

    Errors: `InputError` that opens with `name` and shows the text, or the value out of bounds.

    >>> integers("2:6", "W", least=1, most=9, count=9), integers("2:7:2", "W", least=1, most=9, count=9)
    ([2, 3, 4, 5, 6], [2, 4, 6])
    """
    shown = repr(text) if len(text) <= 60 else f"{text[:57]!r}..."
    try:
        first, last, *steps = (int(part) for part in text.split(":"))
        (step,) = steps or [1]
        if step < 1:
            raise ValueError
    except ValueError:
        raise InputError(f"{name} = {shown}: not a range; write \"2:16\" or \"2:16:2\"") from None
    if last < first:
        raise InputError(f"{name} = {shown}: an empty range")
    size = (last - first) // step + 1
    if size > count:
        raise InputError(f"{name} = {shown}: {size} values; {count} are the most")
    for end in (first, first + (size - 1) * step):
        integer(end, name, least, most)
    return list(range(first, last + 1, step))
