bench_target(NAME csv USES platform/ingest/csv)
