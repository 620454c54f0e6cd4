# regrok. `make demo` and `make test` set up what they need on a fresh machine with Swift 6.3 and
# git.
#
#   make demo       train to grokking, show, pack, verify, replay, diff
#   make test       everything CI checks, in about ten minutes
#   make test-all   everything there is to check: hours
#   make test-programs  programs with PyTorch, and those that fill disks
#   make test-slurm     sweeps by the workers of a real Slurm, and on two hosts
#   make test-interop   the golden bundles by tools that others wrote
#   make install    the program, manual pages and completions below PREFIX (/usr/local)
#   make dist       an archive for any Linux on x86-64, below .build-dist
#   make wheel      the same as a Python wheel, and one that only reads
#   make paper      the report on the paper's claims, from the bundles alone, and the README's table
#   make fuzz       the readers under libFuzzer and the address sanitizer
#   make test-mutants   every check of the readers, replay and recovery taken away in turn
#   make test-sanitized   the unit tests under the address and the thread sanitizer
#   make bench      speed of a step, the evaluation and the kernels
#   make BASELINE=1 …   for any x86-64: slow, the same bits

SWIFT ?= swift

# What the core is compiled for: avx512, avx2 or baseline. The bits are the same.
ifeq ($(BASELINE),1)
  VECTORS := baseline
else ifeq ($(words $(sort $(shell grep -m1 ^flags /proc/cpuinfo | grep -ow 'avx512\(f\|vl\|dq\|bw\)'))),4)
  VECTORS ?= avx512
else
  VECTORS ?= avx2
endif
export VECTORS

# Debug and release, each built once. The release has Swift's libraries inside: it starts faster,
# and runs where there is no Swift. Swift's own linker, because the system's warns of what those
# libraries call.
BUILD := .build-$(VECTORS)
RELEASE := $(SWIFT) build -c release --static-swift-stdlib -Xswiftc -use-ld=lld --scratch-path $(BUILD)-release
REGROK := $(BUILD)-release/release/regrok
PACKAGES := libarchive-dev libzstd-dev
AS_ROOT := $(if $(filter-out 0,$(shell id -u)),sudo)
INSTALL := $(AS_ROOT) apt-get update -qq && $(AS_ROOT) apt-get install -y -qq
# A program that a test calls, and the package that has it: installed when it is missing.
need = @command -v $(1) >/dev/null || { echo "installing $(2)"; $(INSTALL) $(2) >/dev/null; }

.PHONY: all demo install uninstall dist wheel page test test-swift test-golden test-paper test-page test-page-all test-python test-python-short test-installed test-core test-numerics test-second test-faults test-faults-short test-isa test-programs test-programs-short \
  test-slurm test-hosts test-coverage test-interop test-exhaustive test-hostile test-hostile-short test-mutations test-mutants test-sanitized test-bare test-all fuzz bench bench-peers bench-bundles bench-page bench-programs bench-sweeps golden paper check format clean dependencies build

all: build

# System libraries: installed when their headers are missing.
dependencies:
	@if [ ! -e /usr/include/archive.h ] || [ ! -e /usr/include/zstd.h ]; then \
	  echo "installing $(PACKAGES)"; $(INSTALL) $(PACKAGES) >/dev/null; \
	fi

build: dependencies
	$(RELEASE) --product regrok

# MARK: installed

PREFIX ?= /usr/local
DIST := .build-dist
LICENSES := $(BUILD)-release/licenses

install: build
	Sources/install/licenses.sh $(BUILD)-release/checkouts $(LICENSES)
	LICENSES=$(LICENSES) Sources/install/install.sh $(PREFIX) $(REGROK)

uninstall:
	Sources/install/install.sh $(PREFIX) --uninstall

# Three builds, and what chooses among them; nothing has to be installed for it.
dist: dependencies
	$(call need,zstd,zstd)
	Sources/install/dist.sh $(DIST)

wheel: dist
	$(call need,python3,python3-venv)
	Sources/python/build.sh $(DIST) $(DIST)/program

# MARK: demo

