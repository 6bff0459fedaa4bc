bench_target(NAME registry USES platform/registry/relational platform/database/testing)
