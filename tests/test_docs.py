"""What is generated is up to date, and what the README says to type works."""

import doctest
import re
import shlex
from pathlib import Path

import pytest

from verify.evidence import SHIPPED, load
from verify.report.docs import documents, filled

HOME = Path(__file__).parent.parent
README = (HOME / "README.md").read_text(encoding="utf-8")


def test_the_shipped_evidence_belongs_to_these_sources():
    assert load(SHIPPED), "stale: run make evidence"


def test_generated_parts_are_current():
    for path, text in documents(load(SHIPPED)).items():
        assert path.read_text(encoding="utf-8") == text, f"{path.name} is stale: run make readme"


def test_a_missing_mark_is_named():
    with pytest.raises(ValueError, match="generated: counts"):
        filled("nothing here", {"counts": ""})


def test_the_readmes_python_runs_and_prints_what_it_says(capsys):
    (code,) = re.findall(r"```python\n(.*?)```", README, re.S)
    exec(compile(code, "README.md", "exec"), {})
    printed = capsys.readouterr().out.split()
    assert printed == re.findall(r"# ([\d.]+)$", code, re.M)


def test_the_readmes_commands_parse(tmp_path):
    """Every `backtrack` line of the README names options that exist; the quick ones are run."""
    from click.testing import CliRunner

    from verify.cli import cli

    lines = re.findall(r"^backtrack (.*?)\s*(?:#.*)?$", README, re.M)
    assert len(lines) >= 6
    for line in lines:
        words = shlex.split(line)
        command = cli.commands[words[0]]
        command.make_context(words[0], words[1:], resilient_parsing=False)
        if words[0] in ("hitting", "claims"):
            assert CliRunner().invoke(cli, words).exit_code == 0


@pytest.mark.parametrize("note", sorted(p.name for p in (HOME / "paper_notes").glob("*.md")))
def test_the_numbers_in_the_notes_are_what_the_code_gives(note):
    failed, _ = doctest.testfile(str(HOME / "paper_notes" / note), module_relative=False, encoding="utf-8")
    assert failed == 0
