# Every recipe runs what CI runs: the steps of .ci/run. `cargo` alone is enough for daily work; `just` is a shorter spelling.

# All recipes
default:
    @just --list

# The whole gate, as CI runs it
ci:
    .ci/run

# Formatting of Rust and TOML, spelling
fmt:
    cargo fmt --all
    .ci/run format text

# Clippy with warnings as errors, every target and feature, and the benchmarks
lint:
    .ci/run lint bench

# Rustdoc with warnings as errors
docs:
    .ci/run docs

# Unit, integration and documentation tests
test:
    .ci/run tests

# The embedded server and all three clients, in one program
quickstart:
    .ci/run quickstart

# Every library alone, without features and with each feature
features:
    .ci/run features

# What sigv4-core depends on, the minimum Rust version, licences, bans and sources
tree:
    .ci/run tree msrv licences

# Signing cases of ../shared/vectors, if they are there
vectors:
    .ci/run vectors

# Tests against real servers on loopback; needs Python 3.11
live:
    .ci/run live

# A shell with those servers up
servers *OPTIONS:
    tests/live/with-servers {{ OPTIONS }} bash

# Each crate as crates.io would get it
package:
    .ci/run package

# Record anew what botocore and the CRT sign (tests/oracles)
oracles *OPTIONS:
    python3 -m venv .venv/oracles
    .venv/oracles/bin/pip install --quiet --requirement tests/oracles/requirements.txt
    .venv/oracles/bin/python tests/oracles/record.py {{ OPTIONS }}

# Known vulnerabilities of dependencies: needs the advisory database, so it is no part of the gate. Run it on a schedule
advisories:
    cargo deny --locked check advisories
