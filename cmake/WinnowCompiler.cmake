# Compiler flags shared by every target of the project, and the helpers that declare targets.

add_library(winnow_flags INTERFACE)
target_compile_options(winnow_flags INTERFACE -Wall -Wextra -Wpedantic -Wconversion)
target_compile_definitions(winnow_flags INTERFACE $<$<CONFIG:Debug>:_GLIBCXX_ASSERTIONS>)
if(WINNOW_WERROR)
    target_compile_options(winnow_flags INTERFACE -Werror)
endif()
if(WINNOW_SANITIZE)
    add_compile_options(-fsanitize=address,undefined -fno-omit-frame-pointer -g1)
    add_link_options(-fsanitize=address,undefined)
endif()

find_program(WINNOW_CCACHE ccache)
if(WINNOW_CCACHE AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
    set(CMAKE_CXX_COMPILER_LAUNCHER ${WINNOW_CCACHE})
endif()
find_program(WINNOW_MOLD mold)
if(WINNOW_MOLD AND CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_COMPILER_VERSION VERSION_GREATER_EQUAL 12.1)
    add_link_options(-fuse-ld=mold)
endif()

# A first build spends most of its time in reading the headers of Qt, LibTorch and the JSON library; precompiled they cost a part of
# that. A compiler cache that holds an earlier build is better still, and cannot share what was built with precompiled headers.
set(winnow_precompile ON)
if(WINNOW_CCACHE)
    execute_process(COMMAND ${WINNOW_CCACHE} --print-stats OUTPUT_VARIABLE winnow_cache ERROR_QUIET)
    if(winnow_cache MATCHES "files_in_cache[^0-9]+([0-9]+)" AND CMAKE_MATCH_1 GREATER 500)
        set(winnow_precompile OFF)
    endif()
endif()
option(WINNOW_PRECOMPILE "Precompile the headers that most files of a library include" ${winnow_precompile})
set(WINNOW_PRECOMPILED_STANDARD <nlohmann/json.hpp> <tl/expected.hpp> <algorithm> <array> <charconv> <chrono> <cmath> <cstdint> <cstring>
    <filesystem> <fstream> <functional> <limits> <map> <memory> <numeric> <optional> <set> <span> <string> <string_view>
    <unordered_map> <utility> <vector>)

# winnow_precompile(TARGET headers...): precompiles these and the headers of the standard library and of JSON for the target.
function(winnow_precompile target)
    if(WINNOW_PRECOMPILE)
        target_precompile_headers(${target} PRIVATE ${ARGN} ${WINNOW_PRECOMPILED_STANDARD})
        set_target_properties(${target} PROPERTIES CXX_COMPILER_LAUNCHER "")
        # Precompiled, the strings of GCC 12 lose what hides its false alarms over their buffers (GCC PR 105329, 105651).
        if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13)
            target_compile_options(${target} PRIVATE -Wno-restrict -Wno-array-bounds -Wno-stringop-overflow -Wno-stringop-overread -Wno-maybe-uninitialized)
        endif()
    endif()
endfunction()

# winnow_add_library(NAME [LINK libs...]): a static library of every .cpp of the current folder and its subfolders.
# A folder is a room (docs/architecture.md); its sources are found by pattern, so a new file touches no list.
function(winnow_add_library name)
    cmake_parse_arguments(ARG "" "" "LINK;EXCLUDE" ${ARGN})
    file(GLOB_RECURSE sources CONFIGURE_DEPENDS RELATIVE ${CMAKE_CURRENT_SOURCE_DIR} *.cpp *.h)
    foreach(pattern IN LISTS ARG_EXCLUDE)
        list(FILTER sources EXCLUDE REGEX ${pattern})
    endforeach()
    add_library(${name} STATIC ${sources})
    set_target_properties(${name} PROPERTIES LINKER_LANGUAGE CXX)
    target_include_directories(${name} PUBLIC ${CMAKE_SOURCE_DIR} ${CMAKE_BINARY_DIR}/generated)
    target_link_libraries(${name} PUBLIC ${ARG_LINK} PRIVATE winnow_flags)
endfunction()
