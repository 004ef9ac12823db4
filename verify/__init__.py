"""Whether what `theory` claims is so: Hypothesis-driven checks against exact solves and learners that really run."""
