# regrok. On a fresh machine with Swift 6.3 and git, `make demo` and `make test` install what they
# need.
#
#   make demo       train to grokking, show, pack, verify, replay, diff
#   make test       everything CI checks, in about ten minutes
#   make test-all   everything there is to check: hours
#   make test-programs  programs with PyTorch, and programs that fill disks
#   make test-slurm     sweeps by the workers of a real Slurm, and on two hosts
#   make test-interop   the golden bundles, read with other people's tools
#   make install    the program, manual pages and completions below PREFIX (/usr/local)
#   make dist       an archive for any Linux on x86-64, below .build-dist
#   make wheel      the same as a Python wheel, and one that only reads
#   make paper      the reports on the paper and the law, from the bundles alone; README's table
#   make fuzz       the readers under libFuzzer and the address sanitizer
#   make test-mutants   every check of the readers, replay and recovery removed in turn
#   make test-sanitized   the unit tests under the address and the thread sanitizer
#   make bench      speed of a step, the evaluation and the kernels
#   make BASELINE=1 …   for any x86-64: slow, the same bits

SWIFT ?= swift

# What the core is compiled for: avx512, avx2 or baseline. The bits are the same.
ifeq ($(BASELINE),1)
  VECTORS := baseline
else ifeq ($(words $(sort $(shell grep -m1 ^flags /proc/cpuinfo | \
  grep -ow 'avx512\(f\|vl\|dq\|bw\)'))),4)
  VECTORS ?= avx512
else
  VECTORS ?= avx2
endif
export VECTORS

# Debug and release builds, each made once. The release contains Swift's libraries, so it starts
# faster and runs without Swift. It uses Swift's own linker, because the system's linker warns about
# functions that these libraries call.
BUILD := .build-$(VECTORS)
RELEASE := $(SWIFT) build -c release --static-swift-stdlib -Xswiftc -use-ld=lld \
  --scratch-path $(BUILD)-release
REGROK := $(BUILD)-release/release/regrok
PACKAGES := libarchive-dev libzstd-dev
AS_ROOT := $(if $(filter-out 0,$(shell id -u)),sudo)
INSTALL := $(AS_ROOT) apt-get update -qq && $(AS_ROOT) apt-get install -y -qq
# $(call need,PROGRAM,PACKAGE) installs a package if a program that a test calls is missing.
need = @command -v $(1) >/dev/null || { echo "installing $(2)"; $(INSTALL) $(2) >/dev/null; }

.PHONY: all demo install uninstall dist wheel page test test-swift test-golden test-paper \
  test-page test-page-all test-python test-python-short test-installed test-core test-numerics \
  test-second test-faults test-faults-short test-isa test-programs test-programs-short test-slurm \
  test-hosts test-coverage test-interop test-exhaustive test-hostile test-hostile-short \
  test-mutations test-mutants test-sanitized test-bare test-all fuzz bench bench-peers \
  bench-bundles bench-page bench-programs bench-sweeps golden paper check format clean \
  dependencies build

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

# Three builds and the launcher that chooses among them. They run with nothing else installed.
dist: dependencies
	$(call need,zstd,zstd)
	Sources/install/dist.sh $(DIST)

wheel: dist
	$(call need,python3,python3-venv)
	Sources/python/build.sh $(DIST) $(DIST)/program

# MARK: demo

# Performs the paper's base run until it groks; shows, seals, verifies and replays it; and compares
# it with the run that ships, and with one that has another weight decay.
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

test: check test-swift test-golden test-programs-short test-paper test-page test-python-short \
  test-core test-numerics test-second test-faults-short test-hostile-short
	@echo "make test: all passed"

# The unit and command tests, in a debug build.
test-swift: dependencies
	$(call need,ssh-keygen,openssh-client)
	$(SWIFT) test --scratch-path $(BUILD) --explicit-target-dependency-import-check error

# The release build replays the golden bundles, and does what the documents show.
test-golden: build
	$(call need,ssh-keygen,openssh-client)
	Tests/golden.sh $(REGROK)
	Tests/example.sh $(REGROK)

# Programs of many kinds are recorded, sealed and replayed, with Python's standard library alone.
test-programs-short: build
	$(call need,python3,python3-venv)
	Tests/programs.sh $(REGROK)

# Also a program with PyTorch, one that writes 5 GB, and full disks. The first run installs PyTorch.
test-programs: test-programs-short
	$(call need,python3,python3-venv)
	Tests/Programs/torch.sh $(REGROK)
	Tests/Programs/disks.sh $(REGROK)

# The reports that ship are what the program makes of the bundles that ship. The same holds with
# another C library: the program calls none of its mathematical functions.
LIBM_CALLS := $(CURDIR)/$(BUILD)-release/libm-calls
test-paper: build
	Tests/paper.sh $(REGROK)
	rm -f $(LIBM_CALLS)
	LIBM_CALLS=$(LIBM_CALLS) Tests/Libm/run.sh Tests/paper.sh $(REGROK)
	test -e $(LIBM_CALLS) && ! grep . $(LIBM_CALLS)

