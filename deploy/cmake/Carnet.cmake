# How every target of this project is built: one place for flags, so that a library's own CMakeLists.txt
# says only what it is made of and what it uses.

set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)

option(CARNET_WERROR "Warnings are errors (preset dev)" OFF)
set(CARNET_SANITIZE "" CACHE STRING "Comma-separated -fsanitize= list, e.g. address,undefined or thread")
set(CARNET_ROCKSDB_ROOT "" CACHE PATH "Install prefix of a RocksDB built without assertions; empty: Debian's")

# --- compiler cache and linker, where present ------------------------------------------------------

find_program(CARNET_CCACHE ccache)
if(CARNET_CCACHE AND NOT DEFINED CMAKE_CXX_COMPILER_LAUNCHER)
  # Paths relative to the source folder, and no hash of the working folder: all presets and clones share hits.
  set(launcher env CCACHE_BASEDIR=${CMAKE_SOURCE_DIR} CCACHE_NOHASHDIR=1 ${CARNET_CCACHE})
  set(CMAKE_CXX_COMPILER_LAUNCHER ${launcher})
  set(CMAKE_C_COMPILER_LAUNCHER ${launcher})
endif()

find_program(CARNET_MOLD mold)
find_program(CARNET_GOLD ld.gold)
if(CARNET_MOLD)
  add_link_options(-fuse-ld=mold)
elseif(CARNET_GOLD)
  add_link_options(-fuse-ld=gold)
endif()

# --- flags of our own code (generated code takes none of these: see proto/CMakeLists.txt) -----------

add_library(carnet_flags INTERFACE)
target_include_directories(carnet_flags INTERFACE
  "${CMAKE_SOURCE_DIR}/libs" "${CMAKE_SOURCE_DIR}/services" "${CMAKE_SOURCE_DIR}")
target_compile_options(carnet_flags INTERFACE
  -Wall -Wextra -Wshadow -Wnon-virtual-dtor -Woverloaded-virtual -Wconversion
  # GCC 12 warns of every designated initialiser that leaves a default, and wrongly of std::string's operator+.
  -Wno-missing-field-initializers $<$<CXX_COMPILER_ID:GNU>:-Wno-restrict>
  -fno-omit-frame-pointer
  $<$<BOOL:${CARNET_WERROR}>:-Werror>
  # Right in spirit, wrong too often at -O1 with std::optional: seen, but does not stop the build.
  $<$<AND:$<BOOL:${CARNET_WERROR}>,$<CXX_COMPILER_ID:GNU>>:-Wno-error=maybe-uninitialized>)
# Bounds checks of operator[], front() and so on wherever speed is not measured.
target_compile_definitions(carnet_flags INTERFACE $<$<NOT:$<CONFIG:Release>>:_GLIBCXX_ASSERTIONS>)

set(CARNET_TSAN OFF)
if(CARNET_SANITIZE)
  target_compile_options(carnet_flags INTERFACE -fsanitize=${CARNET_SANITIZE} -fno-sanitize-recover=all)
  target_link_options(carnet_flags INTERFACE -fsanitize=${CARNET_SANITIZE})
  if(CARNET_SANITIZE MATCHES "thread")
    set(CARNET_TSAN ON)
  endif()
endif()

# What sanitizer builds build and run: unit and simulation tests, without what only the others need.
add_custom_target(sanitizer_tests)

# --- functions ------------------------------------------------------------------------------------

# Sets `result` to whether a target with these dependencies is left out: under TSan, for which gRPC's own locks are
# not instrumented (hundreds of false reports), whatever links it. Everywhere else nothing is: a missing dependency is
# an error.
function(_carnet_left_out result target deps)
  set(left_out OFF)
  if(CARNET_TSAN)
    foreach(dep IN LISTS deps)
      if(dep MATCHES "^gRPC::" OR (dep MATCHES "^carnet::" AND NOT TARGET ${dep}))
        message(STATUS "left out under TSan: ${target}, which links ${dep}")
        set(left_out ON)
      endif()
    endforeach()
  endif()
  set(${result} ${left_out} PARENT_SCOPE)
endfunction()

# carnet_library(NAME event_log SRCS a.cpp… [HDRS a.h…] [PUBLIC dep…] [PRIVATE dep…])
# Makes target carnet_event_log, alias carnet::event_log. HDRS only for a library without a .cpp.
function(carnet_library)
  cmake_parse_arguments(PARSE_ARGV 0 arg "" "NAME" "SRCS;HDRS;PUBLIC;PRIVATE")
  set(target carnet_${arg_NAME})
  _carnet_check("${target}" "${arg_UNPARSED_ARGUMENTS}")
  _carnet_left_out(left_out ${target} "${arg_PUBLIC};${arg_PRIVATE}")
  if(left_out)
    return()
  endif()
  if(arg_SRCS)
    add_library(${target} STATIC ${arg_SRCS} ${arg_HDRS})
    target_link_libraries(${target} PUBLIC ${arg_PUBLIC} PRIVATE carnet_flags ${arg_PRIVATE})
  else()
    add_library(${target} INTERFACE ${arg_HDRS})
    target_link_libraries(${target} INTERFACE ${arg_PUBLIC} ${arg_PRIVATE})
  endif()
  add_library(carnet::${arg_NAME} ALIAS ${target})
