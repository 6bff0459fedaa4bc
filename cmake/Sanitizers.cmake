# BYPULS_SANITIZE: a list for -fsanitize, set by the presets asan, tsan and fuzz.
set(BYPULS_SANITIZE "" CACHE STRING "Sanitizers to build with")
option(BYPULS_FUZZ "Build the fuzz targets with libFuzzer" OFF)
if(BYPULS_SANITIZE)
  # -fno-sanitize=function: Asio's coroutine frames make differences across sections that lld refuses.
  add_compile_options(-fsanitize=${BYPULS_SANITIZE} -fno-sanitize-recover=all -fno-sanitize=function -fno-omit-frame-pointer)
  add_link_options(-fsanitize=${BYPULS_SANITIZE})
endif()
if(BYPULS_FUZZ)
  add_compile_options(-fsanitize=fuzzer-no-link)
endif()
