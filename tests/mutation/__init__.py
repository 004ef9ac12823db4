"""The mutation run over the formulas of theory/."""
