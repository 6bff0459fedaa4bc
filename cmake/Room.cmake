# A room is one folder, one static library, one test program, one namespace.
#
#   room(NAME platform/journal PLANE store [USES core ...] [LINKS target ...] [TEST_USES room ...] [TEST_LINKS target ...])
#
# The four floors, bottom first. A room uses its own floor and those below; rooms of `city` never use one another;
# and a room may only use what src/CMakeLists.txt lists above it, so the order there is the architecture and there can
# be no cycle. tests/layers checks the same for every #include, since all rooms share the include root src/.
#
# Every room of platform and city says on which side of the gate it stands (docs/decisions/0002-two-planes.md):
#   internal  takes in, keeps or changes what is not for everyone
#   public    serves readers; it is handed a publication::Plane, and can name neither what is internal nor a store
#   store     opens files and databases, whoever's they are
#   shared    types and tools of both sides
# Only an internal room uses an internal one, so nothing that a public room uses leads to one either, however far away.
# Rooms of core are shared, and those of apps wire everything.
set(BYPULS_FLOORS core platform city apps)
set(BYPULS_PLANES internal public store shared)

function(room_find_plane name plane out)
  if(name MATCHES "^core(/|$)")
    set(own shared)
  elseif(name MATCHES "^apps(/|$)")
    set(own internal)
  elseif(plane IN_LIST BYPULS_PLANES)
    set(${out} ${plane} PARENT_SCOPE)
    return()
  else()
    message(FATAL_ERROR "${name} says PLANE '${plane}': say on which side of the gate it stands, one of ${BYPULS_PLANES}.")
  endif()
  if(plane AND NOT plane STREQUAL own)
    message(FATAL_ERROR "${name} says PLANE ${plane}: rooms of its floor are ${own}.")
  endif()
  set(${out} ${own} PARENT_SCOPE)
endfunction()

function(room_check_plane name plane used)
  string(REPLACE "/" "_" used_target ${used})
  get_property(used_plane GLOBAL PROPERTY BYPULS_PLANE_${used_target})
  if(used_plane STREQUAL "internal" AND NOT plane STREQUAL "internal")
    message(FATAL_ERROR "${name} uses ${used}: what is ${plane} cannot name what is internal. "
      "What is published passes the gate, and public rooms get it as a publication::Plane.")
  elseif(used_plane STREQUAL "store" AND plane STREQUAL "public")
    message(FATAL_ERROR "${name} uses ${used}: a public room opens no store. It gets a publication::Plane.")
  endif()
endfunction()

function(room_check_use name used)
  string(REGEX MATCH "^[^/]+" floor ${name})
  string(REGEX MATCH "^[^/]+" used_floor ${used})
  string(REGEX MATCH "^[^/]+/?[^/]*" home ${name})
  string(REGEX MATCH "^[^/]+/?[^/]*" used_home ${used})
  list(FIND BYPULS_FLOORS ${floor} height)
  list(FIND BYPULS_FLOORS ${used_floor} used_height)
  string(REPLACE "/" "_" used_target ${used})
  if(height EQUAL -1 OR used_height EQUAL -1)
    message(FATAL_ERROR "${name} uses ${used}: a room's name begins with one of ${BYPULS_FLOORS}.")
  elseif(used_height GREATER height)
    message(FATAL_ERROR "${name} uses ${used}: ${floor} lies below ${used_floor}. "
      "Put an interface in ${floor} and implement it in ${used_floor}.")
  elseif(floor STREQUAL "city" AND used_floor STREQUAL "city" AND NOT home STREQUAL used_home)
    message(FATAL_ERROR "${name} uses ${used}: rooms of city never name each other. Share through platform, wire in apps.")
  elseif(NOT TARGET bypuls::${used_target})
    message(FATAL_ERROR "${name} uses ${used}, which src/CMakeLists.txt lists later or not at all: the order there is the architecture.")
  endif()
endfunction()

function(room)
  cmake_parse_arguments(R "" "NAME;PLANE" "USES;LINKS;TEST_USES;TEST_LINKS" ${ARGN})
  string(REPLACE "/" "_" target ${R_NAME})
  room_find_plane(${R_NAME} "${R_PLANE}" plane)
  set_property(GLOBAL PROPERTY BYPULS_PLANE_${target} ${plane})
  set(used_targets)
  foreach(used IN LISTS R_USES)
    room_check_use(${R_NAME} ${used})
    room_check_plane(${R_NAME} ${plane} ${used})
    string(REPLACE "/" "_" used_target ${used})
    list(APPEND used_targets bypuls::${used_target})
  endforeach()

  file(GLOB sources CONFIGURE_DEPENDS *.cc)
  set(tests ${sources})
  list(FILTER sources EXCLUDE REGEX "_test\\.cc$")
  list(FILTER tests INCLUDE REGEX "_test\\.cc$")
  if(sources)
    add_library(${target} STATIC ${sources})
    target_include_directories(${target} PUBLIC ${PROJECT_SOURCE_DIR}/src)
    target_link_libraries(${target} PUBLIC ${used_targets} ${R_LINKS} PRIVATE bypuls_warnings)
  else()
    add_library(${target} INTERFACE)
    target_include_directories(${target} INTERFACE ${PROJECT_SOURCE_DIR}/src)
    target_link_libraries(${target} INTERFACE ${used_targets} ${R_LINKS})
  endif()
  add_library(bypuls::${target} ALIAS ${target})
  if(tests AND BUILD_TESTING AND NOT BYPULS_FUZZ)
    set(test_used)
    foreach(used IN LISTS R_TEST_USES)
      string(REPLACE "/" "_" used_target ${used})
      list(APPEND test_used bypuls::${used_target})
    endforeach()
    bypuls_test(${target}_test ${R_NAME} SOURCES ${tests} LINKS bypuls::${target} ${test_used} ${R_TEST_LINKS})
  endif()
endfunction()

# bypuls_test(target name SOURCES ... LINKS ...): a GoogleTest program that CTest runs as `name`.
# BYPULS_SOURCE_DIR and BYPULS_SHARED_DIR tell a test where the project's own data and the optional shared data are.
function(bypuls_test target name)
  cmake_parse_arguments(T "" "" "SOURCES;LINKS" ${ARGN})
  add_executable(${target} ${T_SOURCES})
  target_link_libraries(${target} PRIVATE ${T_LINKS} GTest::gmock_main bypuls_warnings)
  target_include_directories(${target} PRIVATE ${PROJECT_SOURCE_DIR}/src ${PROJECT_SOURCE_DIR})
  add_test(NAME ${name} COMMAND ${target})
  set_tests_properties(${name} PROPERTIES TIMEOUT 600
    ENVIRONMENT "BYPULS_SOURCE_DIR=${PROJECT_SOURCE_DIR};BYPULS_SHARED_DIR=${PROJECT_SOURCE_DIR}/../shared;GTEST_OUTPUT=json:${PROJECT_BINARY_DIR}/results/")
endfunction()
