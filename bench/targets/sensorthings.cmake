bench_target(NAME sensorthings USES platform/publish/sensorthings/read platform/publish/sensorthings/write
  platform/registry/relational platform/database/testing platform/observations/blocks platform/ingest/observations)
