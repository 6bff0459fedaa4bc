#!/bin/sh
# The whole program under MQTT load: journal with fsync, pipeline and store included. bench/mqtt.sh [SECONDS] [FOLDER]
# Needs: cmake --preset bench && cmake --build --preset bench --target bypuls mqtt_load
set -eu
cd "$(dirname "$0")/.."
seconds=${1:-15}
folder=$(mktemp -d "${2:-.}/mqtt-bench.XXXXXX")
port=$((20000 + $$ % 20000))
mkdir -p "$folder/web/.vite"
echo '{}' > "$folder/web/.vite/manifest.json"
printf '[server]\nlisten = "127.0.0.1:0"\nweb = "%s/web"\n[mqtt]\nlisten = "127.0.0.1:%s"\n[ingest]\nin_flight = "256 MiB"\n' \
  "$folder" "$port" > "$folder/bypuls.toml"
key=$(build/bench/bypuls token create --data "$folder/data" --name load --scope ingest,read | tail -1)
build/bench/bypuls serve --config "$folder/bypuls.toml" --data "$folder/data" > "$folder/log" 2>&1 &
town=$!
trap 'kill $town 2>/dev/null || true; wait $town 2>/dev/null || true; rm -rf "$folder"' EXIT
for _ in $(seq 100); do
  grep -q '"message":"serving"' "$folder/log" && break
  sleep 0.1
done
build/bench/bench/mqtt_load "$port" "$key" 100 3 100 1 > /dev/null
build/bench/bench/mqtt_load "$port" "$key" 100 "$seconds" 100 1
build/bench/bench/mqtt_load "$port" "$key" 100 "$seconds" 100 2
