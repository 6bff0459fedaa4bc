fuzz_target(NAME tts_json USES platform/ingest/lorawan)
