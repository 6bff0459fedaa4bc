fuzz_target(NAME idempotency_key USES platform/ingest/routes)
