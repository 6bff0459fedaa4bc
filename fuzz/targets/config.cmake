fuzz_target(NAME config USES core/config)