# The paper's base run until it groks, sealed, checked, done again, and compared: with the one that
# ships, and with one that has another weight decay.
DEMO := runs/demo
demo: build
	rm -rf $(DEMO)
	$(REGROK) run --preset modular-addition -o $(DEMO)/base
	$(REGROK) show $(DEMO)/base
	$(REGROK) pack $(DEMO)/base -o $(DEMO)/base.tar.zst
	$(REGROK) verify $(DEMO)/base.tar.zst
	$(REGROK) replay $(DEMO)/base.tar.zst --jobs 2
	$(REGROK) diff $(DEMO)/base.tar.zst bundles/golden/base.tar.zst
	$(REGROK) run --preset modular-addition --set optimizer.weight_decay=0.5 -o $(DEMO)/half-decay
	$(REGROK) diff $(DEMO)/base.tar.zst $(DEMO)/half-decay || [ $$? = 1 ]

# MARK: tests

test: check test-swift test-golden test-programs-short test-paper test-page test-python-short test-core test-numerics test-second \
  test-faults-short test-hostile-short
	@echo "make test: all passed"

# The unit and command tests, in a debug build.
test-swift: dependencies
	$(call need,ssh-keygen,openssh-client)
	$(SWIFT) test --scratch-path $(BUILD) --explicit-target-dependency-import-check error

# The release build replays what ships, and does what the documents show.
test-golden: build
	$(call need,ssh-keygen,openssh-client)
	Tests/golden.sh $(REGROK)
	Tests/example.sh $(REGROK)

# Programs of all manners recorded, sealed and performed again, with Python's standard library.
test-programs-short: build
	$(call need,python3,python3-venv)
	Tests/programs.sh $(REGROK)

# The same with PyTorch, what Lightning and Hugging Face write, 5 GB of output and full disks. The
# first run installs PyTorch for it.
test-programs: test-programs-short
	$(call need,python3,python3-venv)
	Tests/Programs/torch.sh $(REGROK)
	Tests/Programs/disks.sh $(REGROK)

# The report that ships is what the program says of the bundles that ship, with another C library
# too: of whose functions it calls none.
LIBM_CALLS := $(CURDIR)/$(BUILD)-release/libm-calls
test-paper: build
	Tests/paper.sh $(REGROK)
	rm -f $(LIBM_CALLS)
	LIBM_CALLS=$(LIBM_CALLS) Tests/Libm/run.sh Tests/paper.sh $(REGROK)
	test -e $(LIBM_CALLS) && ! grep . $(LIBM_CALLS)

# The pages in a browser: what their charts answer is what the bundles hold.
test-page: build
	$(call need,python3,python3)
	$(call need,chromium,chromium)
	$(call need,node,nodejs)
	$(call need,zstd,zstd)
	Tests/Page/charts.py $(REGROK)
	Sources/page/assemble.py --check bundles/replay.html
	Tests/Page/agree.py $(REGROK) bundles/replay.html --every 10 --steps 50
	Tests/Page/replay.py $(REGROK) bundles/replay.html

# The page in another browser, and its program beside the native one on all golden and all damaged
# bundles.
test-page-all: build
	$(call need,node,nodejs)
	$(call need,zstd,zstd)
	$(call need,firefox-esr,firefox-esr)
	Tests/Page/firefox.py bundles/replay.html
	Tests/Page/agree.py $(REGROK) bundles/replay.html

# bundles/replay.html: the page that performs a run again, from the sources; the same bytes from the
# same toolchain.
page:
	$(call need,zstd,zstd)
	$(call need,pip3,python3-pip)
	Sources/page/build.sh $(BUILD)-page
	Sources/page/assemble.py $(BUILD)-page bundles/replay.html

# The Python package beside the program: what it reads, refuses and writes.
test-python-short: build
	@/usr/bin/python3 -c 'import zstandard' 2>/dev/null || \
	  { echo "installing python3-zstandard"; $(INSTALL) python3 python3-zstandard >/dev/null; }
	/usr/bin/python3 Tests/Python/check.py $(REGROK) --every 3

# With what its tables and tensors take, and its types.
test-python: build
	$(call need,python3,python3-venv)
	test -e $(BUILD)-python/bin/mypy || { python3 -m venv $(BUILD)-python && $(BUILD)-python/bin/pip install -q \
	  mypy numpy pandas pandas-stubs safetensors zstandard; }
	$(BUILD)-python/bin/mypy --strict Sources/python/regrok
	$(BUILD)-python/bin/python Tests/Python/check.py $(REGROK) --data

