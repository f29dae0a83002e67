# winnow_embed(TARGET NAMESPACE OUTPUT files...): a generated source that holds text files as string literals:
# `std::span<const EmbeddedFile> NAMESPACE::files()`, sorted by name. Adding or editing a file configures again.
function(winnow_embed target namespace output)
    set(entries "")
    set(files ${ARGN})
    list(SORT files)
    foreach(path IN LISTS files)
        file(READ ${path} text)
        get_filename_component(name ${path} NAME)
        # A literal may hold 65,536 bytes at least; longer texts are laid side by side in pieces.
        string(LENGTH "${text}" length)
        set(literal "")
        set(at 0)
        while(at LESS length)
            string(SUBSTRING "${text}" ${at} 16000 piece)
            string(APPEND literal "R\"~~~(${piece})~~~\"\n")
            math(EXPR at "${at} + 16000")
        endwhile()
        string(APPEND entries "    EmbeddedFile{\"${name}\", ${literal}},\n")
        set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${path})
    endforeach()
    list(LENGTH files count)
    set(generated ${CMAKE_BINARY_DIR}/generated/${output})
    file(GENERATE OUTPUT ${generated} CONTENT
"#include \"sessions/embedded_file.h\"
#include <array>
namespace winnow::${namespace} {
namespace {
const std::array<EmbeddedFile, ${count}> kFiles{{
${entries}}};
}
std::span<const EmbeddedFile> files() { return kFiles; }
}
")
    target_sources(${target} PRIVATE ${generated})
endfunction()
