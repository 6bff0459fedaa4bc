fuzz_target(NAME message USES platform/ingest)
