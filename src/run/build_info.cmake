# Run at every build: writes build_info.cpp again only where the commit or the flags changed.
execute_process(COMMAND git -C ${SOURCE_DIR} describe --always --dirty --abbrev=12 --exclude=*
  OUTPUT_VARIABLE COMMIT OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET RESULT_VARIABLE FAILED)
if(FAILED)
  set(COMMIT unknown)
endif()
configure_file(${SOURCE_DIR}/src/run/build_info.cpp.in ${OUTPUT} @ONLY)
