# SPDX-License-Identifier: GPL-2.0-or-later
# The guest's images as other compilers make them, and with other optimisations: docs/guest-builds.md.

# nmistorm_guest_build(VARIABLE BUILD FAULTS...): commands that make an image of each fault for each architecture.
# Appends the images' files to VARIABLE. A command rather than a target for each image, since there are many and each
# may have another compiler than the project.
function(nmistorm_guest_build variable build)
  if(NOT build MATCHES "^(gcc|clang)(-O[01g23s])(-lto)?$")
    message(FATAL_ERROR "NMISTORM_GUEST_BUILDS: '${build}' is no build: write gcc or clang, one of -O0, -Og, -O1, -O2, "
      "-O3 and -Os, and -lto if wanted, such as clang-O2-lto")
  endif()
  set(optimisation ${CMAKE_MATCH_2})
  set(lto ${CMAKE_MATCH_3})
  if(CMAKE_MATCH_1 STREQUAL gcc)
    set(kind GNU)
    set(program g++)
  else()
    set(kind Clang)
    set(program clang++)
  endif()
  if(kind STREQUAL NMISTORM_COMPILER_KIND)
    set(compiler ${CMAKE_CXX_COMPILER})  # the same version as of the default build
  else()
    find_program(NMISTORM_${kind}_COMPILER ${program})
    set(compiler ${NMISTORM_${kind}_COMPILER})
    if(NOT compiler)
      message(FATAL_ERROR
        "NMISTORM_GUEST_BUILDS: ${build} needs ${program}: install it, or set NMISTORM_${kind}_COMPILER to one")
    endif()
  endif()

  set(dir ${NMISTORM_GUEST_DIR})
  file(GLOB_RECURSE read CONFIGURE_DEPENDS
    ${dir}/*.h ${dir}/*.cpp ${dir}/*.S ${dir}/*.inc ${dir}/*.lds ${NMISTORM_INCLUDE_DIR}/nmistorm/abi/*.h)
  nmistorm_guest_cxx_flags(cxx_flags ${kind} ${optimisation})
  set(strict $<$<BOOL:${CMAKE_COMPILE_WARNING_AS_ERROR}>:-Werror>)
  set(images "")
  foreach(arch x86_64 i386)
    nmistorm_guest_parts(parts ${arch})
    set(sources ${parts})
    list(FILTER sources INCLUDE REGEX "\\.cpp$")
    set(assembly ${parts})
    list(FILTER assembly INCLUDE REGEX "\\.S$")
    # One compilation for the whole image, which ccache can keep. Its paths are the same in every checkout.
    set(unity ${CMAKE_CURRENT_BINARY_DIR}/builds/${build}/unity_${arch}.cpp)
    string(REPLACE ";${dir}/" "\"\n#include \"" includes ";${sources}")
    string(REGEX REPLACE "^\"\n" "" includes "${includes}\"\n")
    file(GENERATE OUTPUT ${unity} CONTENT "${includes}")

    nmistorm_guest_flags(flags ${kind} ${arch})
    set(include_flags -I${NMISTORM_INCLUDE_DIR} -I${dir} -I${dir}/arch/${arch})
    foreach(fault ${ARGN})
      set(image ${CMAKE_CURRENT_BINARY_DIR}/builds/${build}/guest_${arch}_${fault})
      set(all_flags ${flags} ${NMISTORM_GUEST_COMPILE_FLAGS} -DNMISTORM_FAULT=${fault} -DNMISTORM_FAULT_${fault}
        ${include_flags} ${strict})
      if(lto)
        # As a project with link-time optimisation is built: each source for itself.
        set(commands COMMAND ${compiler} ${all_flags} -std=c++20 ${cxx_flags} -flto ${sources} ${assembly}
          ${NMISTORM_GUEST_LINK_OPTIONS} -o ${image})
      else()
        set(commands
          COMMAND ${CMAKE_CXX_COMPILER_LAUNCHER} ${compiler} ${all_flags} -std=c++20 ${cxx_flags}
            -c ${unity} -o ${image}.o
          COMMAND ${compiler} ${all_flags} ${image}.o ${assembly} ${NMISTORM_GUEST_LINK_OPTIONS} -o ${image})
      endif()
      add_custom_command(OUTPUT ${image} ${commands}
        DEPENDS ${read} ${unity}
        WORKING_DIRECTORY ${CMAKE_BINARY_DIR}  # from where CMake compiles, and ccache counts relative paths
        COMMENT "Building guest image ${build}/guest_${arch}_${fault}" VERBATIM COMMAND_EXPAND_LISTS)
      list(APPEND images builds/${build}/guest_${arch}_${fault})
    endforeach()
  endforeach()
  set(${variable} ${${variable}} ${images} PARENT_SCOPE)
endfunction()
