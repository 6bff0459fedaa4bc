#!/usr/bin/env bash
# The same line protocol to Bypuls, VictoriaMetrics and InfluxDB, one after another on the same machine, 10 000 points a
# request on eight connections; then the files they made, their memory and their answers. Prints tables in Markdown.
#
#   bench/ingest.sh [--hours 8760] [--connections 8] [--build build/bench] [--folder FOLDER] [--program bypuls]
#
# Needs victoria-metrics and influxdb (packages.txt, [bench]) and a build with the preset `bench`. FOLDER must be on a
# disk, not in memory: half of what is measured is what a server does before it answers.
set -euo pipefail
here=$(cd "$(dirname "$0")/.." && pwd)
connections=8 hours=8760 build=$here/build/bench folder=${TMPDIR:-/tmp} bypuls=
while [ $# -gt 0 ]; do
  case "$1" in
    --hours) hours=$2 ;;
    --connections) connections=$2 ;;
    --build) build=$2 ;;
    --folder) folder=$2 ;;
    --program) bypuls=$2 ;;
    *) sed -n '2,8p' "$0"; exit 2 ;;
  esac
  shift 2
done
work=$(mktemp -d "$folder/ingest-bench-XXXXXX")
server=
finish() { [ -z "$server" ] || kill "$server" 2>/dev/null || true; rm -rf "$work"; }
trap finish EXIT
load=$build/bench/ingest_load
bypuls=${bypuls:-$build/bypuls}
free_port() { "$build/bench/http_serve" --free-port; }
await() {  # port path
  for _ in $(seq 1 400); do curl -sf -o /dev/null "http://127.0.0.1:$1$2" && return 0; sleep 0.05; done
  echo "no answer from $1$2" >&2; return 1
}
begin() { server=$!; await "$1" "$2"; }
stop() { kill "$server"; wait "$server" 2>/dev/null || true; server=; }
cpu_s() { awk -v hz="$(getconf CLK_TCK)" '{ print ($14 + $15) / hz }' "/proc/$server/stat"; }
rss_mib() { awk '/^VmHWM/ { print int($2 / 1024) }' "/proc/$server/status"; }
points=$((1000 * hours))

ask() {  # name, arguments of ingest_load query: a day, a month and a year of one series, over HTTP to the last byte
  local name=$1 span used
  shift
  for span in 24 744 8760; do
    used=$(cpu_s)
    queries+="| $name | $span h | $("$load" query --port "$port" --hours "$hours" --span "$span" --times 500 "$@" | awk '{ print $1 " | " $2 " | " $3 }')"
    queries+=" | $(awk -v a="$used" -v b="$(cpu_s)" 'BEGIN { printf "%.2f", (b - a) * 1000 / 500 }') |"$'\n'
  done
}

row() {  # name, promise, folder of its files, arguments of ingest_load send
  local name=$1 promise=$2 files=$3 figures used
  shift 3
  figures=$("$load" send --hours "$hours" --connections "$connections" "$@")
  used=$(cpu_s)
  # shellcheck disable=SC2086
  set -- "$name" "$promise" "$files" "$used" "$(rss_mib)" $figures
  awk -v n="$1" -v p="$2" -v cpu="$4" -v rss="$5" -v a="$6" -v d="$7" -v p50="$8" -v p99="$9" -v waits="${10}" -v all="$points" \
    'BEGIN { printf "| %s | %.2f | %.2f | %.0f | %.0f | %.2f | %d | %d | %s |\n", n, a / 1e6, d / 1e6, p50, p99, cpu / all * 1e6, rss, waits, p }'
}

echo "$points points of 1 000 series on $connections connections; load before: $(cut -d' ' -f1 /proc/loadavg); $(nproc) cores"
echo
echo "| server | acknowledged, million points/s | readable, million points/s | request p50 ms | p99 ms | server CPU µs/point | highest MiB | told to wait | what an answer promises |"
echo "| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | --- |"

