"""The report: the page, tables, figures, verdicts and notes, all read from the registry and the evidence.

    write       everything into a directory
    page        index.html: its data, and the templates, styles, scripts and libraries that it is made of
                headline (what is told first), told and wording (sentences above charts), maprows and grounds (the map),
                typeset (formulas in statements), curves (what charts show, for matplotlib's figures too)
    rows        a claim as one JSON object
    bill        the rows of the bill's table; runs its learners
    figures     matplotlib's figures; critique: tables and figures of the critique map
    docs        the generated parts of README and paper_notes/: opening (of each note), note (critique.md)
    onepage     the summary in an anonymous bundle (`verify.bundle`)

Nothing here computes a verdict or states a formula of its own.
"""
