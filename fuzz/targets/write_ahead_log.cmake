fuzz_target(NAME write_ahead_log USES platform/database core/simulated)
