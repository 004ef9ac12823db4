"""What every unit test may rely on: none inherits the working precision that another one left behind."""

from __future__ import annotations

from collections.abc import Iterator

import flint
import mpmath
import pytest


@pytest.fixture(autouse=True)
def _precision() -> Iterator[None]:
    before = mpmath.mp.prec, flint.ctx.prec
    yield
    mpmath.mp.prec, flint.ctx.prec = before
