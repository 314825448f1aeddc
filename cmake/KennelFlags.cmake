# What every target of this project is compiled with. Third-party headers are SYSTEM and stay out of -Werror.
add_library(kennel_flags INTERFACE)
target_compile_options(kennel_flags INTERFACE
  $<$<COMPILE_LANGUAGE:CXX>:-Wall -Wextra -Werror -fno-math-errno -fno-trapping-math>)
# GCC 12's SLP vectoriser writes wrong constants at -O3 with AVX (seen: a struct of {1, 1, 0, 0, 0, 1, ...} became
# {1, 1, 1, 1, 0, 1, ...}; the parity tests caught it). The simulator is vectorised by hand and loses nothing.
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  target_compile_options(kennel_flags INTERFACE $<$<COMPILE_LANGUAGE:CXX>:-fno-tree-slp-vectorize>)
  # Tuned for AMD it takes multiply and add apart in some loops and not in others: a sum's bits would depend on where it stands (seen: a
  # product's row on Zen 3, by how many rows a tile had). The physics is a little faster without.
  target_compile_options(kennel_flags INTERFACE $<$<COMPILE_LANGUAGE:CXX>:--param=avoid-fma-max-bits=0>)
endif()
if(KENNEL_NATIVE)
  target_compile_options(kennel_flags INTERFACE $<$<COMPILE_LANGUAGE:CXX>:-march=native>)
elseif(CMAKE_SYSTEM_PROCESSOR MATCHES "x86_64|AMD64")
  target_compile_options(kennel_flags INTERFACE $<$<COMPILE_LANGUAGE:CXX>:-march=x86-64-v3>)
endif()
if(KENNEL_PARITY)
  target_compile_options(kennel_flags INTERFACE $<$<COMPILE_LANGUAGE:CXX>:-ffp-contract=off>)
  target_compile_definitions(kennel_flags INTERFACE KENNEL_PARITY)
endif()

# The first report ends a test: one that goes on would pass.
if(NOT KENNEL_SANITIZE)
  set(sanitizers "")
elseif(KENNEL_SANITIZE STREQUAL "thread")
  set(sanitizers thread)
elseif(KENNEL_SANITIZE MATCHES "^(address|ON|TRUE|1)$")
  set(sanitizers address,undefined)
else()
  message(FATAL_ERROR "KENNEL_SANITIZE is ${KENNEL_SANITIZE}; expected OFF, address or thread")
endif()
if(sanitizers)
  # Instrumented, the lane code takes a compiler minutes a file to optimise, and as long to say where each variable is: -O1 and names of
  # lines alone are four to six times as quick.
  target_compile_options(kennel_flags INTERFACE
    $<$<COMPILE_LANGUAGE:CXX>:-O1 -g1 -fsanitize=${sanitizers} -fno-sanitize-recover=all -fno-omit-frame-pointer>)
  target_link_options(kennel_flags INTERFACE -fsanitize=${sanitizers})
endif()

# KENNEL_ASSERT (include/kennel/core/assert.h): in Debug builds and beside sanitizers.
if(sanitizers)
  target_compile_definitions(kennel_flags INTERFACE KENNEL_ASSERTIONS)
else()
  target_compile_definitions(kennel_flags INTERFACE $<$<CONFIG:Debug>:KENNEL_ASSERTIONS>)
endif()

# kennel_at_once(TARGET): its files are compiled six at once. Where headers cost more than what includes them, that halves a build and more:
# behind LibTorch's, precompiled, a compiler makes the templates that they use for 2 s before it is done with an empty file.
option(KENNEL_UNITY "Compile six files at once where their headers cost the most; OFF: each alone, which is quicker after a change" ON)
function(kennel_at_once TARGET)
  set_target_properties(${TARGET} PROPERTIES UNITY_BUILD ${KENNEL_UNITY} UNITY_BUILD_BATCH_SIZE 6)
endfunction()