# The pages in a browser: the values that their charts give are those of the bundles.
test-page: build
	$(call need,python3,python3)
	$(call need,chromium,chromium)
	$(call need,node,nodejs)
	$(call need,zstd,zstd)
	Tests/Page/charts.py $(REGROK)
	Sources/page/assemble.py --check bundles/replay.html
	Tests/Page/agree.py $(REGROK) bundles/replay.html --every 10 --steps 50
	Tests/Page/replay.py $(REGROK) bundles/replay.html

# The page in another browser, and its program compared with the native one on all golden and all
# damaged bundles.
test-page-all: build
	$(call need,node,nodejs)
	$(call need,zstd,zstd)
	$(call need,firefox-esr,firefox-esr)
	Tests/Page/firefox.py bundles/replay.html
	Tests/Page/agree.py $(REGROK) bundles/replay.html

# bundles/replay.html, the page that replays runs, made from the sources. The same toolchain gives
# the same bytes.
page:
	$(call need,zstd,zstd)
	$(call need,pip3,python3-pip)
	Sources/page/build.sh $(BUILD)-page
	Sources/page/assemble.py $(BUILD)-page bundles/replay.html

# The Python package compared with the program: what it reads, refuses and writes.
test-python-short: build
	@/usr/bin/python3 -c 'import zstandard' 2>/dev/null || \
	  { echo "installing python3-zstandard"; $(INSTALL) python3 python3-zstandard >/dev/null; }
	/usr/bin/python3 Tests/Python/check.py $(REGROK) --every 3

# The same with numpy, pandas and safetensors, and a check of the package's types.
test-python: build
	$(call need,python3,python3-venv)
	test -e $(BUILD)-python/bin/mypy || { \
	  python3 -m venv $(BUILD)-python && $(BUILD)-python/bin/pip install -q \
	  mypy numpy pandas pandas-stubs safetensors zstandard; }
	$(BUILD)-python/bin/mypy --strict Sources/python/regrok
	$(BUILD)-python/bin/python Tests/Python/check.py $(REGROK) --data

# What `make wheel` made, on systems with nothing installed and on a processor without AVX2.
test-installed: wheel
	$(call need,debootstrap,debootstrap)
	$(call need,qemu-system-x86_64,qemu-system-x86)
	$(call need,cpio,cpio)
	$(AS_ROOT) Tests/installed.sh $(DIST)

# How often 95 % intervals hold the true value, over COVERAGE samples of each kind and size. It has
# a build of its own, because the tests use internal symbols.
COVERAGE ?= 2000
test-coverage: dependencies
	COVERAGE=$(COVERAGE) $(SWIFT) test -c release -Xswiftc -enable-testing \
	  --scratch-path $(BUILD)-coverage --filter CoverageTests

# The core gives the same bits as built here, for any x86-64, in Embedded Swift for other
# processors, and with any number of threads. `make test-isa` tests every platform and up to 16
# threads.
test-core: build
	Tests/EmbeddedCore/build.sh $(sort $(VECTORS) baseline) aarch64 wasm32
	Tests/threads.sh $(REGROK) 1 2 3 7 16

test-isa: build
	Tests/EmbeddedCore/build.sh
	Tests/threads.sh $(REGROK)

# `regrok numerics` compared with the C library's fmaf, Random123's known answers and the second
# implementation.
test-numerics: build
	Tests/Numerics/check.sh $(REGROK)

# The same arithmetic in Python, written from SPEC.md alone.
test-second: build
	Tests/SecondImplementation/run.sh $(REGROK)

# A run and a sweep are killed at random moments and resumed, and the system around them fails. The
# long form also makes each of its calls fail in turn, which takes some fifteen minutes.
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

# Workers of a sweep: under a real Slurm on this machine, which needs root, and on two hosts that
# share a directory without locks.
test-slurm: build test-hosts
	$(call need,munged,munge)
	$(call need,slurmctld,slurm-wlm)
	Tests/Engines/slurm.sh $(REGROK)

test-hosts: build
	Tests/Engines/hosts.sh $(REGROK)

# The golden bundles read with other people's tools: tar, bsdtar, zstd, sha256sum, bagit,
# rocrate-validator, safetensors, pandas, ssh-keygen; and statements on replays with in-toto's
# library. The first run installs the Python tools.
test-interop: build
	$(call need,bsdtar,libarchive-tools)
	$(call need,zstd,zstd)
	$(call need,ssh-keygen,openssh-client)
	$(call need,python3,python3-venv)
	Tests/Interop/check_bundle.py bundles/golden/*.tar.zst bundles/programs/*/*.tar.zst
	Tests/Interop/signatures.sh $(REGROK)
	Tests/Interop/statements.py $(REGROK)

