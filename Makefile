# SPDX-License-Identifier: GPL-2.0
# What a person types. Everything is built in ~/.cache/headroom (or
# $XDG_CACHE_HOME/headroom); the checkout stays clean, but for out/.

export OUT ?= $(CURDIR)/out
# A user's own built tree, instead of the release or debug kernel.
export KERNEL
export SEED ROUNDS KEEP FLAVOUR GDB JOBS QUICK
export RELEASE DESTDIR SIGN_KEY SIGN_CERT

.DEFAULT_GOAL := help
.NOTPARALLEL:
# The makes that run inside ours choose their own number of jobs.
unexport MAKEFLAGS
unexport MFLAGS
unexport MAKELEVEL

.PHONY: bench bench-compare figures
.PHONY: help demo test test-long kunit kunit-vm lint icount shell modules builtin-check
.PHONY: kernel-release kernel-debug kernel-uml kernel-uml-debug kernel-check packages clean
.PHONY: install dkms uninstall measure

help:
	@echo 'make demo           iperf3 across two emulated NICs, each strategy'
	@echo 'make test           lint, KUnit, instruction counts, scenarios'
	@echo 'make test-long      the same, and what takes longer'
	@echo 'make kunit          KUnit suites in User-mode Linux (SEED=, ROUNDS=)'
	@echo 'make kunit-vm       KUnit suites that need DMA, in a VM (debug kernel)'
	@echo 'make lint           checkpatch, sparse, W=1, kernel-doc, scripts'
	@echo 'make icount         instructions per super-packet, and their budgets'
	@echo 'make bench          everything measured, and a report (QUICK=1)'
	@echo 'make bench-compare A=BENCH.JSON B=BENCH.JSON'
	@echo 'make figures FROM=BENCH.JSON   what README and docs/ quote'
	@echo 'make shell          a shell in a VM, two NICs linked'
	@echo '                    (GDB=1 waits for gdb, FLAVOUR=debug)'
	@echo 'make modules        our modules, against the release kernel'
	@echo 'make kernel-release, -debug, -uml, -uml-debug   the test kernels'
	@echo 'make kernel-check   is the release kernel configured like Debian'"'"'s'
	@echo 'make builtin-check  everything of ours built in (=y)'
	@echo 'make install        hgso_takeover for this machine'"'"'s own Linux 6.12'
	@echo '                    (RELEASE=, DESTDIR=, SIGN_KEY= and SIGN_CERT=)'
	@echo 'make dkms           the same by DKMS, now and for each new kernel'
	@echo 'make uninstall      take away what these two have installed'
	@echo 'make measure        what it changes here (IFACE= and PEER=, or none)'
	@echo 'make packages       the Debian packages that all this needs'
	@echo 'make clean          remove out/ and our built modules; CACHE=1'
	@echo '                    removes the kernels and their source too'
	@echo
	@echo 'KERNEL=PATH         a built 6.12 tree of your own instead of ours'
	@echo 'KERNEL=distro       the kernel of Debian'"'"'s own package: none is built'
	@echo 'OUT=PATH            where logs, captures and JUnit XML go (out/)'
	@echo 'BENCH=WORDS         measurements and options of bench/run'
	@echo 'JOBS=N              parts of the tests that run side by side'
	@echo 'KEEP=1              leave the VM of a failed scenario up'

packages:
	@tools/install

install:
	@tools/host/install build

dkms:
	@tools/host/install dkms

uninstall:
	@tools/host/install remove

measure:
	@tools/measure $(IFACE) $(PEER)

demo: packages
	@tests/demo

test:
	@tools/test

test-long:
	@tools/test --long

kunit: packages
	@OUT=$(OUT)/kunit tools/kunit/run

kunit-vm: packages
	@OUT=$(OUT)/kunit-vm tools/kunit/run-vm

lint: packages
	@OUT=$(OUT)/lint tools/lint/run

icount: packages
	@OUT=$(OUT)/icount bench/icount

bench: packages
	@OUT=$(OUT)/bench bench/run $(BENCH)

bench-compare:
	@bench/compare $(A) $(B)

figures:
	@bench/figures $(FROM)

shell: packages
	@tools/vm/shell

modules: packages
	@tools/modules/build

kernel-release kernel-debug kernel-uml kernel-uml-debug: kernel-%: packages
	@tools/kernel/build $*

kernel-check: packages
	@OUT=$(OUT)/costs tools/kernel/check

builtin-check: packages
	@OUT=$(OUT)/builtin tools/kernel/builtin-check

clean:
	@tools/clean
