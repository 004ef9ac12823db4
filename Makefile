# The environment is made from the lock file by the first command that needs it; PYTHON names another interpreter.
PYTHON ?= python3
BIN = .venv/bin

.PHONY: report test prove lint bench evidence readme pictures lock mutation clean

report: .venv/ready
	$(BIN)/backtrack report -o report
	@echo "The report is in report/index.html; open it in a browser"

test: .venv/ready
	$(BIN)/python -m pytest

# the proofs by Coq's kernel; installs nothing: where coqc is missing it says how to get it
prove: .venv/ready
	$(BIN)/backtrack prove

lint: .venv/ready
	$(BIN)/ruff check .
	$(BIN)/mypy

bench: .venv/bench
	$(BIN)/python -m tests.bench

# what the package ships: what Coq and the checks said of these sources, the critique map, the documents' generated parts
evidence: .venv/ready
	rm -f verify/evidence.jsonl
	$(BIN)/backtrack prove -o verify/proofs.json
	$(BIN)/python -m pytest verify -q --evidence verify/evidence.jsonl
	LC_ALL=C sort -o verify/evidence.jsonl verify/evidence.jsonl
	$(BIN)/python -m verify.dials.kept
	$(MAKE) readme

readme: .venv/ready
	$(BIN)/python -m verify.report.docs

# the README's pictures, of the report that was made last; needs Chromium
pictures: .venv/ready
	$(BIN)/python -m tests.pictures report/index.html

# plant errors in theory/ and see whether the quick checks notice; about 40 minutes
mutation: .venv/mutation
	$(BIN)/python -m tests.mutation.run

lock: .venv/ready
	$(BIN)/pip install -q uv
	$(BIN)/uv pip compile pyproject.toml --extra dev --universal --python-version 3.11 -q --no-header --no-annotate --upgrade -o requirements.lock

clean:
	rm -rf .venv report build *.egg-info .hypothesis .ruff_cache .mypy_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

.venv/ready: pyproject.toml requirements.lock
	@$(PYTHON) -c 'import sys; v = sys.version_info[:2]; sys.exit(None if (3, 11) <= v < (3, 14) else "Python 3.11 to 3.13 is needed, this is %d.%d; name one: make PYTHON=python3.12" % v)'
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv || { rm -rf .venv; echo "python3 -m venv failed; on Debian: apt-get install python3-venv"; exit 1; }
	$(BIN)/python -m pip install -q --disable-pip-version-check -r requirements.lock
	$(BIN)/python -m pip install -q --disable-pip-version-check --no-deps -e .
	@touch $@

.venv/mutation: .venv/ready
	$(BIN)/python -m pip install -q --disable-pip-version-check -e '.[mutation]'
	@touch $@

.venv/bench: .venv/ready
	$(BIN)/python -m pip install -q --disable-pip-version-check -e '.[bench]'
	@touch $@
