# Crossdesk. Each target is a few lines; the work is in deploy/local/*.
.PHONY: run up down test check fmt bench openapi setup

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

test: ## Sets up what the tests need and runs all of them
	deploy/local/setup postgresql rabbitmq curl
	cargo build -p localpg
	deploy/local/with-services cargo test --workspace

check: ## Formatting and lints; the layer rule is a test
	cargo fmt --all --check
	cargo clippy --workspace --all-targets -- -D warnings

fmt:
	cargo fmt --all

bench: ## Loan create, get and list through the gateway, beside pgbench on the same PostgreSQL
	deploy/local/setup postgresql
	cargo build --release -p crossdesk -p bench
	target/release/bench $(BENCH)

openapi: ## Writes each service's openapi.json from its code
	UPDATE_OPENAPI=1 cargo test --workspace what_the_code_says

setup: ## Only the set-up
	deploy/local/setup postgresql rabbitmq