# Bypuls
mkdir -p "$work/web/.vite"; echo '{}' > "$work/web/.vite/manifest.json"
printf '[server]\nlisten = "127.0.0.1:0"\nweb = "%s"\n' "$work/web" > "$work/bypuls.toml"
token=$("$bypuls" token create --data "$work/bypuls" --name bench --scope ingest,read | tail -1)
"$bypuls" serve --config "$work/bypuls.toml" --data "$work/bypuls" > "$work/log" 2>&1 &
server=$!
for _ in $(seq 1 400); do grep -q '"message":"serving"' "$work/log" && break; sleep 0.05; done
port=$(sed -n 's/.*"address":"http:\/\/127.0.0.1:\([0-9]*\)".*/\1/p' "$work/log" | tail -1)
row Bypuls "on disk: checksummed and synced" "$work/bypuls" \
  --port "$port" --path '/api/v2/write?precision=s' --token "$token" --drained bypuls_ingest_in_flight
# Each series became a datastream with a number of its own; which of them a number means is one to the figures.
queries=""
ask Bypuls --token "$token" --path '/sta/v1.1/Datastreams({datastream})/Observations?$top=10000&$select=phenomenonTime,result&$resultFormat=dataArray&$orderby=phenomenonTime&$filter=phenomenonTime%20ge%20{from_utc}%20and%20phenomenonTime%20lt%20{to_utc}'
stop
bypuls_bytes=$(du -sb "$work/bypuls/internal" | cut -f1)
blocks_bytes=$(du -cb "$work"/bypuls/internal/observations.db* | tail -1 | cut -f1)

# VictoriaMetrics
port=$(free_port)
victoria-metrics -storageDataPath "$work/victoria" -httpListenAddr "127.0.0.1:$port" -retentionPeriod 100y \
  -loggerLevel ERROR > "$work/victoria-log" 2>&1 &
begin "$port" /health
row VictoriaMetrics "in memory: written out within seconds, lost when the power goes" "$work/victoria" \
  --port "$port" --path '/write?precision=s'
curl -sf "http://127.0.0.1:$port/internal/force_flush" > /dev/null
ask VictoriaMetrics --path '/api/v1/export?match[]=air_celsius{sensor="s{series}"}&start={from}&end={to}'
stop
victoria_bytes=$(du -sb "$work/victoria" | cut -f1)

# InfluxDB
port=$(free_port); rpc=$(free_port)
cat > "$work/influx.conf" <<CONF
reporting-disabled = true
bind-address = "127.0.0.1:$rpc"
[meta]
  dir = "$work/influx/meta"
[data]
  dir = "$work/influx/data"
  wal-dir = "$work/influx/wal"
  cache-max-memory-size = "2g"
[http]
  bind-address = "127.0.0.1:$port"
  log-enabled = false
[logging]
  level = "error"
CONF
influxd -config "$work/influx.conf" > "$work/influx-log" 2>&1 &
begin "$port" /ping
curl -sf -XPOST "http://127.0.0.1:$port/query" --data-urlencode 'q=CREATE DATABASE bench' > /dev/null
row InfluxDB "in its write-ahead log, synced" "$work/influx" --port "$port" --path '/write?db=bench&precision=s'
ask InfluxDB --path '/query?db=bench&epoch=s&q=SELECT+celsius+FROM+air+WHERE+sensor%3D%27s{series}%27+AND+time%3E%3D{from}s+AND+time%3C{to}s'
stop
influx_bytes=$(du -sb "$work/influx" | cut -f1)

echo
echo "| server | bytes a point, all files right after the load |"
echo "| --- | ---: |"
awk -v n="$points" -v a="$bypuls_bytes" -v b="$blocks_bytes" -v c="$victoria_bytes" -v d="$influx_bytes" 'BEGIN {
  printf "| Bypuls, blocks | %.2f |\n| Bypuls, with the journal not yet cut and all else | %.2f |\n", b / n, a / n
  printf "| VictoriaMetrics | %.2f |\n| InfluxDB (not compacted yet) | %.2f |\n", c / n, d / n }'
echo
echo "| all points of one series, over HTTP | span | p50 ms | p99 ms | bytes | server CPU ms |"
echo "| --- | ---: | ---: | ---: | ---: | ---: |"
printf '%s' "$queries"
echo
echo "VictoriaMetrics $(dpkg-query -W -f '${Version}' victoria-metrics), InfluxDB $(dpkg-query -W -f '${Version}' influxdb)"
