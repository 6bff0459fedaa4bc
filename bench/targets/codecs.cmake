bench_target(NAME codecs USES platform/ingest/codecs)
add_dependencies(codecs_bench codec_worker)
target_compile_definitions(codecs_bench PRIVATE CODEC_WORKER="$<TARGET_FILE:codec_worker>"
  CODEC_FOLDER="${PROJECT_SOURCE_DIR}/demo/drammen/codecs/")
