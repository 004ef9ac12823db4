"""Learners that really run: tabular softmax policies on the full multigraph, trained by sampling or by dense algebra.

They share no code with `theory.hitting` and `theory.dynamics`, whose witnesses they are.
"""
