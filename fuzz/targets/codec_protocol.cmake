fuzz_target(NAME codec_protocol USES platform/ingest/codecs)
