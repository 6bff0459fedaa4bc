fuzz_target(NAME mqtt_packet USES platform/mqtt)
