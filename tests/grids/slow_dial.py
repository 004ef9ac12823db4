"""A dial that logs the end of every cell, and whose cells can take their time, fail, or kill their process."""

import os
import signal
import time
from fractions import Fraction
from pathlib import Path

from verify.dials.common import standard
from verify.dials.dial import Cost, Critical, Dial

LOG = Path(os.environ.get("SLOW_LOG", "cells.log"))
VALUES = ("plain", "slow", "raises", "dies", "dies once", "edits", Fraction(1, 2), 0.25)


def cost(learner, value, maze):
    if value == "raises" and maze.K % 2 and not LOG.with_name("repaired").exists():
        raise ZeroDivisionError(f"K = {maze.K} is odd\nand this is a second line")
    if value == "dies" and maze.K == 2:
        os.kill(os.getpid(), signal.SIGKILL)
    if value == "dies once" and not LOG.with_name("died").exists():
        LOG.with_name("died").touch()
        os.kill(os.getpid(), signal.SIGKILL)
    if value == "edits":
        with open(__file__, "a") as source:
            source.write("# changed\n")
        import verify.report  # noqa: F401  (a module that loads only now)
    if value == "slow":
        time.sleep(0.04)
    if value == 0.25:
        found = {"base": Cost(None, None, words="nothing says"), "RLVR": Cost(2.5, None, "computed, within 1e-9"),
                 "distilled": Cost(float("inf"), None)}.get(learner, standard(learner, maze))
    else:
        found = standard(learner, maze)
    with LOG.open("a") as log:                               # one write of a line: no two mix
        log.write(f"{os.getpid()} {value} {learner} {maze.W} {maze.K} {maze.L}\n")
    return found


DIALS = (Dial("slow", 0, "Who waits?", "tests", "how", VALUES, cost, (), lambda profile: Critical(None, "exact", "")),)
