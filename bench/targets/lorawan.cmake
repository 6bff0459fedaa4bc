bench_target(NAME lorawan USES platform/ingest/lorawan)
