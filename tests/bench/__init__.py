"""Benchmarks against other programs: times and wrong digits. `make bench`, or `python tests/bench/hitting.py`.

One thread for everyone, settled here since numpy must not have been imported before. With few or busy cores BLAS
threads wait for one another, 100 ms a small solve, and every other method is single-threaded anyway.
"""

import os

for variable in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(variable, "1")
