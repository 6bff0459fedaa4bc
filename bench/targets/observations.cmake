# Size on disk, speed of questions, scans and start of the block store with a generated town: a program of its own,
# since it measures one long run and not a function.
add_executable(observations_bench observations_bench.cc)
target_link_libraries(observations_bench PRIVATE bypuls::platform_observations_blocks bypuls::platform_analysis bypuls::platform_registry fmt::fmt bypuls_warnings)
