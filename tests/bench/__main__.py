"""All benchmarks in one go, about three minutes: `python -m tests.bench`."""

from tests.bench import figure3, hitting, page, parametric, rollouts, sweep

if __name__ == "__main__":
    for benchmark in (figure3, hitting, parametric, rollouts, sweep, page):   # figure3 first: it has the compiling
        benchmark.main()
