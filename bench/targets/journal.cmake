bench_target(NAME journal USES platform/journal)
