# CUDA, where KENNEL_CUDA asks for it: the compiler from a toolkit or from the nvcc wheels, and the architectures.
set(KENNEL_CUDA_ARCHS "release" CACHE STRING "GPU architectures: release, native, or a list such as 80;90")
if(NOT KENNEL_CUDA)
  return()
endif()

# ./kennel passes the compiler that it has tried; otherwise a toolkit's comes before the wheels'.
if(NOT CMAKE_CUDA_COMPILER AND NOT DEFINED ENV{CUDACXX})
  kennel_python_package(nvidia.cu13 KENNEL_CUDA_WHEELS)
  find_program(CMAKE_CUDA_COMPILER nvcc
    HINTS ENV CUDA_HOME PATHS /usr/local/cuda ${KENNEL_CUDA_WHEELS} PATH_SUFFIXES bin)
endif()

# The wheels lay a toolkit out as site-packages/nvidia/cu13/{bin,include,lib,nvvm}, where nvcc itself looks for its
# libraries in lib64: name the folder, to the compiler for its trial programs and to the linker.
if(CMAKE_CUDA_COMPILER)
  cmake_path(GET CMAKE_CUDA_COMPILER PARENT_PATH KENNEL_CUDA_ROOT)
  cmake_path(GET KENNEL_CUDA_ROOT PARENT_PATH KENNEL_CUDA_ROOT)
  if(EXISTS ${KENNEL_CUDA_ROOT}/lib/libcudart_static.a AND NOT EXISTS ${KENNEL_CUDA_ROOT}/lib64)
    string(APPEND CMAKE_CUDA_FLAGS " -L\"${KENNEL_CUDA_ROOT}/lib\"")
    link_directories(${KENNEL_CUDA_ROOT}/lib)
    set(CMAKE_LIBRARY_PATH ${KENNEL_CUDA_ROOT}/lib ${CMAKE_LIBRARY_PATH})
    file(GLOB KENNEL_CUDART ${KENNEL_CUDA_ROOT}/lib/libcudart.so.*)  # FindCUDAToolkit looks for the name without number
    set(CUDA_CUDART ${KENNEL_CUDART} CACHE FILEPATH "CUDA's runtime library")
    set(CUDA_cudart_LIBRARY ${KENNEL_CUDART} CACHE FILEPATH "CUDA's runtime library")
  endif()
endif()

# Real code for every architecture that CUDA 13 serves, and PTX of the newest for those to come.
if(KENNEL_CUDA_ARCHS STREQUAL "release")
  set(CMAKE_CUDA_ARCHITECTURES 75-real 80-real 86-real 89-real 90-real 100-real 120)
else()
  set(CMAKE_CUDA_ARCHITECTURES ${KENNEL_CUDA_ARCHS})
endif()

set(CMAKE_CUDA_STANDARD 20)
set(CMAKE_CUDA_STANDARD_REQUIRED ON)
set(CMAKE_CUDA_EXTENSIONS OFF)
set(CMAKE_CUDA_RUNTIME_LIBRARY None)  # targets link CUDA::cudart, which is shared with LibTorch
enable_language(CUDA)
if(CMAKE_CUDA_COMPILER_VERSION VERSION_LESS 13)
  message(FATAL_ERROR "needs nvcc 13, ${CMAKE_CUDA_COMPILER} is ${CMAKE_CUDA_COMPILER_VERSION}; "
    "run ./kennel build --all, or pass -DCMAKE_CUDA_COMPILER=/path/to/nvcc")
endif()
find_package(CUDAToolkit 13 REQUIRED)

# CMake takes the toolkit's folder for one that the loader searches anyway; it often is not.
cmake_path(GET CUDA_cudart_LIBRARY PARENT_PATH KENNEL_CUDART_DIR)
set_property(TARGET CUDA::cudart APPEND PROPERTY INTERFACE_LINK_OPTIONS "LINKER:-rpath,${KENNEL_CUDART_DIR}")
