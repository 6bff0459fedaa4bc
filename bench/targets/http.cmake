# Not a Google Benchmark: a server for bench/http.sh to put wrk against.
add_executable(http_serve http_serve.cc)
target_link_libraries(http_serve PRIVATE bypuls::platform_http bypuls_warnings)
