#!/bin/sh
# The whole program under the load of SensorThings clients: journal with fsync, pipeline and store included.
# bench/sensorthings.sh [SECONDS] [FOLDER]; FOLDER must be on a disk.
# Needs: cmake --preset bench && cmake --build --preset bench --target bypuls sensorthings_load
set -eu
cd "$(dirname "$0")/.."
seconds=${1:-15}
. bench/town.sh
begin_town "$(mktemp -d -p "${2:-.}")" "" --anonymous-writes
build/bench/bench/sensorthings_load "${url##*:}" "$seconds"
