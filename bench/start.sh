#!/usr/bin/env bash
# The whole program over a town's year: from its start to the first answer by HTTP, and what it holds in memory then.
#   bench/start.sh [--town 5000] [--hours 8760] [FOLDER]
# FOLDER must be on a disk. The readings come by the program's own way in, about a million a second, and have settled before
# it is started anew; then its files are in the machine's cache, as they are when a program is started anew after an update.
# Needs: cmake --preset bench && cmake --build --preset bench --target bypuls sensorthings_load http_serve
set -euo pipefail
cd "$(dirname "$0")/.."
count=5000 hours=8760 starts=5
while [ $# -gt 1 ]; do
  case "$1" in
    --town) count=$2 ;;
    --hours) hours=$2 ;;
    *) sed -n '2,6p' "$0"; exit 2 ;;
  esac
  shift 2
done
. bench/town.sh
begin_town "$(mktemp -d -p "${1:-.}")" "" --anonymous-writes
echo "| what | goal | measured |"
echo "| --- | --- | --- |"
build/bench/bench/sensorthings_load "${url##*:}" lay "$count" "$hours"
stop_town

asked='/sta/v1.1/Observations?$count=true&$top=1'
readings=$((count * hours))
took=() resident=0 own=0
for _ in $(seq $starts); do
  port=$(build/bench/bench/http_serve --free-port)
  began=$(date +%s%N)
  build/bench/bypuls serve --config "$folder/bypuls.toml" --data "$folder/data" --listen "127.0.0.1:$port" \
    --anonymous-writes >> "$folder/log" 2>&1 &
  town=$!
  # --retry-delay counts whole seconds.
  until answer=$(curl -sfg "http://127.0.0.1:$port$asked"); do
    kill -0 $town 2>/dev/null || { tail -5 "$folder/log" >&2; exit 1; }
    sleep 0.01
  done
  took+=($((($(date +%s%N) - began) / 1000000)))
  case "$answer" in
    *'"@iot.count":'$readings[,}]*) ;;
    *) echo "not all $readings are counted: ${answer:0:200}" >&2; exit 1 ;;
  esac
  resident=$(awk '/^VmRSS/ { print int($2 / 1024) }' "/proc/$town/status")
  own=$(awk '/^RssAnon/ { print int($2 / 1024) }' "/proc/$town/status")
  stop_town
done
sorted=($(printf '%s\n' "${took[@]}" | sort -n))
bytes=$(du -sb "$folder/data" | cut -f1)
printf '| the whole program over %s datastreams and %s readings, %s MiB on disk: start to the first answer by HTTP | < 1 s | %s–%s ms, median %s (%s starts) |\n' \
  "$count" "$readings" "$((bytes >> 20))" "${sorted[0]}" "${sorted[-1]}" "${sorted[$((starts / 2))]}" "$starts"
printf '| resident after that answer | < 256 MiB | %s MiB, of which %s MiB are its own |\n' "$resident" "$own"
