fuzz_target(NAME chirpstack_json USES platform/ingest/lorawan)
