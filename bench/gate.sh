#!/bin/sh
# From a reading's POST to the internal plane until a process of the public plane alone tells it.
#   bench/gate.sh [READINGS]
# Needs: cmake --preset bench && cmake --build --preset bench --target bypuls, and the web app (tools/web_build.sh)
set -eu
cd "$(dirname "$0")/.."
BYPULS_PROGRAM=${BYPULS_PROGRAM:-build/bench/bypuls} exec tools/node bench/gate.ts "$@"
