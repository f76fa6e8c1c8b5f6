# `make demo` and `make test` are all it takes on a fresh Debian, Ubuntu or Raspberry Pi OS: each sets up
# what it needs, once, in .venv. Only when a system package is missing do they ask for root, saying why.

PYTHON ?= python3
BIN := .venv/bin
export PATH := $(PATH):/usr/sbin:/sbin
HOME_ASSISTANT := $(CURDIR)/.cache/home-assistant
SECONDS ?= 60
export PIP_DISABLE_PIP_VERSION_CHECK := 1

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help demo run test test-home-assistant test-arm64 soak fuzz check
.PHONY: python python-packages portaudio test-programs emulator

help:  ## this list
	@sed -n 's/^\([a-z0-9-]*\):.*## \(.*\)/  make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 28

demo: .venv/.demo  ## the whole daemon without microphone or broker: bundled speech, each message printed
	@$(BIN)/digitd demo

run: .venv/.demo portaudio  ## the daemon on the real microphone, with config.yaml
	@$(BIN)/digitd run -c config.yaml

test: .venv/.dev test-programs  ## all tests
	@$(BIN)/pytest

test-home-assistant: .venv/.dev test-programs  ## those with a real Home Assistant, as root; 1.5 GB, once
	$(call packages,a Debian to run Home Assistant in,mmdebstrap)
	@[ "$$(id -u)" = 0 ] && root= || root=sudo; \
	$$root sh tests/integration/home_assistant.sh $(HOME_ASSISTANT) && \
	$$root env DIGITD_HOME_ASSISTANT=$(HOME_ASSISTANT) $(BIN)/pytest -p no:cacheprovider -m home_assistant

test-arm64: .venv/.dev test-programs emulator  ## the wheel in an emulated 64-bit Raspberry Pi's userland; as root
	@$(BIN)/pytest tests/arm64

soak: .venv/.dev test-programs  ## 24 hours of audio at a run, then half an hour with faults; an hour in all
	@PYTHONPATH=tests $(BIN)/python -m benchmarks.soak

fuzz: .venv/.fuzz  ## random bytes for all that eats foreign ones, guided by what lines they reach; SECONDS=60 each
	@PYTHONPATH=tests $(BIN)/python -m fuzz $(SECONDS) $(TARGETS)

check: .venv/.dev  ## formatting, lint and types
	$(BIN)/ruff format --check
	$(BIN)/ruff check
	$(BIN)/mypy

# Stamps: made again when pyproject.toml changes, otherwise they take no time.

.venv/.pip: | python
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --upgrade 'pip>=25.1'
	@touch $@

.venv/.demo: pyproject.toml | .venv/.pip
	$(BIN)/pip install --quiet --editable '.[demo]'
	@touch $@

.venv/.dev: pyproject.toml | .venv/.pip
	@echo 'digitd: installing what the tests need; TensorFlow, for the training tests, is 1.4 GB'
	$(BIN)/pip install --quiet --editable '.[demo,train]' --group dev
	@touch .venv/.demo $@

.venv/.fuzz: pyproject.toml | .venv/.dev
	$(BIN)/pip install --quiet --group fuzz
	@touch $@

# Ubuntu has Chromium as a snap only: there the tests in a browser are skipped.
BROWSER := $(if $(filter ubuntu,$(shell . /etc/os-release && echo $$ID)),,chromium)

# System packages. $(call packages,WHY,NAME...) installs those that are missing. Nothing installed is ever
# removed for it: on a desktop with PipeWire, pulseaudio would take the sound away.

define packages
	@missing=$$(for name in $(2); do \
	    dpkg-query --show --showformat='$${Status}' $$name 2>/dev/null | grep -q ' installed$$' || echo $$name; \
	done); \
	[ -n "$$missing" ] || exit 0; \
	echo "digitd: installing" $$missing "as root: $(1)"; \
	[ "$$(id -u)" = 0 ] && root= || root=sudo; \
	$$root apt-get update -qq; \
	$$root env DEBIAN_FRONTEND=noninteractive \
	    apt-get install -qq --no-install-recommends --no-remove $$missing >/dev/null || \
	{ echo "digitd: please install, as root:" $$missing; exit 1; }
endef

python:
	@$(PYTHON) -c 'import ensurepip' 2>/dev/null || $(MAKE) --no-print-directory python-packages
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	{ echo 'digitd: needs Python 3.11 or newer: make PYTHON=python3.x ...'; exit 1; }

python-packages:
	$(call packages,a Python environment of its own,python3 python3-venv)

portaudio:
	$(call packages,the microphone,libportaudio2)

test-programs:
	$(call packages,a broker and a virtual microphone to test with,libportaudio2 libasound2-plugins pulseaudio pulseaudio-utils mosquitto mosquitto-clients)
	$(call packages,a browser to test the web page in,$(BROWSER))
	$(call packages,containers to test the service and its installer in,systemd-container mmdebstrap gpg shellcheck)

emulator:
	$(call packages,an emulated Raspberry Pi,qemu-user-static mmdebstrap arch-test debian-archive-keyring)
