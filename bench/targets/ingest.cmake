# Not a Google Benchmark: what bench/ingest.sh loads servers with.
add_executable(ingest_load ingest_load.cc)
target_link_libraries(ingest_load PRIVATE bypuls::platform_http fmt::fmt bypuls_warnings)
