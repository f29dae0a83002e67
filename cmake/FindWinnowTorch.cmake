# LibTorch out of the PyPI wheel, without find_package(Torch) (which wants CUDA, nvcc and Python at configure time).
# Input:  WINNOW_TORCH_DIR, the wheel's `torch` folder; searched in .deps/ of the source tree when not given.
# Output: imported targets torch::c10, torch::torch_cpu; variable WINNOW_TORCH_VERSION.

if(NOT WINNOW_TORCH_DIR)
    file(GLOB _winnow_torch_candidates ${CMAKE_SOURCE_DIR}/.deps/venv/lib/python3*/site-packages/torch)
    list(LENGTH _winnow_torch_candidates _count)
    if(_count GREATER 0)
        list(GET _winnow_torch_candidates 0 WINNOW_TORCH_DIR)
    endif()
endif()
set(WINNOW_TORCH_DIR "${WINNOW_TORCH_DIR}" CACHE PATH "The torch folder of the PyPI wheel")

if(WINNOW_TORCH_DIR AND EXISTS "${WINNOW_TORCH_DIR}/version.py")
    file(STRINGS "${WINNOW_TORCH_DIR}/version.py" _version REGEX "^__version__")
    string(REGEX MATCH "[0-9]+\\.[0-9]+\\.[0-9]+" WINNOW_TORCH_VERSION "${_version}")
endif()

include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(WinnowTorch
    REQUIRED_VARS WINNOW_TORCH_DIR WINNOW_TORCH_VERSION
    VERSION_VAR WINNOW_TORCH_VERSION
    REASON_FAILURE_MESSAGE "run ./run --build-only, or pass -DWINNOW_TORCH_DIR=<torch folder of the wheel>")

if(WinnowTorch_FOUND AND NOT TARGET torch::torch_cpu)
    set(_lib "${WINNOW_TORCH_DIR}/lib")
    add_library(torch::c10 SHARED IMPORTED)
    add_library(torch::torch_cpu SHARED IMPORTED)
    foreach(_name c10 torch_cpu)
        set_target_properties(torch::${_name} PROPERTIES
            IMPORTED_LOCATION "${_lib}/lib${_name}.so"
            INTERFACE_INCLUDE_DIRECTORIES
                "${WINNOW_TORCH_DIR}/include;${WINNOW_TORCH_DIR}/include/torch/csrc/api/include")
    endforeach()
    # DT_RPATH, not DT_RUNPATH: libtorch_cpu's own dependencies (libcudart, libcupti) are found through it.
    set_target_properties(torch::torch_cpu PROPERTIES
        INTERFACE_LINK_LIBRARIES torch::c10
        INTERFACE_LINK_OPTIONS "-Wl,--disable-new-dtags;-Wl,-rpath,${_lib}")
endif()
