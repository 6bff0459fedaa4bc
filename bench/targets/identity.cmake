bench_target(NAME identity USES platform/identity platform/database/testing)
