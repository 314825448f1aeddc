# What every target of this project is compiled with. Third-party headers are SYSTEM and stay out of -Werror.
add_library(kennel_flags INTERFACE)
target_compile_options(kennel_flags INTERFACE
  $<$<COMPILE_LANGUAGE:CXX>:-Wall -Wextra -Werror -fno-math-errno -fno-trapping-math>)
# GCC 12's SLP vectoriser writes wrong constants at -O3 with AVX (seen: a struct of {1, 1, 0, 0, 0, 1, ...} became
# {1, 1, 1, 1, 0, 1, ...}; the parity tests caught it). The simulator is vectorised by hand and loses nothing.
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  target_compile_options(kennel_flags INTERFACE $<$<COMPILE_LANGUAGE:CXX>:-fno-tree-slp-vectorize>)
endif()
if(KENNEL_NATIVE)
  target_compile_options(kennel_flags INTERFACE $<$<COMPILE_LANGUAGE:CXX>:-march=native>)
elseif(CMAKE_SYSTEM_PROCESSOR MATCHES "x86_64|AMD64")
  target_compile_options(kennel_flags INTERFACE $<$<COMPILE_LANGUAGE:CXX>:-march=x86-64-v3>)
endif()
if(KENNEL_PARITY)
  target_compile_options(kennel_flags INTERFACE $<$<COMPILE_LANGUAGE:CXX>:-ffp-contract=off>)
endif()
# The first finding ends the program, so that a test with one fails.
if(KENNEL_SANITIZE STREQUAL "address")
  set(KENNEL_SANITIZERS -fsanitize=address,undefined -fno-sanitize-recover=undefined)
elseif(KENNEL_SANITIZE STREQUAL "thread")
  set(KENNEL_SANITIZERS -fsanitize=thread)
elseif(KENNEL_SANITIZE)
  message(FATAL_ERROR "KENNEL_SANITIZE = ${KENNEL_SANITIZE}; expected address, thread or OFF")
endif()
if(KENNEL_SANITIZE)
  target_compile_options(kennel_flags INTERFACE
    $<$<COMPILE_LANGUAGE:CXX>:${KENNEL_SANITIZERS}> $<$<COMPILE_LANGUAGE:CXX>:-fno-omit-frame-pointer>)
  target_link_options(kennel_flags INTERFACE ${KENNEL_SANITIZERS})
endif()
