# SPDX-License-Identifier: GPL-2.0-or-later
# Short words for what meson and the scripts do. `make help` lists them.
BUILD ?= build
PREFIX ?= /usr/local
DESTDIR ?=
FUZZ_SECONDS ?=
export DESTDIR

.PHONY: build run check check-engines chaos soak recording bench fuzz plant golden docs-publishing deb install uninstall format tidy deps clean help

# Leaves build/seawall
build:
	@scripts/deps packaging/debian-build.txt
	@scripts/configure $(BUILD) --prefix=$(PREFIX) -Dtests=false
	@ninja -C $(BUILD)

# Audits this host, or the demo host where no container engine answers
run: build
	@scripts/run; code=$$?; test $$code -ne 2 # 1, 3 and 4 are answers, not failures

# All tests, linters and the lab; wants root, takes some minutes
check:
	@scripts/deps packaging/debian-build.txt packaging/debian-deb.txt packaging/debian-test.txt tests/lab/packages-debian.txt
	@FUZZ_SECONDS=$(or $(FUZZ_SECONDS),3) scripts/check

# The lab's cases with every engine there is
check-engines: build
	@scripts/deps packaging/debian-test.txt tests/lab/packages-debian.txt
	@SEAWALL=$(CURDIR)/$(BUILD)/seawall tests/lab/run --engine debian12,trixie,sid,ipt29,nft29

# Containers, networks, engines, guards and tables come and go for CHAOS_SECONDS (900), by CHAOS_SEED (the clock)
chaos: build
	@scripts/deps packaging/debian-test.txt tests/lab/packages-debian.txt
	@CHAOS_SECONDS=$${CHAOS_SECONDS:-900} CHAOS_SEED=$${CHAOS_SEED:-$$(date +%s)} \
	SEAWALL=$(CURDIR)/$(BUILD)/seawall tests/lab/run --show --timeout $$(($${CHAOS_SECONDS:-900} * 2 + 120)) chaos

# Containers come and go under a guard, SOAK_CYCLES (100000) of them: its memory must not grow
soak: build
	@scripts/deps packaging/debian-test.txt tests/lab/packages-debian.txt
	@SEAWALL=$(CURDIR)/$(BUILD)/seawall tests/bench/soak --cycles $${SOAK_CYCLES:-100000}

# The moving picture in the README: what somebody sees who audits and mends the demo host
recording: build
	@scripts/deps packaging/debian-test.txt tests/lab/packages-debian.txt
	@SEAWALL=$(CURDIR)/$(BUILD)/seawall demo/record docs/pictures/recording.svg

# Measurements, printed with what they are measured against
bench: build
	@scripts/deps packaging/debian-test.txt tests/lab/packages-debian.txt
	@SEAWALL=$(CURDIR)/$(BUILD)/seawall tests/bench/run
	@SEAWALL=$(CURDIR)/$(BUILD)/seawall tests/bench/many
	@SEAWALL=$(CURDIR)/$(BUILD)/seawall tests/bench/reach
	@SEAWALL=$(CURDIR)/$(BUILD)/seawall tests/bench/idle
	@SEAWALL=$(CURDIR)/$(BUILD)/seawall tests/bench/start
	@ninja -C $(BUILD) tests/bench/bench_wall tests/bench/bench_packet tests/bench/bench_heal tests/bench/bench_flood
	@SEAWALL=$(CURDIR)/$(BUILD)/seawall tests/bench/heal
	@SEAWALL=$(CURDIR)/$(BUILD)/seawall tests/bench/knocks
	@$(BUILD)/tests/bench/bench_wall
	@$(BUILD)/tests/bench/bench_packet

# Model against kernel for FUZZ_RULESETS random rulesets (22000), then parsers for FUZZ_SECONDS each (60)
fuzz:
	@scripts/deps packaging/debian-build.txt packaging/debian-test.txt
	@scripts/configure build-differ --buildtype=release -Dtests=true
	@ninja -C build-differ tests/differ/differ
	@build-differ/tests/differ/differ --seed $(or $(FUZZ_SEED),1) --rulesets $(or $(FUZZ_RULESETS),22000)
	@CC=clang scripts/configure build-fuzz -Dfuzz=true -Dtests=false -Db_lundef=false
	@ninja -C build-fuzz
	@scripts/fuzz build-fuzz $(or $(FUZZ_SECONDS),60)

# Plants faults in the model, one after the other, for the fuzzer to find
plant:
	@scripts/deps packaging/debian-build.txt packaging/debian-test.txt
	@tests/differ/plant

# Writes the expected screens in tests/golden anew
golden:
	@scripts/deps packaging/debian-build.txt packaging/debian-test.txt
	@scripts/configure build-golden -Dtests=true
	@ninja -C build-golden
	@SEAWALL_GOLDEN=tests/golden SEAWALL_GOLDEN_UPDATE=1 build-golden/tests/unit/test_report
	@SEAWALL_GOLDEN=tests/golden SEAWALL_GOLDEN_UPDATE=1 build-golden/tests/unit/test_explain_report

# Writes docs/publishing.md anew, by what the tools do in the lab
docs-publishing:
	@scripts/deps tests/lab/packages-debian.txt
	@SEAWALL_PUBLISHING_UPDATE=1 tests/lab/run --engine debian12,sid --timeout 900 publishing
	@tests/lab/publishing/render >docs/publishing.md

# The Debian package and a source tarball, in build-deb
deb:
	@scripts/deps packaging/debian-build.txt packaging/debian-deb.txt
	@scripts/deb build-deb

# Program, man page, completions and licence below DESTDIR and PREFIX
install: build
	@meson configure $(BUILD) -Dprefix=$(PREFIX)
	@meson install -C $(BUILD) --quiet

# Takes away what install put there
uninstall:
	@scripts/uninstall $(BUILD)

# Formats all C sources
format:
	@scripts/sources c | xargs clang-format -i

# clang-tidy on all sources
tidy:
	@CC=clang scripts/configure build-tidy -Dtests=false
	@ninja -C build-tidy
	@scripts/tidy build-tidy

# Installs what building and testing need (Debian, root)
deps:
	@scripts/deps packaging/debian-build.txt packaging/debian-test.txt tests/lab/packages-debian.txt

# Removes all build directories
clean:
	@rm -rf $(BUILD) build-check build-deb build-differ build-fuzz build-golden build-tidy

# This list
help:
	@awk '/^# /{text=substr($$0,3)} /^[a-z-]+:/{name=$$1; sub(":.*","",name); \
	if(text!="")printf "  make %-14s %s\n",name,text; text=""} /^$$/{text=""}' Makefile
