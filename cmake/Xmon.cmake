# xmon_collector(<name>): build src/collect/<name>.c and register xm_collector_<name>.
# xmon_embed(<file>): put a gzipped file into the binary as xm_asset_<name>[] … xm_asset_<name>_end[].
# xmon_test(<name> [LABELS …]): build test/unit/test_<name>.c and register it with ctest.
# xmon_fuzz(<name>): build test/fuzz/fuzz_<name>.c (libFuzzer where the compiler has it).

function(xmon_collector name)
  target_sources(xm PRIVATE ${CMAKE_SOURCE_DIR}/src/collect/${name}.c)
  set_property(GLOBAL APPEND PROPERTY XMON_COLLECTORS ${name})
endfunction()

function(xmon_collectors_finish)
  get_property(names GLOBAL PROPERTY XMON_COLLECTORS)
  list(SORT names)
  set(text "#include \"collect/collector.h\"\n")
  foreach(n ${names})
    string(APPEND text "extern const struct xm_collector xm_collector_${n};\n")
  endforeach()
  string(APPEND text "const struct xm_collector *const xm_collectors[] = {\n")
  foreach(n ${names})
    string(APPEND text "\t&xm_collector_${n},\n")
  endforeach()
  file(GENERATE OUTPUT ${CMAKE_BINARY_DIR}/collectors.c CONTENT "${text}\tNULL\n};\n")
  target_sources(xm PRIVATE ${CMAKE_BINARY_DIR}/collectors.c)
endfunction()

function(xmon_embed file)
  get_filename_component(name ${file} NAME)
  string(MAKE_C_IDENTIFIER ${name} id)
  set(packed ${CMAKE_BINARY_DIR}/assets/${name}.gz)
  set(unit ${CMAKE_BINARY_DIR}/assets/${id}.S)
  file(MAKE_DIRECTORY ${CMAKE_BINARY_DIR}/assets)
  add_custom_command(OUTPUT ${packed}
    COMMAND gzip -9nc ${CMAKE_SOURCE_DIR}/${file} > ${packed}
    DEPENDS ${CMAKE_SOURCE_DIR}/${file} COMMENT "ASSET ${name}" VERBATIM)
  file(GENERATE OUTPUT ${unit} CONTENT
".section .rodata
.global xm_asset_${id}, xm_asset_${id}_end
xm_asset_${id}: .incbin \"${packed}\"
xm_asset_${id}_end: .byte 0
.section .note.GNU-stack,\"\",@progbits
")
  set_source_files_properties(${unit} PROPERTIES OBJECT_DEPENDS ${packed})
  target_sources(xm PRIVATE ${unit})
endfunction()

function(xmon_test name)
  cmake_parse_arguments(A "" "TIMEOUT" "LABELS" ${ARGN})
  add_executable(test_${name} test/unit/test_${name}.c)
  target_link_libraries(test_${name} PRIVATE xm)
  target_include_directories(test_${name} PRIVATE test/unit)
  add_test(NAME unit.${name} COMMAND test_${name} WORKING_DIRECTORY ${CMAKE_SOURCE_DIR})
  set_tests_properties(unit.${name} PROPERTIES LABELS "unit;${A_LABELS}" SKIP_RETURN_CODE 77
    TIMEOUT 120)
endfunction()

function(xmon_fuzz name)
  if(NOT XMON_FUZZ)
    return()
  endif()
  add_executable(fuzz_${name} test/fuzz/fuzz_${name}.c)
  target_link_libraries(fuzz_${name} PRIVATE xm)
  target_link_options(fuzz_${name} PRIVATE -fsanitize=fuzzer)
endfunction()
