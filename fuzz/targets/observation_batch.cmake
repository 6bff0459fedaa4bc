fuzz_target(NAME observation_batch USES platform/ingest/observations)