# What strangers send (bundles, run directories, configs, plans, lists of signers), given to every
# command that reads it, and systems without memory or threads. `make test` runs every fourth of
# these trials. `make test-swift` has a few random mutations of the golden bundles; `make
# test-mutations` has 10 000 of each kind, and 1000 sound bundles.
test-hostile test-hostile-short: build
	$(call need,zstd,zstd)
	$(call need,python3,python3)
	$(call need,ssh-keygen,openssh-client)
	$(if $(findstring short,$@),EVERY=4) Tests/Hostile/run.py $(REGROK)

MUTATIONS ?= 10000
test-mutations: dependencies
	MUTATIONS=$(MUTATIONS) $(SWIFT) test --scratch-path $(BUILD) --filter RandomMutationTests

# The readers under libFuzzer with the address sanitizer. `make fuzz EXECUTIONS=10000000` is the
# long form. It needs a build of its own, so it is not part of `make test`.
EXECUTIONS ?= 1000000
fuzz: dependencies
	Tests/Fuzz/run.sh $(EXECUTIONS)

# Removes every check of the readers, of replay and of recovery in turn; a test has to notice each
# time. This takes an hour on two busy cores.
test-mutants: dependencies
	$(call need,ssh-keygen,openssh-client)
	$(call need,python3,python3)
	Tests/Mutants/run.py

# The unit tests under the address and the thread sanitizer, each with its own build. Reports that
# are known and harmless are suppressed in Tests/Sanitizers, with reasons. SUITES='--filter X' runs
# only some suites.
SUITES ?=
test-sanitized: dependencies
	$(call need,ssh-keygen,openssh-client)
	Tests/Sanitizers/run.sh address $(SUITES)
	Tests/Sanitizers/run.sh thread $(SUITES)

# `make test` on a Debian that has nothing but the toolchain; needs root.
test-bare:
	$(call need,debootstrap,debootstrap)
	Tests/bare.sh

# Everything, with the long forms instead of the short ones.
test-all: test test-programs test-python test-installed test-slurm test-coverage test-isa \
  test-faults test-hostile test-interop test-page-all test-exhaustive test-mutations fuzz \
  test-mutants test-sanitized test-bare
	@echo "make test-all: all passed"

# Every elementary function on all 2^32 inputs, and those of binary64 on random arguments. This
# takes five to ten minutes.
test-exhaustive:
	Tests/ExhaustiveElementary/run.sh

# MARK: speed

bench: dependencies
	$(RELEASE) --product benchmark
	$(BUILD)-release/release/benchmark

# A training step compared with PyTorch's and JAX's.
bench-peers: dependencies
	$(RELEASE) --product benchmark
	Tests/Oracles/setup.sh
	.build-oracles/bin/python Tests/Benchmarks/bench_peers.py \
	  --ours '$(BUILD)-release/release/benchmark --step-only --threads {threads} --json'

# pack, verify, replay, show and diff compared with tar, zstd and sha256sum.
bench-bundles: build
	$(call need,zstd,zstd)
	$(call need,python3,python3)
	Tests/Benchmarks/bench_bundles.py $(REGROK)

# Sweeps of 2000 and 20 000 tiny cells, compared with their estimates. OTHER=PROGRAM is timed too.
bench-sweeps: build
	$(call need,python3,python3)
	Tests/Benchmarks/bench_sweeps.py $(REGROK) $(OTHER)

# The page's programs compared with the native one, and the page in Chromium.
bench-page: build
	$(call need,node,nodejs)
	$(call need,chromium,chromium)
	$(call need,zstd,zstd)
	Tests/Benchmarks/bench_page.py $(REGROK) bundles/replay.html --whole

# What `record` costs a program; pack and verify of opaque files compared with tar, zstd and
# sha256sum.
bench-programs: build
	$(call need,zstd,zstd)
	$(call need,python3,python3)
	Tests/Benchmarks/bench_programs.py $(REGROK)

# MARK: upkeep

# Seals the golden runs that have a config but no bundle yet.
golden: build
	$(call need,ssh-keygen,openssh-client)
	bundles/golden/make.sh $(REGROK)

# The reports on the claims of the paper and of the law, made from bundles/ alone, and the README's
# table. The bytes are the same each time. Anyone who has the authors' released results can see them
# in a separate report: regrok claims bundles/paper --published DIR -o mine.html
paper: build
	for of in bundles/paper bundles/law; do \
	  $(REGROK) claims $$of --page ../replay.html -o $$of/report.html -o $$of/report.md \
	    -o $$of/headline.svg > /dev/null || exit; \
	done
	Tests/paper.sh --write

# Checks the format, the length of lines, and that every import is an arrow of the map.
check: dependencies
	$(call need,python3,python3)
	$(SWIFT) format lint --strict --recursive Package.swift Sources Tests
	$(SWIFT) package --scratch-path $(BUILD) dump-package | Tests/arrows.py
	Tests/lines.py
	$(SWIFT) build --scratch-path $(BUILD) --build-tests \
	  --explicit-target-dependency-import-check error

format:
	$(SWIFT) format --in-place --recursive Package.swift Sources Tests

clean:
	rm -rf .build .build-*
