fuzz_target(NAME iso8601 USES core/time)