# What make wheel made, where nothing is installed, and on a processor without AVX2.
test-installed: wheel
	$(call need,debootstrap,debootstrap)
	$(call need,qemu-system-x86_64,qemu-system-x86)
	$(call need,cpio,cpio)
	$(AS_ROOT) Tests/installed.sh $(DIST)

# How often 95 % intervals hold the true value, of COVERAGE samples of each kind and size. A build
# of its own, as the tests see what is internal.
COVERAGE ?= 2000
test-coverage: dependencies
	COVERAGE=$(COVERAGE) $(SWIFT) test -c release -Xswiftc -enable-testing --scratch-path $(BUILD)-coverage --filter CoverageTests

# The same bits from the core as it is built here, for any x86-64, in Embedded Swift for other
# processors, and with any number of threads. `make test-isa` has every platform and every number of
# threads to 16.
test-core: build
	Tests/EmbeddedCore/build.sh $(sort $(VECTORS) baseline) aarch64 wasm32
	Tests/threads.sh $(REGROK) 1 2 3 7 16

test-isa: build
	Tests/EmbeddedCore/build.sh
	Tests/threads.sh $(REGROK)

# `regrok numerics` beside the C library's fmaf, Random123's known answers and the second
# implementation.
test-numerics: build
	Tests/Numerics/check.sh $(REGROK)

# The arithmetic again, in Python, written from SPEC.md alone.
test-second: build
	Tests/SecondImplementation/run.sh $(REGROK)

# A run and a sweep killed at random moments and gone on with, and surroundings that fail. The long
# form also lets the system fail at each of its calls in turn: some fifteen minutes.
test-faults-short: build
	Tests/Faults/kill_resume.sh 100 $(REGROK)
	Tests/Faults/kill_sweep.sh 2 $(REGROK)
	Tests/Faults/environments.sh $(REGROK)
	Tests/Faults/shortages.sh $(REGROK)

test-faults: build
	$(call need,strace,strace)
	Tests/Faults/kill_resume.sh 1000 $(REGROK)
	Tests/Faults/kill_sweep.sh 60 $(REGROK)
	Tests/Faults/environments.sh $(REGROK)
	Tests/Faults/shortages.sh $(REGROK)
	Tests/Faults/strace_faults.sh $(REGROK)

# Workers of a sweep: those of a real Slurm on this machine, which needs root, and those of two
# hosts that share a directory without locks.
test-slurm: build test-hosts
	$(call need,munged,munge)
	$(call need,slurmctld,slurm-wlm)
	Tests/Engines/slurm.sh $(REGROK)

test-hosts: build
	Tests/Engines/hosts.sh $(REGROK)

# The golden bundles by tools that others wrote: tar, bsdtar, zstd, sha256sum, bagit,
# rocrate-validator, safetensors, pandas, ssh-keygen; and statements on replays by in-toto's
# library. What is in Python is installed for it on the first run.
test-interop: build
	$(call need,bsdtar,libarchive-tools)
	$(call need,zstd,zstd)
	$(call need,ssh-keygen,openssh-client)
	$(call need,python3,python3-venv)
	Tests/Interop/check_bundle.py bundles/golden/*.tar.zst bundles/programs/*/*.tar.zst
	Tests/Interop/signatures.sh $(REGROK)
	Tests/Interop/statements.py $(REGROK)

# What a stranger sends: bundles, run directories, configs, plans, lists of signers, given to every
# command that reads one, and surroundings without memory or threads; in `make test` every fourth of
# these trials. `make test-swift` has a few random mutations of the golden bundles;
# `make test-mutations` has 10 000 of each kind, and 1000 sound bundles.
test-hostile test-hostile-short: build
	$(call need,zstd,zstd)
	$(call need,python3,python3)
	$(call need,ssh-keygen,openssh-client)
	$(if $(findstring short,$@),EVERY=4) Tests/Hostile/run.py $(REGROK)

MUTATIONS ?= 10000
test-mutations: dependencies
	MUTATIONS=$(MUTATIONS) $(SWIFT) test --scratch-path $(BUILD) --filter RandomMutationTests

