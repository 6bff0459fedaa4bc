#!/bin/sh
# The whole program under the load of SensorThings clients: journal with fsync, pipeline and store included.
#   bench/sensorthings.sh [--town DATASTREAMS] [SECONDS] [FOLDER]
# FOLDER must be on a disk. --town makes so many datastreams with a day of readings, and asks for what is latest and how many
# there are, from the request to the last byte.
# Needs: cmake --preset bench && cmake --build --preset bench --target bypuls sensorthings_load
set -eu
cd "$(dirname "$0")/.."
town_of=
if [ "${1:-}" = --town ]; then
  town_of=$2
  shift 2
fi
seconds=${1:-15}
. bench/town.sh
begin_town "$(mktemp -d -p "${2:-.}")" "" --anonymous-writes
if [ -n "$town_of" ]; then
  build/bench/bench/sensorthings_load "${url##*:}" town "$town_of"
else
  build/bench/bench/sensorthings_load "${url##*:}" "$seconds"
fi
