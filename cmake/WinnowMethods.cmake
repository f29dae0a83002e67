# winnow_add_methods(TARGET family/id ...): generates the table of method specs, in the given order.
# Each core/methods/<family>/<id>.cpp defines `constinit const MethodSpec winnow::methodspecs::<id>`.
function(winnow_add_methods target)
    set(declarations "")
    set(entries "")
    foreach(word IN LISTS ARGN)
        get_filename_component(id ${word} NAME)
        string(APPEND declarations "extern const MethodSpec ${id};\n")
        string(APPEND entries "    &methodspecs::${id},\n")
    endforeach()
    list(LENGTH ARGN count)
    file(GENERATE OUTPUT ${CMAKE_BINARY_DIR}/generated/method_table.cpp CONTENT
"#include \"core/methods/registry.h\"
#include <array>
namespace winnow {
namespace methodspecs {
${declarations}}
namespace {
const std::array<const MethodSpec *, ${count}> kTable{
${entries}};
}
std::span<const MethodSpec *const> methodTable() { return kTable; }
}
")
    target_sources(${target} PRIVATE ${CMAKE_BINARY_DIR}/generated/method_table.cpp)
endfunction()