# The readers, fed by libFuzzer under the address sanitizer; `make fuzz EXECUTIONS=10000000` is the
# long form. It is a build of its own, and so no part of `make test`.
EXECUTIONS ?= 1000000
fuzz: dependencies
	Tests/Fuzz/run.sh $(EXECUTIONS)

# Every check of the readers, of replay and of recovery is taken away in turn, and a test has to
# notice: an hour on two busy cores.
test-mutants: dependencies
	$(call need,ssh-keygen,openssh-client)
	$(call need,python3,python3)
	Tests/Mutants/run.py

# The unit tests under the address and the thread sanitizer, each in a build of its own. What is
# known and harmless is suppressed in Tests/Sanitizers, with its reason. SUITES='--filter X' takes
# some of them.
SUITES ?=
test-sanitized: dependencies
	$(call need,ssh-keygen,openssh-client)
	Tests/Sanitizers/run.sh address $(SUITES)
	Tests/Sanitizers/run.sh thread $(SUITES)

# `make test` on a Debian that has nothing but the toolchain; needs root.
test-bare:
	$(call need,debootstrap,debootstrap)
	Tests/bare.sh

# Everything, the long forms in the place of the short ones.
test-all: test test-programs test-python test-installed test-slurm test-coverage test-isa test-faults test-hostile test-interop test-page-all test-exhaustive test-mutations fuzz test-mutants test-sanitized test-bare
	@echo "make test-all: all passed"

# Every elementary function on all 2^32 inputs, those of binary64 on random ones: five to ten
# minutes.
test-exhaustive:
	Tests/ExhaustiveElementary/run.sh

# MARK: speed

bench: dependencies
	$(RELEASE) --product benchmark
	$(BUILD)-release/release/benchmark

# The step beside PyTorch's and JAX's.
bench-peers: dependencies
	$(RELEASE) --product benchmark
	Tests/Oracles/setup.sh
	.build-oracles/bin/python Tests/Benchmarks/bench_peers.py \
	  --ours '$(BUILD)-release/release/benchmark --step-only --threads {threads} --json'

# pack, verify, replay, show and diff beside tar, zstd and sha256sum.
bench-bundles: build
	$(call need,zstd,zstd)
	$(call need,python3,python3)
	Tests/Benchmarks/bench_bundles.py $(REGROK)

# Sweeps of 2000 and 20 000 tiny cells, beside what was estimated; OTHER=PROGRAM is timed beside
# ours.
bench-sweeps: build
	$(call need,python3,python3)
	Tests/Benchmarks/bench_sweeps.py $(REGROK) $(OTHER)

# The page's programs beside the native one, and the page in Chromium.
bench-page: build
	$(call need,node,nodejs)
	$(call need,chromium,chromium)
	$(call need,zstd,zstd)
	Tests/Benchmarks/bench_page.py $(REGROK) bundles/replay.html --whole

# What record costs a program; pack and verify of opaque files beside tar, zstd and sha256sum.
bench-programs: build
	$(call need,zstd,zstd)
	$(call need,python3,python3)
	Tests/Benchmarks/bench_programs.py $(REGROK)

# MARK: upkeep

# Seals the golden runs that have a config and no bundle yet.
golden: build
	$(call need,ssh-keygen,openssh-client)
	bundles/golden/make.sh $(REGROK)

# The report on the paper's claims, from bundles/ alone: the same bytes each time, and the README's
# table with it. Who has the authors' released results sees them in a report of their own: regrok
# claims bundles/paper --published DIR -o mine.html
PAPER := bundles/paper
paper: build
	$(REGROK) claims $(PAPER) --page ../replay.html -o $(PAPER)/report.html -o $(PAPER)/report.md -o $(PAPER)/headline.svg > /dev/null
	Tests/paper.sh --write

# The format, and that every import is an arrow of the map.
check: dependencies
	$(call need,python3,python3)
	$(SWIFT) format lint --strict --recursive Package.swift Sources Tests
	$(SWIFT) package --scratch-path $(BUILD) dump-package | Tests/arrows.py
	Tests/lines.py
	$(SWIFT) build --scratch-path $(BUILD) --build-tests --explicit-target-dependency-import-check error

format:
	$(SWIFT) format --in-place --recursive Package.swift Sources Tests

clean:
	rm -rf .build .build-*
