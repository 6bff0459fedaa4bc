bench_target(NAME counting USES city/participation/explanation LINKS third::zstd)
