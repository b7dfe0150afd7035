# Tillbell. `make` alone says what there is.

SHELL := /bin/bash
STATE := .local
# The laptop's program and the owner's.
LOCAL := $(STATE)/bin/local
TILLBELL := $(STATE)/bin/tillbell
TILLBELL_FLAGS = --laptop $(STATE) $(if $(GATEWAY),--gateway '$(GATEWAY)') $(if $(URL),--url '$(URL)')
# The race detector needs a C compiler; without one the tests run all the same.
RACE := $(if $(filter 1,$(shell go env CGO_ENABLED)),-race)

.DEFAULT_GOAL := help

.PHONY: help
help: ## what there is
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-16s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

.PHONY: run
run: PROGRAMS := 6
run: $(LOCAL) ## the whole system on this laptop, until Ctrl-C (QUIET=1 plays no sample purchase)
	@exec $(LOCAL) run --state $(STATE) $(if $(QUIET),--quiet)

# What is typed behind make buy reaches the command as it was typed, whatever $ and quotes it has: by the environment, which
# neither make nor the shell interprets. What is not known there the command refuses.
ifneq ($(filter buy,$(MAKECMDGOALS)),)
BUY := $(foreach v,$(filter-out STATE,$(.VARIABLES)),$(if $(filter command,$(firstword $(origin $(v)))),$(v)))
BUY += $(foreach v,EVENT ITEMS SESSION N MISSED PRODUCT PRICE,$(if $(filter environment,$(origin $(v))),$(v)))
$(foreach v,$(BUY),$(eval export BUY_$(v) := $$(value $(v))))
endif

.PHONY: buy
buy: $(LOCAL) ## a purchase on the running system: PRODUCT=prod_… of your own, EVENT=name of a sample, SESSION=cs_… what becomes of one (HELP=1 lists all)
	@exec $(LOCAL) buy --state $(STATE) $(foreach v,$(BUY),"$(v)=$$BUY_$(v)")

.PHONY: chaos
chaos: $(LOCAL) ## 1,000 purchases on a new system while everything is killed at random (N=150 FOR=60s SEED=1)
	@go build -o $(STATE)/bin/chaos ./e2e/chaos/cmd
	@exec $(STATE)/bin/chaos --state $(STATE)/chaos --bin $(STATE)/bin $(if $(N),--purchases $(N)) $(if $(FOR),--for $(FOR)) $(if $(SEED),--seed $(SEED))

.PHONY: bench
bench: $(LOCAL) ## the functions beside the alternatives, measured; writes docs/performance.* (QUICK=1 a minute, and writes nothing; SALES=1 whole sales alone)
	@go -C e2e/bench build -o $(abspath $(STATE))/bin/bench ./cmd
	@exec $(STATE)/bin/bench --state $(STATE)/bench --bin $(STATE)/bin $(if $(QUICK),--quick) $(if $(SALES),--sales)

.PHONY: check-catalogue
check-catalogue: $(TILLBELL) ## who gets which e-mail for what, or what is wrong with that (CATALOGUE=file.yml)
	@$(TILLBELL) check $(if $(CATALOGUE),--catalogue '$(CATALOGUE)')

.PHONY: starter
starter: ## the shop that a new owner starts with, in place of send-email/catalogue.yml and send-email/templates
	@test -z "$$(git status --porcelain -- send-email/catalogue.yml send-email/templates)" || \
		{ echo "commit or stash your changes of send-email/catalogue.yml and send-email/templates first: they would be overwritten"; exit 1; }
	@rm -rf send-email/templates
	@cp -R internal/sample/starter/catalogue.yml internal/sample/starter/templates send-email/

.PHONY: templates
templates: $(TILLBELL) ## publish the e-mails' templates to SendGrid, or without SENDGRID_SETUP_KEY to the running laptop's (YES=1 asks nothing, DRY_RUN=1 changes nothing, ACCOUNT=name)
	@exec $(TILLBELL) templates --laptop $(STATE) $(if $(YES),--yes) $(if $(DRY_RUN),--dry-run) $(if $(OVERWRITE),--overwrite) $(if $(ACCOUNT),--account '$(ACCOUNT)')

.PHONY: doctor
doctor: $(TILLBELL) ## what is wrong with this setup, and what to do; changes nothing (ONLY=before or after, GATEWAY=url URL=https://your.host DATABASE_MB=512)
	@$(TILLBELL) doctor $(TILLBELL_FLAGS) $(if $(ONLY),--only '$(ONLY)') $(if $(DATABASE_MB),--database-mb '$(DATABASE_MB)')

