fuzz_target(NAME block USES platform/observations/blocks)
