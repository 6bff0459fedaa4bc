#!/bin/sh
# The whole program under MQTT load: journal with fsync, pipeline and store included. bench/mqtt.sh [SECONDS] [FOLDER]
# Needs: cmake --preset bench && cmake --build --preset bench --target bypuls mqtt_load mqtt_listeners
set -eu
cd "$(dirname "$0")/.."
seconds=${1:-15}
port=$((20000 + $$ % 20000))
ulimit -n "$(ulimit -H -n)"
. bench/town.sh
begin_town "$(mktemp -d -p "${2:-.}")" "[mqtt]
listen = \"127.0.0.1:$port\"
"
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