.PHONY: secrets
secrets: $(TILLBELL) ## put the functions' secrets in place, asking for what .env does not say (ONLY=name,name NEW_KEY=1)
	@exec $(TILLBELL) secrets $(TILLBELL_FLAGS) $(if $(ONLY),--only '$(ONLY)') $(if $(NEW_KEY),--new-key)

.PHONY: endpoint
endpoint: $(TILLBELL) ## register or correct the webhook endpoint at Stripe (URL=https://your.host YES=1 DRY_RUN=1 NEW=1)
	@exec $(TILLBELL) endpoint $(TILLBELL_FLAGS) $(if $(YES),--yes) $(if $(DRY_RUN),--dry-run) $(if $(NEW),--new)

.PHONY: up
up: $(TILLBELL) ## doctor, build, push, deploy, doctor, and a test purchase (REGISTRY=name TAG=name NO_BUILD=1 FORCE=1 NO_PURCHASE=1)
	@exec $(TILLBELL) up $(TILLBELL_FLAGS) $(if $(FORCE),--force) $(if $(NO_BUILD),--no-build) $(if $(NO_PURCHASE),--no-purchase)

.PHONY: tillbell
tillbell: $(TILLBELL) ## the owner's program, as .local/bin/tillbell: see orders, send again, check, publish, deploy
	@$(TILLBELL)

.PHONY: build
build: PROGRAMS := 8
build: $(LOCAL) ## the real parts and the functions, as make run builds them, with faas-cli and stripe-mock
	@exec $(LOCAL) build --state $(STATE)

.PHONY: images
images: $(TILLBELL) ## the functions' images without Docker, in build/images (PUSH=1 BASE=image WATCHDOG=image PLATFORMS=linux/amd64,linux/arm64)
	@exec $(TILLBELL) images --scratch $(STATE)/images-build $(if $(PUSH),--push) $(if $(BASE),--base '$(BASE)') $(if $(WATCHDOG),--watchdog '$(WATCHDOG)') $(if $(PLATFORMS),--platform '$(PLATFORMS)')

.PHONY: binaries
binaries: $(TILLBELL) ## the functions' programs as the images have them, in build/binaries, and how large they are (PLATFORMS=linux/amd64, one alone)
	@exec $(TILLBELL) binaries --scratch $(STATE)/images-build $(if $(PLATFORMS),--platform '$(PLATFORMS)')

.PHONY: faas-cli
faas-cli: ## OpenFaaS's command line, as .local/bin/faas-cli
	@mkdir -p $(STATE)/bin
	CGO_ENABLED=0 go -C local/parts build -trimpath -o $(abspath $(STATE))/bin/faas-cli github.com/openfaas/faas-cli

# What waits runs beside what computes, which gives way to it.
BESIDE := @$(MAKE) --no-print-directory -j 2
GIVE_WAY := nice -n 5
# All packages but those that need the whole system or minutes.
PACKAGES := go list ./... | grep -v -E '/e2e(/home|/shops|/simulation)?$$' | sort
# Those whose goroutines share what they change. The race detector makes a test up to twenty times
# slower, so make test has it watch these alone, and make prove the others.
CONCURRENT := go list ./stripe-webhook/... ./send-email/... ./internal/mongodb ./internal/openfaas \
	./local/mongod/... ./local/provider ./local/process ./local/relay ./local/fault | sort

.PHONY: test
test: ## everything that can be tested on one machine in minutes, from unit to end to end
	$(BESIDE) test-system test-packages

.PHONY: test-system
test-system:
	go test -count=1 -timeout 30m -skip '^TestProve' ./e2e ./e2e/home

.PHONY: test-packages
test-packages:
	$(GIVE_WAY) go test -shuffle=on $$(comm -23 <($(PACKAGES)) <($(CONCURRENT)))
	$(GIVE_WAY) go test $(RACE) -shuffle=on $$($(CONCURRENT))
	cd template/golang-http && $(GIVE_WAY) go test $(RACE) -shuffle=on ./...
	$(GIVE_WAY) go test -count=1 -skip '^TestProve' ./e2e/simulation -seeds 1000 -ends 30

