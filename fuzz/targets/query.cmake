fuzz_target(NAME query_filter USES platform/query)
fuzz_target(NAME query_options USES platform/query)
