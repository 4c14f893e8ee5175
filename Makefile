# Two commands do everything on a fresh machine: make demo, make test.
GO ?= go
export CGO_ENABLED ?= 0
# The same for tests and for what is shipped, so that nothing is compiled twice.
export GOFLAGS ?= -trimpath

.PHONY: build demo demo-programme test check bench bench-accuracy fuzz tools soak screens

build:
	$(GO) build -trimpath -o bin/miseban .

# Diagnoses the weak sample shop with the embedded default and shows the report.
demo: build
	./bin/miseban demo --data .demo --format html,pdf,xlsx
	@echo "open .demo/demo/report.html"

# Makes a sample programme of 152 applications and 50 places, and opens its board; Ctrl-C stops it.
demo-programme: build
	./bin/miseban demo-programme --data .demo-programme

# Installs what is missing (Chromium, PostgreSQL, fonts), then passes all tests on both databases.
test:
	./scripts/test.sh

# gofmt, vet, staticcheck, golangci-lint's place is taken by staticcheck; govulncheck where its database is reachable.
check:
	./scripts/check.sh

bench:
	./bench/run.sh

# Pairs of vulnerable and safe sites for the active checks; make bench-accuracy ARGS="-n 20 -classes sql -tools miseban,wapiti"
bench-accuracy:
	$(GO) run ./bench/accuracy $(ARGS)

fuzz:
	./scripts/fuzz.sh

# Ten minutes of kill -9 under load, on each database; SOAK=1m for less.
soak:
	./scripts/postgres.sh $(GO) test ./internal/cli -run TestSoak -v -count 1 -timeout 2h -soak $(or $(SOAK),10m)

# Pictures of every page into docs/screens, on sample data.
screens:
	rm -rf docs/screens && mkdir -p docs/screens
	$(GO) test ./internal/web -run '^TestScreens$$' -count 1 -screens $(CURDIR)/docs/screens