.PHONY: prove
prove: ## what takes longer: 10,000 seeds and mutants, minutes of chaos, redeploys, siege, images, shops, races, fuzzing
	$(BESIDE) prove-system prove-packages

.PHONY: prove-system
prove-system:
	go test $(RACE) -count=1 -timeout 45m -run '^Test(Prove|Store|FaultyDatabase)' ./e2e ./e2e/home
	go test -count=1 -timeout 30m ./e2e/shops
	cd e2e/bench && go test $(RACE) -count=1 ./...
	@$(MAKE) --no-print-directory fuzz FUZZTIME=20s JOBS=2 PARALLEL=1

.PHONY: prove-packages
prove-packages:
	$(GIVE_WAY) go test -count=1 -timeout 30m ./e2e/simulation
	$(if $(RACE),$(GIVE_WAY) go test $(RACE) -shuffle=on -timeout 30m $$(comm -23 <($(PACKAGES)) <($(CONCURRENT))))

.PHONY: shops
shops: ## 21 shops that owners may have through the image build, seven with a mistake, and one through make run to its e-mails
	go test -count=1 -timeout 30m ./e2e/shops

.PHONY: simulate
simulate: ## both functions under every fault, by seeds (SEEDS=10000 FIRST=1; one that fails tells its history)
	go test -count=1 -timeout 10h -v -run '^TestSimulation$$' ./e2e/simulation -seeds $(or $(SEEDS),10000) -first $(or $(FIRST),1)

.PHONY: fuzz
fuzz: ## what others send, made up at random (FUZZTIME=1m each, JOBS=1 targets at a time, PARALLEL=1 workers each)
	@set -o pipefail; git grep -l "^func Fuzz" -- '*_test.go' | xargs -n 1 dirname | sort -u | while read -r package; do \
		go test -list '^Fuzz' ./$$package | sed -n "s|^Fuzz|$$package &|p" || exit 255; \
	done | FUZZTIME=$(or $(FUZZTIME),1m) PARALLEL=$(PARALLEL) xargs -P $(or $(JOBS),1) -L 1 bash local/fuzz.sh

# A linter keeps what it has loaded: collecting garbage less often halves its time, for half a GB.
LINTER := GOGC=400 go tool -modfile=$(CURDIR)/local/tools/go.mod

.PHONY: lint
lint: ## gofmt, go vet, staticcheck, actionlint, and gosec for what is deployed
	@unformatted=$$(git ls-files '*.go' | xargs gofmt -l); test -z "$$unformatted" || { echo "Run gofmt -w on: $$unformatted"; exit 1; }
	go mod tidy -diff
	$(BESIDE) lint-all lint-deployed

.PHONY: lint-all
lint-all:
	go vet ./...
	cd template/golang-http && go vet ./...
	$(LINTER) staticcheck ./...
	cd e2e/bench && go mod tidy -diff && go vet ./... && $(LINTER) staticcheck ./...
	$(LINTER) actionlint

.PHONY: lint-deployed
lint-deployed:
	$(LINTER) gosec -quiet ./internal/... ./stripe-webhook/... ./send-email/...
	cd template/golang-http && $(LINTER) gosec -quiet ./...

.PHONY: clean
clean: ## remove what was built and what the laptop stored
	rm -rf $(STATE) build

# Go itself knows best what has changed. With the same settings as for the parts and the functions, what
# they share is compiled once, and half as long where the compiler collects no garbage below 1 GiB. What
# make run builds first is announced among what it builds.
BUILD_LOCAL := CGO_ENABLED=0 GOGC=off GOMEMLIMIT=1GiB go build -trimpath -ldflags='-s -w'
LAPTOP = build the laptop's own program (1 of $(PROGRAMS))
.PHONY: $(LOCAL)
$(LOCAL):
	@mkdir -p $(dir $(LOCAL))
	@first=; test -e $(LOCAL) || first=$(PROGRAMS); \
	test -z "$$first" || echo "… $(LAPTOP)"; \
	$(BUILD_LOCAL) -o $(LOCAL) ./local || exit 1; \
	test -z "$$first" || echo "✓ $(LAPTOP) $$SECONDS s"

.PHONY: $(TILLBELL)
$(TILLBELL):
	@mkdir -p $(dir $(TILLBELL))
	@CGO_ENABLED=0 go build -trimpath -ldflags='-s -w' -o $(TILLBELL) ./cmd/tillbell
