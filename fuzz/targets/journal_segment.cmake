fuzz_target(NAME journal_segment USES platform/journal core/simulated)
