# The Python whose site-packages carry LibTorch and MuJoCo: the launcher's .venv, or KENNEL_PYTHON.
if(SKBUILD)
  set(KENNEL_PYTHON ${Python_EXECUTABLE})  # that pip builds for
endif()
if(NOT KENNEL_PYTHON)
  if(DEFINED ENV{KENNEL_PYTHON})
    set(KENNEL_PYTHON $ENV{KENNEL_PYTHON})
  else()
    set(KENNEL_PYTHON ${CMAKE_SOURCE_DIR}/.venv/bin/python)
  endif()
endif()
set(KENNEL_PYTHON ${KENNEL_PYTHON} CACHE FILEPATH "Python with torch and mujoco installed")

# Sets OUT to the folder of an installed Python package, or stops with what to do.
function(kennel_python_package PACKAGE OUT)
  execute_process(
    COMMAND ${KENNEL_PYTHON} -c
      "import importlib.util as u; print(u.find_spec('${PACKAGE}').submodule_search_locations[0])"
    OUTPUT_VARIABLE folder OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET RESULT_VARIABLE failed)
  if(failed)
    set(folder "${OUT}-NOTFOUND")
  endif()
  set(${OUT} ${folder} PARENT_SCOPE)
endfunction()
