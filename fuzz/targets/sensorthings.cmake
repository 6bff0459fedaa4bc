fuzz_target(NAME sensorthings_body USES platform/publish/sensorthings/write platform/observations/memory)
fuzz_target(NAME sensorthings_batch USES platform/publish/sensorthings/routes)
fuzz_target(NAME sensorthings_path USES platform/publish/sensorthings/read)
fuzz_target(NAME sensorthings_topic USES platform/publish/sensorthings/read)
