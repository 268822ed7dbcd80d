# setup: a virtual environment with pinned versions · sample: the main job with the shipped weights · test: everything
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
OUT    ?= out/sample

.PHONY: setup sample test lint clean

setup: $(VENV)/.ready

# uv resolves in seconds what pip takes minutes for; a local wheel folder known to pip is offered to uv as well.
$(VENV)/.ready: pyproject.toml setup.cfg constraints.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check 'uv>=0.5'
	UV_FIND_LINKS="$$PIP_FIND_LINKS" $(BIN)/uv pip install --python $(BIN)/python --compile-bytecode \
		--constraint constraints.txt --editable '.[dev]'
	@touch $@

sample: setup
	$(BIN)/drivegen sample scenarios=file file=datasets/catalogues/first_look.json clips=6 out=$(OUT)

test: setup lint
	$(BIN)/python -m pytest -n 2 --dist loadfile

lint: setup
	$(BIN)/ruff check .
	$(BIN)/mypy

clean:
	rm -rf $(VENV) out
