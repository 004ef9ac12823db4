"""The report: tables, figures, verdicts and a summary page, all read from the registry and the evidence.

`rows` has a claim as one JSON object, `bill` has the rows of the bill's table and runs its learners, `figures` draws,
`critique` has the tables and figures of the critique map and `note` its note, `docs` renews the documents' generated
parts, `write` puts everything into a directory. Nothing here computes a verdict or states a formula of its own.
"""
