"""What every unit test may use: `fails`, and a working precision that no other test left behind."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import flint
import mpmath
import pytest

from theory.numeric import InputError


@pytest.fixture(autouse=True)
def _precision() -> Iterator[None]:
    before = mpmath.mp.prec, flint.ctx.prec
    yield
    mpmath.mp.prec, flint.ctx.prec = before


@pytest.fixture
def fails() -> Callable[..., None]:
    """fails(call, *pieces): the call raises `InputError` in one line, which shows every piece."""
    def check(call: Callable[[], Any], *pieces: str) -> None:
        with pytest.raises(InputError) as caught:
            call()
        message = str(caught.value)
        assert message and "\n" not in message
        for piece in pieces:
            assert piece in message, message

    return check