endfunction()

# carnet_executable(NAME carnetd SRCS main.cpp… [DEPS dep…])
# The binary stands in build/<preset>/bin, whichever folder it comes from.
function(carnet_executable)
  cmake_parse_arguments(PARSE_ARGV 0 arg "" "NAME" "SRCS;DEPS")
  _carnet_check("${arg_NAME}" "${arg_UNPARSED_ARGUMENTS}")
  _carnet_left_out(left_out ${arg_NAME} "${arg_DEPS}")
  if(left_out)
    return()
  endif()
  add_executable(${arg_NAME} ${arg_SRCS})
  target_link_libraries(${arg_NAME} PRIVATE carnet_flags ${arg_DEPS})
  set_target_properties(${arg_NAME} PROPERTIES RUNTIME_OUTPUT_DIRECTORY "${CMAKE_BINARY_DIR}/bin")
endfunction()

# carnet_test(NAME base_uuid_test SRCS uuid_test.cpp… [DEPS dep…] [LABELS unit|simulation|acceptance|kill|long…]
#             [TIMEOUT seconds] [ENVIRONMENT VAR=value…] [NO_TSAN] [OWN_MAIN])
# One binary is one ctest test (asking each binary for its cases at build time is slow); labels default to unit.
function(carnet_test)
  cmake_parse_arguments(PARSE_ARGV 0 arg "NO_TSAN;OWN_MAIN" "NAME;TIMEOUT" "SRCS;DEPS;LABELS;ENVIRONMENT")
  _carnet_check("${arg_NAME}" "${arg_UNPARSED_ARGUMENTS}")
  if(CARNET_TSAN AND arg_NO_TSAN)
    return()
  endif()
  _carnet_left_out(left_out ${arg_NAME} "${arg_DEPS}")
  if(left_out)
    return()
  endif()
  if(NOT arg_LABELS)
    set(arg_LABELS unit)
  endif()
  foreach(label IN LISTS arg_LABELS)
    if(NOT label MATCHES "^(unit|simulation|acceptance|kill|long)$")
      message(FATAL_ERROR "${arg_NAME}: unknown label '${label}'")
    endif()
  endforeach()
  if(NOT arg_TIMEOUT)
    # Only ends what hangs: machines are shared, and a sanitizer takes its time.
    set(arg_TIMEOUT 300)
  endif()
  if(CARNET_SANITIZE)
    math(EXPR arg_TIMEOUT "4 * ${arg_TIMEOUT}")
  endif()

  add_executable(${arg_NAME} ${arg_SRCS})
  target_link_libraries(${arg_NAME} PRIVATE carnet_flags ${arg_DEPS} GTest::gtest GTest::gmock)
  if(NOT arg_OWN_MAIN)
    target_link_libraries(${arg_NAME} PRIVATE GTest::gtest_main)
  endif()
  # Narrowing is a bug in a ledger and noise in a test's literals.
  target_compile_options(${arg_NAME} PRIVATE -Wno-conversion)
  set_target_properties(${arg_NAME} PROPERTIES RUNTIME_OUTPUT_DIRECTORY "${CMAKE_BINARY_DIR}/bin/tests")

  if("unit" IN_LIST arg_LABELS OR "simulation" IN_LIST arg_LABELS)
    add_dependencies(sanitizer_tests ${arg_NAME})
  endif()

  add_test(NAME ${arg_NAME} COMMAND ${arg_NAME})
  set(environment ${arg_ENVIRONMENT})
  if(CARNET_TSAN)
    list(APPEND environment "TSAN_OPTIONS=suppressions=${CMAKE_SOURCE_DIR}/deploy/cmake/tsan.supp:halt_on_error=1")
  endif()
  set_tests_properties(${arg_NAME} PROPERTIES
    LABELS "${arg_LABELS}" TIMEOUT ${arg_TIMEOUT} ENVIRONMENT "${environment}"
    # Where deploy/install leaves tools that are no packages (promtool).
    ENVIRONMENT_MODIFICATION "PATH=path_list_append:${CMAKE_SOURCE_DIR}/build/tools")
endfunction()

# carnet_long_test(test VARIABLE=value…): the same test once more under the label long, with sizes for which the
# default suite has no time. Its name is the test's with _long.
function(carnet_long_test test)
  if(CARNET_TSAN AND NOT TARGET ${test})
    return()
  endif()
  add_test(NAME ${test}_long COMMAND ${test})
  set_tests_properties(${test}_long PROPERTIES LABELS long TIMEOUT 3600 ENVIRONMENT "${ARGN}")
endfunction()

# A misspelt keyword would otherwise be swallowed as one more source or dependency.
function(_carnet_check target unparsed)
  if(unparsed)
    message(FATAL_ERROR "${target}: don't know what to do with: ${unparsed}")
  endif()
endfunction()
