# Crossdesk. Each target is a few lines; the work is in deploy/local/*.
.PHONY: run up down test check check-k8s check-upgrade faults faults-long faults-prove faults-figures audit fmt bench openapi setup

run: ## Everything in one process on http://127.0.0.1:8080, from nothing
	deploy/local/setup postgresql
	cargo build --release
	CROSSDESK__LOG__FORMAT=$${CROSSDESK__LOG__FORMAT:-text} exec target/release/crossdesk serve

up: ## The distributed form on this machine: each service its own process, RabbitMQ, PostgreSQL
	deploy/local/setup postgresql rabbitmq
	cargo build --release --workspace
	deploy/local/up

down: ## Stops what `make up` started
	deploy/local/down

test: ## Sets up what the tests need and runs all of them; then starts each service the way its container does
	deploy/local/setup postgresql rabbitmq curl openssl
	cargo build -p localpg
	deploy/local/with-services cargo test --workspace
	deploy/check/image --prove

check: check-k8s ## Formatting and lints; the layer rule is a test
	cargo fmt --all --check
	cargo clippy --workspace --all-targets -- -D warnings

check-k8s: ## Renders and checks what is deployed on Kubernetes, alerts and dashboard; installs the tools it needs
	deploy/check/k8s --prove

check-upgrade: ## Upgrades a running system from the programs of the release before, built from the history
	deploy/local/setup postgresql rabbitmq
	deploy/check/upgrade

faults: ## Breaks the distributed form in many ways; nothing may be lost or doubled
	deploy/local/setup postgresql rabbitmq
	cargo build --workspace --features chassis/failpoints
	target/debug/faults gate $(FAULTS)

faults-long: ## The same in random order: make faults-long SECONDS=3600, and SEED=… for the same order again
	deploy/local/setup postgresql rabbitmq
	cargo build --workspace --features chassis/failpoints
	target/debug/faults long --seconds $(SECONDS) $(if $(SEED),--seed $(SEED))

faults-prove: ## Switches classic bugs on, one by one; a scenario must catch each
	deploy/local/setup postgresql rabbitmq
	cargo build --workspace --features chassis/failpoints,faults/bugs,loan-support/bug-lost-update,mas-gateway/bug-new-key
	target/debug/faults prove $(FAULTS)

faults-figures: ## How long events take, and how fast a backlog drains
	deploy/local/setup postgresql rabbitmq
	cargo build --release --workspace
	target/release/faults latency
	target/release/faults backlog

audit: ## Licences, sources and bans of all dependencies, and what is known against them; a bill of materials for each program
	deploy/check/audit

fmt:
	cargo fmt --all

bench: ## Loan beside pgbench on the same PostgreSQL, and create and read of every other line, through the gateway
	deploy/local/setup postgresql
	cargo build --release -p crossdesk -p bench
	target/release/bench $(BENCH)

openapi: ## Writes each service's openapi.json from its code
	UPDATE_OPENAPI=1 cargo test --workspace what_the_code_says

setup: ## Only the set-up
	deploy/local/setup postgresql rabbitmq
