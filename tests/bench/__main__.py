"""All benchmarks in one go, about three minutes: `python -m tests.bench`."""

from tests.bench import figure3, hitting, parametric, rollouts, sweep

if __name__ == "__main__":
    for benchmark in (figure3, hitting, parametric, rollouts, sweep):   # Figure 3 first: it shows the time to compile
        benchmark.main()
