# Writes the header that names version and commit. Run at every build; the file changes only when they do.
# Input: OUTPUT, VERSION, SOURCE. Without git or outside a clone the commit is "unknown".
set(commit "unknown")
find_program(git_program git)
if(git_program)
    execute_process(COMMAND ${git_program} -C ${SOURCE} rev-parse HEAD
        OUTPUT_VARIABLE found OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET RESULT_VARIABLE status)
    if(status EQUAL 0 AND found)
        set(commit ${found})
    endif()
endif()
set(content "#pragma once\n#define WINNOW_VERSION \"${VERSION}\"\n#define WINNOW_COMMIT \"${commit}\"\n")
set(old "")
if(EXISTS ${OUTPUT})
    file(READ ${OUTPUT} old)
endif()
if(NOT content STREQUAL old)
    file(WRITE ${OUTPUT} "${content}")
endif()
