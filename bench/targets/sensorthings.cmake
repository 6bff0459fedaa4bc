bench_target(NAME sensorthings USES platform/publish/sensorthings/read platform/publish/sensorthings/write
  platform/registry/relational platform/database/testing platform/observations/blocks platform/ingest/observations)
# Not a Google Benchmark: the load that bench/sensorthings.sh puts on the program.
add_executable(sensorthings_load sensorthings_load.cc)
target_link_libraries(sensorthings_load PRIVATE bypuls::platform_http fmt::fmt bypuls_warnings)
