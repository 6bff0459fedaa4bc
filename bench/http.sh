#!/usr/bin/env bash
# Requests per second and latency of a small JSON document and a 20 kB page: ours and nginx with the same bodies, in
# turns on the same machine, server on one core and wrk on another. Prints a table in Markdown.
#
#   bench/http.sh [path of http_serve] [seconds per measurement]
#
# Needs wrk and nginx-light (packages.txt, [bench]) and a build with the preset `bench`.
set -euo pipefail
here=$(cd "$(dirname "$0")/.." && pwd)
serve=${1:-$here/build/bench/bench/http_serve}
seconds=${2:-5}
work=$(mktemp -d)
trap 'kill ${ours:-} ${peer:-} 2>/dev/null || true; rm -rf "$work"' EXIT

printf '{"place":"landfalltjern","name":"Landfalltjern","water_temperature":18.4,"at":"2024-07-04T12:00:00Z","age_s":312}' \
  > "$work/small.json"
{
  printf '<!doctype html><title>page</title>'
  for i in $(seq 1 400); do printf '<p>Line %03d of a page for the bench.</p>\n' "$i"; done
} | head -c 20000 > "$work/page.html"

taskset -c 0 "$serve" "$work" > "$work/port" &
ours=$!
peer_port=$("$serve" --free-port)
cat > "$work/nginx.conf" <<CONF
daemon off; worker_processes 1; pid $work/nginx.pid; error_log $work/error.log;
events { worker_connections 1024; }
http {
  access_log off; sendfile on; tcp_nopush on; open_file_cache max=10; keepalive_requests 100000000;
  client_body_temp_path $work/b; proxy_temp_path $work/p; fastcgi_temp_path $work/f; uwsgi_temp_path $work/u;
  scgi_temp_path $work/s;
  types { application/json json; text/html html; }
  server { listen 127.0.0.1:$peer_port; root $work; }
}
CONF
chmod 755 "$work"; chmod 644 "$work"/*.json "$work"/*.html
taskset -c 0 nginx -c "$work/nginx.conf" -e "$work/error.log" &
peer=$!
for _ in $(seq 1 200); do
  [ -s "$work/port" ] && curl -sf -o /dev/null "http://127.0.0.1:$peer_port/small.json" && break
  sleep 0.05
done

cat > "$work/report.lua" <<'LUA'
done = function(summary, latency, requests)
  local failed = summary.errors.connect + summary.errors.read + summary.errors.write + summary.errors.status + summary.errors.timeout
  io.write(string.format("RESULT %.0f %.2f %.2f %d\n", summary.requests / (summary.duration / 1e6),
    latency:percentile(50) / 1000, latency:percentile(99) / 1000, failed))
end
LUA

cpu_us() { awk '{print $14 + $15}' "/proc/$1/stat"; }  # in ticks of 10 ms

measure() {  # name port pid path
  local before after line
  before=$(cpu_us "$3")
  line=$(taskset -c 1 wrk -t1 -c32 -d"${seconds}s" -s "$work/report.lua" "http://127.0.0.1:$2$4" | grep '^RESULT')
  after=$(cpu_us "$3")
  # shellcheck disable=SC2086
  set -- "$1" "$4" $line $((after - before))
  awk -v name="$1" -v path="$2" -v rate="$4" -v p50="$5" -v p99="$6" -v failed="$7" -v ticks="$8" -v s="$seconds" \
    'BEGIN { printf "| %s | %s | %d | %.2f | %.2f | %.1f | %d |\n", path, name, rate, p50, p99, ticks * 10000 / (rate * s), failed }'
}

echo "| document | server | GET/s | p50 ms | p99 ms | server CPU us/request | failed |"
echo "| --- | --- | ---: | ---: | ---: | ---: | ---: |"
peer_worker=$(pgrep -P "$peer")
for path in /small.json /page.html; do
  measure bypuls "$(cat "$work/port")" "$ours" "$path"
  measure nginx "$peer_port" "$peer_worker" "$path"
done
echo
echo "wrk, 1 thread, 32 connections, ${seconds} s each; $(nginx -v 2>&1 | cut -d/ -f2); load before: $(cut -d' ' -f1 /proc/loadavg); $(nproc) cores"
