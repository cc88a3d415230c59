# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 the teelink authors
#
# find_package(teelink-ta) gives
#   teelink_add_ta(TARGET UUID SOURCE... [KEY file.pem] [VERSION n])
# which builds <UUID>.ta in the current binary folder. The source folder, or one of TARGET's include
# folders, holds user_ta_header_defines.h; TARGET is a module library like any other.
get_filename_component(TEELINK_TA_DEV_KIT_DIR "${CMAKE_CURRENT_LIST_DIR}/../../teelink/ta-dev-kit" ABSOLUTE)

function(teelink_add_ta target uuid)
  cmake_parse_arguments(ta "" "KEY;VERSION" "" ${ARGN})
  if(NOT ta_KEY)
    set(ta_KEY "${TEELINK_TA_DEV_KIT_DIR}/keys/default_ta.pem")
  endif()
  if(NOT ta_VERSION)
    set(ta_VERSION 0)
  endif()
  set(kit "${TEELINK_TA_DEV_KIT_DIR}")
  add_library(${target} MODULE ${ta_UNPARSED_ARGUMENTS} "${kit}/src/user_ta_header.c")
  set_target_properties(${target} PROPERTIES PREFIX "" OUTPUT_NAME "${uuid}" SUFFIX ".elf"
    LIBRARY_OUTPUT_DIRECTORY "${CMAKE_CURRENT_BINARY_DIR}"
    C_VISIBILITY_PRESET hidden CXX_VISIBILITY_PRESET hidden)
  target_include_directories(${target} PRIVATE "${CMAKE_CURRENT_SOURCE_DIR}" "${kit}/include")
  target_link_options(${target} PRIVATE
    $<$<LINK_LANGUAGE:CXX>:-static-libstdc++>
    -Wl,-Bsymbolic -Wl,-z,defs -Wl,-z,separate-code "-Wl,--version-script=${kit}/mk/ta.map")
  target_link_libraries(${target} PRIVATE "${kit}/lib/libutils.a" "${kit}/lib/libutee.so")
  add_custom_command(TARGET ${target} POST_BUILD
    COMMAND "${kit}/scripts/teelink-sign" --uuid "${uuid}" --key "${ta_KEY}" --ta-version "${ta_VERSION}"
      --in "$<TARGET_FILE:${target}>" --out "${CMAKE_CURRENT_BINARY_DIR}/${uuid}.ta"
    VERBATIM)
endfunction()
