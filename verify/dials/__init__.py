"""The dials of the critique: one assumption changed at a time, and what becomes of the gap.

`dial` says what a dial is, `common` has the learners with nothing changed, the other modules have the dials by topic,
`map` the rows of them all, `kept` where rows are kept. A new dial goes into the module of its topic, at the end of its
DIALS; nothing else lists them. Everything is deterministic; what a dial asserts is checked by its claims.
"""
