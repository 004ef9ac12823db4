"""The report: tables, figures, verdicts and a summary page, all read from the registry and the evidence.

`rows` has a claim as one JSON object, `figures` draws, `write` puts everything into a directory. Nothing here computes
a verdict or states a formula of its own.
"""
