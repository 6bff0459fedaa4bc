# Shows that the house refuses: an upward use, a sideways use in city, a use of something listed later, a way from what is
# public to what is internal, and an include that no USES declares. Each case is a tiny project that must fail with the
# right sentence, or succeed.
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

expect_room(permitted "" LINES "room(NAME core)" "room(NAME platform/a PLANE shared USES core)"
  "room(NAME city/b PLANE public USES platform/a)" "room(NAME apps/c USES city/b platform/a)")
expect_room(upward "lies below" LINES "room(NAME core)" "room(NAME city/b PLANE shared)" "room(NAME platform/a PLANE shared USES city/b)")
expect_room(sideways "never name each other" LINES "room(NAME city/a PLANE public)" "room(NAME city/b PLANE public USES city/a)")
expect_room(later "lists later" LINES "room(NAME platform/b PLANE shared USES platform/a)" "room(NAME platform/a PLANE shared)")

expect_room(no_plane "which side of the gate" LINES "room(NAME platform/a)")
expect_room(unknown_plane "which side of the gate" LINES "room(NAME city/a PLANE open)")
expect_room(plane_of_core "rooms of its floor are shared" LINES "room(NAME core/a PLANE internal)")
expect_room(internal "" LINES "room(NAME platform/s PLANE store)" "room(NAME platform/a PLANE internal USES platform/s)"
  "room(NAME platform/b PLANE internal USES platform/a)")
expect_room(public_to_internal "cannot name what is internal" LINES "room(NAME platform/a PLANE internal)"
  "room(NAME city/b PLANE public USES platform/a)")
expect_room(public_to_internal_by_another "platform/b uses platform/a: what is shared cannot name what is internal" LINES
  "room(NAME platform/a PLANE internal)" "room(NAME platform/b PLANE shared USES platform/a)" "room(NAME city/c PLANE public USES platform/b)")
expect_room(public_to_internal_by_a_store "platform/b uses platform/a: what is store cannot name what is internal" LINES
  "room(NAME platform/a PLANE internal)" "room(NAME platform/b PLANE store USES platform/a)")
expect_room(public_to_store "opens no store" LINES "room(NAME platform/s PLANE store)" "room(NAME city/b PLANE public USES platform/s)")
expect_room(plane_over_store "" LINES "room(NAME platform/s PLANE store)" "room(NAME platform/p PLANE shared USES platform/s)"
  "room(NAME city/b PLANE public USES platform/p)")

# What the rules are for, as it is declared.
function(expect_plane room plane)
  file(READ ${PROJECT}/src/${room}/CMakeLists.txt text)
  if(NOT text MATCHES "room\\([ \n]*NAME ${room} PLANE ${plane}[ \n]")
    message("${room} is not PLANE ${plane}")
    set(failed 1 PARENT_SCOPE)
  endif()
endfunction()
foreach(room city/bathing city/participation/recount platform/publish/live platform/publish/developers)
  expect_plane(${room} public)
endforeach()
foreach(room platform/ingest/pipeline platform/publication platform/notify/webhooks)
  expect_plane(${room} internal)
endforeach()

function(expect_include case code_wanted)
  file(REMOVE_RECURSE ${WORK}/${case})
  file(WRITE ${WORK}/${case}/src/platform/a/CMakeLists.txt "room(NAME platform/a PLANE shared USES core)\n")
  string(REPLACE ";" "\n" lines "${ARGN}")
  set(file a.cc)
  if(case MATCHES "^in_")
    set(file part/a.h)
  endif()
  file(WRITE ${WORK}/${case}/src/platform/a/${file} "${lines}\n")
  execute_process(COMMAND ${CMAKE_COMMAND} -DSRC=${WORK}/${case}/src -P ${PROJECT}/tests/layers/CheckIncludes.cmake
    RESULT_VARIABLE code OUTPUT_QUIET ERROR_QUIET)
  if((code_wanted EQUAL 0) AND NOT (code EQUAL 0) OR (NOT code_wanted EQUAL 0) AND (code EQUAL 0))
    message("${case}: CheckIncludes ended with ${code}")
    set(failed 1 PARENT_SCOPE)
  endif()
endfunction()

expect_include(declared 0 [[#include "core/result.h"]])
expect_include(own 0 [[#include "platform/a/a.h"]])
expect_include(others 0 [[#include <vector>]] [[#include <boost/asio/core.hpp>]] [[#include "core/result.h"  // why]])
expect_include(declared_angled 0 [[#include <core/result.h>]])
expect_include(undeclared 1 [[#include "platform/b/b.h"]])
expect_include(after_a_good_one 1 [[#include "core/result.h"]] [[#include "platform/b/b.h"]])
expect_include(angled 1 [[#include <platform/b/b.h>]])
expect_include(spaced 1 [[# include "platform/b/b.h"]])
expect_include(indented 1 [[    #include "platform/b/b.h"]])
expect_include(close_up 1 [[#include"platform/b/b.h"]])
expect_include(commented 1 [[#/* a */include/* b */"platform/b/b.h"]])
expect_include(behind_a_comment 1 [[/* a */ #include "platform/b/b.h"]])
expect_include(digraph 1 [[%:include "platform/b/b.h"]])
expect_include(climbing 1 [[#include "../b/b.h"]])
expect_include(climbing_angled 1 [[#include <fmt/../../platform/b/b.h>]])
expect_include(climbing_within 1 [[#include "platform/a/../b/b.h"]])
expect_include(by_macro 1 [[#include FILE_OF_B]])
expect_include(continued "1" "#\\" "include \"platform/b/b.h\"")
expect_include(next 1 [[#include_next <platform/b/b.h>]])
expect_include(imported 1 [[import "platform/b/b.h";]])
expect_include(in_a_subfolder 1 [[#include "platform/b/b.h"]])
expect_include(in_a_subfolder_declared 0 [[#include "core/result.h"]])

if(failed)
  message(FATAL_ERROR "the house let something through")
endif()
