#!/bin/sh
# The whole program under MQTT load: journal with fsync, pipeline and store included. bench/mqtt.sh [SECONDS] [FOLDER]
# Needs: cmake --preset bench && cmake --build --preset bench --target bypuls mqtt_load mqtt_listeners
set -eu
cd "$(dirname "$0")/.."
seconds=${1:-15}
folder=$(mktemp -d "${2:-.}/mqtt-bench.XXXXXX")
port=$((20000 + $$ % 20000))
ulimit -n "$(ulimit -H -n)"
mkdir -p "$folder/web/.vite"
echo '{}' > "$folder/web/.vite/manifest.json"
printf '[server]\nlisten = "127.0.0.1:0"\nweb = "%s/web"\n[mqtt]\nlisten = "127.0.0.1:%s"\n[ingest]\nin_flight = "256 MiB"\n' \
  "$folder" "$port" > "$folder/bypuls.toml"
key=$(build/bench/bypuls token create --data "$folder/data" --name load --scope ingest,read,admin | tail -1)
build/bench/bypuls serve --config "$folder/bypuls.toml" --data "$folder/data" > "$folder/log" 2>&1 &
town=$!
trap 'kill $town 2>/dev/null || true; wait $town 2>/dev/null || true; rm -rf "$folder"' EXIT
for _ in $(seq 100); do
  grep -q '"message":"serving"' "$folder/log" && break
  sleep 0.1
done
url=$(sed -n 's/.*"message":"serving","address":"\([^"]*\)".*/\1/p' "$folder/log")
om=http://www.opengis.net/def/observationType/OGC-OM/2.0/OM_Measurement
datastream=$(curl -s -D - -o /dev/null "$url/sta/v1.1/Datastreams" -H "Authorization: Bearer $key" -H 'Content-Type: application/json' -d '{
  "name": "level", "description": "", "observationType": "'$om'",
  "unitOfMeasurement": {"name": "metre", "symbol": "m", "definition": "ucum:m"},
  "Thing": {"name": "well", "description": "", "Locations": [{"name": "there", "description": "",
    "encodingType": "application/geo+json", "location": {"type": "Point", "coordinates": [10.2, 59.7]}}]},
  "ObservedProperty": {"name": "level", "definition": "http://example.org/level", "description": ""},
  "Sensor": {"name": "gauge", "description": "", "encodingType": "text/plain", "metadata": "a gauge"}}' |
  sed -n 's/.*Datastreams(\([0-9]*\)).*/\1/p')
build/bench/bench/mqtt_listeners idle "$port" "$key" 10000 $town
build/bench/bench/mqtt_listeners told "$port" "$key" 1000 200 "$datastream"
build/bench/bench/mqtt_load "$port" "$key" 100 3 100 1 > /dev/null
build/bench/bench/mqtt_load "$port" "$key" 100 "$seconds" 100 1
build/bench/bench/mqtt_load "$port" "$key" 100 "$seconds" 100 2
