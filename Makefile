# Needs Python >= 3.11 and make, nothing else: uv is taken from PATH or installed into .uv/.
PYTHON ?= python3
UV := $(shell command -v uv 2>/dev/null || echo .uv/bin/uv)
BIN := .venv/bin
STAMP := .venv/.synced
WORKERS ?= 2

.PHONY: env demo editor test test-full lint clean

env: $(STAMP)

.uv/bin/uv:
	$(PYTHON) -m venv .uv
	.uv/bin/python -m pip install --quiet uv

# The stamp holds the hash of the lock: a checkout that only touches its date installs nothing again. Bytecode is compiled
# once, for all commands and tests, since where Python may not write any, each start takes seconds longer.
$(STAMP): requirements.lock pyproject.toml $(filter .uv/%,$(UV))
	@hash=$$(cat requirements.lock pyproject.toml | $(PYTHON) -c 'import hashlib, sys; print(hashlib.sha256(sys.stdin.buffer.read()).hexdigest())'); \
	if [ "$$(cat $@ 2>/dev/null)" != "$$hash" ]; then \
		set -e; \
		[ -x $(BIN)/python ] || $(UV) venv --python '>=3.11' .venv; \
		$(UV) pip sync --python $(BIN)/python --require-hashes --compile-bytecode requirements.lock; \
		$(UV) pip install --python $(BIN)/python --no-deps --editable .; \
		echo "$$hash" > $@; \
	else touch $@; fi

demo: $(STAMP)
	$(BIN)/face-edit demo

editor: $(STAMP)
	$(BIN)/face-edit editor

lint: $(STAMP)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

# The editor's tests need what Qt needs of the system; everything else must be testable without it.
PYTEST = OMP_NUM_THREADS=1 $(BIN)/python -m pytest --durations=10 $(shell $(BIN)/python -c "import PyQt6.QtWidgets" \
	2>/dev/null || echo "-p no:pytest-qt --ignore tests/apps/editor")

# One thread per process: with several workers, more threads only wait for each other.
test: lint
	$(PYTEST) -m "not full" -n $(WORKERS)

test-full: $(STAMP)
	$(PYTEST) -m full

clean:
	rm -rf .venv .uv dist .mypy_cache .ruff_cache .pytest_cache .import_linter_cache
