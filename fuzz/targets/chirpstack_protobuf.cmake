fuzz_target(NAME chirpstack_protobuf USES platform/ingest/lorawan)
