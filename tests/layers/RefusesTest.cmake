# Shows that the house refuses: an upward use, a sideways use in city, a use of something listed later, and an include
# that no USES declares. Each case is a tiny project that must fail with the right sentence; one must succeed.
cmake_minimum_required(VERSION 3.25)
set(failed 0)

function(expect_room case sentence)
  cmake_parse_arguments(C "" "" "LINES" ${ARGN})
  string(REPLACE ";" "\n" lines "${C_LINES}")
  file(REMOVE_RECURSE ${WORK}/${case})
  file(WRITE ${WORK}/${case}/CMakeLists.txt
    "cmake_minimum_required(VERSION 3.25)\nproject(case NONE)\nlist(APPEND CMAKE_MODULE_PATH ${PROJECT}/cmake)\n"
    "include(Room)\nadd_library(bypuls_warnings INTERFACE)\n${lines}\n")
  execute_process(COMMAND ${CMAKE_COMMAND} -S ${WORK}/${case} -B ${WORK}/${case}/build
    RESULT_VARIABLE code OUTPUT_VARIABLE out ERROR_VARIABLE err)
  string(REGEX REPLACE "[ \n]+" " " err "${err}")
  if(sentence STREQUAL "" AND NOT code EQUAL 0)
    message("${case}: a permitted use was refused: ${err}")
    set(failed 1 PARENT_SCOPE)
  elseif(NOT sentence STREQUAL "" AND (code EQUAL 0 OR NOT err MATCHES "${sentence}"))
    message("${case}: expected a refusal with '${sentence}', got ${code}: ${err}")
    set(failed 1 PARENT_SCOPE)
  endif()
endfunction()

expect_room(permitted "" LINES "room(NAME core)" "room(NAME platform/a USES core)" "room(NAME city/b USES platform/a)")
expect_room(upward "lies below" LINES "room(NAME core)" "room(NAME city/b)" "room(NAME platform/a USES city/b)")
expect_room(sideways "never name each other" LINES "room(NAME city/a)" "room(NAME city/b USES city/a)")
expect_room(later "lists later" LINES "room(NAME platform/b USES platform/a)" "room(NAME platform/a)")

function(expect_include case code_wanted include)
  file(REMOVE_RECURSE ${WORK}/${case})
  file(WRITE ${WORK}/${case}/src/platform/a/CMakeLists.txt "room(NAME platform/a USES core)\n")
  file(WRITE ${WORK}/${case}/src/platform/a/a.cc "#include \"${include}\"\n")
  execute_process(COMMAND ${CMAKE_COMMAND} -DSRC=${WORK}/${case}/src -P ${PROJECT}/tests/layers/CheckIncludes.cmake
    RESULT_VARIABLE code OUTPUT_QUIET ERROR_QUIET)
  if((code_wanted EQUAL 0) AND NOT (code EQUAL 0) OR (NOT code_wanted EQUAL 0) AND (code EQUAL 0))
    message("${case}: CheckIncludes ended with ${code}")
    set(failed 1 PARENT_SCOPE)
  endif()
endfunction()

expect_include(declared 0 "core/result.h")
expect_include(own 0 "platform/a/a.h")
expect_include(undeclared 1 "platform/b/b.h")

if(failed)
  message(FATAL_ERROR "the house let something through")
endif()
