# Sourced by the measurements of the whole program: begins a town on a free port, in a folder that goes with it.
#   begin_town FOLDER SETTINGS [ARGUMENTS OF serve]      makes $folder, $key, $town (its process) and $url
#   stop_town                                            ends $town in order, so that all of its readings have settled
begin_town() {
  folder=$1
  settings=$2
  shift 2
  mkdir -p "$folder/web/.vite"
  echo '{}' > "$folder/web/.vite/manifest.json"
  printf '[server]\nlisten = "127.0.0.1:0"\nweb = "%s/web"\n[ingest]\nin_flight = "256 MiB"\n%s' "$folder" "$settings" \
    > "$folder/bypuls.toml"
  key=$(build/bench/bypuls token create --data "$folder/data" --name load --scope ingest,read,admin | tail -1)
  build/bench/bypuls serve --config "$folder/bypuls.toml" --data "$folder/data" "$@" > "$folder/log" 2>&1 &
  town=$!
  trap 'kill $town 2>/dev/null || true; wait $town 2>/dev/null || true; rm -rf "$folder"' EXIT
  for _ in $(seq 100); do
    grep -q '"message":"serving"' "$folder/log" && break
    sleep 0.1
  done
  url=$(sed -n 's/.*"message":"serving","address":"\([^"]*\)".*/\1/p' "$folder/log" | tail -1)
}
stop_town() {
  kill "$town"
  wait "$town" || true
}
