fuzz_target(NAME border USES platform/pages core/words)
