"""References for a writeup: the paper and this companion as BibTeX, to be cited as PAPER and COMPANION.

They say what CITATION.cff says, which a test holds them to. Not covered: any other work.
"""

from __future__ import annotations

PAPER, COMPANION = "wei2026provable", "backtrackcompanion"
OURS = "% Written by `backtrack tables`, which replaces it when it is run again."
BIB = OURS + r"""
@inproceedings{wei2026provable,
  author        = {Wei, Stanley and Kim, Juno},
  title         = {{Provable Benefits of RLVR over SFT for Reasoning Models: Learning to Backtrack Efficiently}},
  booktitle     = {International Conference on Machine Learning (ICML)},
  year          = {2026},
  note          = {arXiv:2606.22938},
  eprint        = {2606.22938},
  archiveprefix = {arXiv}
}

@misc{backtrackcompanion,
  author = {{The backtrack-companion authors}},
  title  = {{backtrack-companion: numerical checks of Provable Benefits of RLVR over SFT for Reasoning Models}},
  year   = {2026},
  note   = {Software, version 0.5.0}
}
"""
