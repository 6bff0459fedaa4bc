bench_target(NAME line_protocol USES platform/ingest/line_protocol)
