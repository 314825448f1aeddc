# kennel::torch: LibTorch from the torch wheel. Its own CMake package fails on the CUDA wheel where CMake finds no CUDA
# toolkit, so the libraries are imported by path. libtorch_cuda is loaded at run time, and only when a GPU is asked for:
# loading it costs a second, which every start of a command would pay.
kennel_python_package(torch KENNEL_TORCH_DIR)
if(NOT KENNEL_TORCH_DIR)
  message(FATAL_ERROR "no torch in ${KENNEL_PYTHON}; run ./kennel, or set KENNEL_PYTHON to a Python that has torch 2.11")
endif()
add_library(kennel_torch INTERFACE)
add_library(kennel::torch ALIAS kennel_torch)
target_include_directories(kennel_torch SYSTEM INTERFACE
  ${KENNEL_TORCH_DIR}/include ${KENNEL_TORCH_DIR}/include/torch/csrc/api/include)
target_link_libraries(kennel_torch INTERFACE
  ${KENNEL_TORCH_DIR}/lib/libtorch_cpu.so ${KENNEL_TORCH_DIR}/lib/libc10.so)
target_compile_definitions(kennel_torch INTERFACE _GLIBCXX_USE_CXX11_ABI=1)
if(NOT SKBUILD)  # a wheel finds it beside itself
  target_link_options(kennel_torch INTERFACE -Wl,-rpath,${KENNEL_TORCH_DIR}/lib)
endif()

# kennel_reuse_pch(TARGET FROM): TARGET is compiled behind the precompiled header of FROM, if there is one. The last call counts.
function(kennel_reuse_pch TARGET FROM)
  if(TARGET "${FROM}")
    target_precompile_headers(${TARGET} REUSE_FROM ${FROM})
    kennel_at_once(${TARGET})
    get_target_property(type ${TARGET} TYPE)
    if(type STREQUAL EXECUTABLE)
      # CMake gives an executable -fPIE; the precompiled header wants the flags it was compiled with.
      set_target_properties(${TARGET} PROPERTIES POSITION_INDEPENDENT_CODE OFF)
      target_compile_options(${TARGET} PRIVATE -fPIC)
    endif()
  endif()
endfunction()

# One precompiled <torch/types.h> for all targets that use it: parsing it takes 18 s a file otherwise, and
# <torch/types.h>, with the modules and optimisers that nothing here uses, three times as long even precompiled.
set(KENNEL_TORCH_PCH kennel_torch_pch)
function(kennel_use_torch TARGET)
  target_link_libraries(${TARGET} PUBLIC kennel_torch)
  if(KENNEL_SANITIZE)
    target_compile_options(${TARGET} PRIVATE -Wno-maybe-uninitialized)  # GCC 12 sees ghosts in LibTorch's headers then
  endif()
  kennel_reuse_pch(${TARGET} ${KENNEL_TORCH_PCH})
endfunction()
