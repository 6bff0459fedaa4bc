#!/bin/sh
# The whole program under the load of SensorThings clients: journal with fsync, pipeline and store included.
# bench/sensorthings.sh [SECONDS] [FOLDER]; FOLDER must be on a disk.
# Needs: cmake --preset bench && cmake --build --preset bench --target bypuls sensorthings_load
set -eu
cd "$(dirname "$0")/.."
seconds=${1:-15}
folder=$(mktemp -d "${2:-.}/sensorthings-bench.XXXXXX")
mkdir -p "$folder/web/.vite"
echo '{}' > "$folder/web/.vite/manifest.json"
printf '[server]\nlisten = "127.0.0.1:0"\nweb = "%s/web"\n[ingest]\nin_flight = "256 MiB"\n' "$folder" > "$folder/bypuls.toml"
build/bench/bypuls serve --anonymous-writes --config "$folder/bypuls.toml" --data "$folder/data" > "$folder/log" 2>&1 &
town=$!
trap 'kill $town 2>/dev/null || true; wait $town 2>/dev/null || true; rm -rf "$folder"' EXIT
for _ in $(seq 100); do
  grep -q '"message":"serving"' "$folder/log" && break
  sleep 0.1
done
port=$(sed -n 's/.*"address":"http:\/\/127.0.0.1:\([0-9]*\)".*/\1/p' "$folder/log" | tail -1)
build/bench/bench/sensorthings_load "$port" "$seconds"
