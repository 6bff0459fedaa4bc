fuzz_target(NAME url USES platform/http)
fuzz_target(NAME http_request USES platform/http)
fuzz_target(NAME http_coding USES platform/http)
