"""Sweeps over declared grids: thousands of cells, each computed once, kept, and never lost.

    grid     a TOML file -> cells, or a refusal that names the key
    cells    one cell -> its result, a function of its declaration alone
    store    results in SQLite, by the hash of the declaration and of the sources
    engine   what is missing in the store is computed, by workers
    local    workers that are processes of this machine
    cluster  workers of a Dask cluster
    export   the rows of a grid as Parquet, CSV or JSON

Not covered: what is worth sweeping (`verify.dials`, `verify.training`), the command (`verify.cli_sweep`).
"""
