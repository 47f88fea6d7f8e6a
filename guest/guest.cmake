# SPDX-License-Identifier: GPL-2.0-or-later

# The project itself includes this file, and so does the package that it installs (nmistorm-config.cmake.in).
set(NMISTORM_GUEST_DIR ${CMAKE_CURRENT_LIST_DIR})
if(NOT NMISTORM_INCLUDE_DIR)
  set(NMISTORM_INCLUDE_DIR ${NMISTORM_GUEST_DIR}/../include)
endif()

set(NMISTORM_GUEST_LINK_OPTIONS
  -nostdlib -static -Wl,-T,${NMISTORM_GUEST_DIR}/guest.lds -Wl,--build-id=sha1
  -Wl,-z,max-page-size=4096 -Wl,--fatal-warnings -Wl,--no-warn-rwx-segments
  # One program holds many images.
  -Wl,--compress-debug-sections=zlib)

# The kind of a C++ compiler as the flags below name it: GNU or Clang.
if(CMAKE_CXX_COMPILER_ID STREQUAL GNU)
  set(NMISTORM_COMPILER_KIND GNU)
else()
  set(NMISTORM_COMPILER_KIND Clang)
endif()

# nmistorm_guest_flags(VARIABLE KIND ARCH): for compiling and linking, whatever the language.
function(nmistorm_guest_flags variable kind arch)
  # The stack is aligned to a word, and no further: NMI entry does not align it.
  set(x86_64 -m64)
  set(i386 -m32 -march=i686)
  if(kind STREQUAL GNU)
    list(APPEND x86_64 -mpreferred-stack-boundary=3)
    list(APPEND i386 -mpreferred-stack-boundary=2)
  else()
    list(APPEND x86_64 -mstack-alignment=8)
    list(APPEND i386 -mstack-alignment=4)
  endif()
  set(${variable} ${${arch}} PARENT_SCOPE)
endfunction()

# nmistorm_guest_cxx_flags(VARIABLE KIND OPTIMISATION): for compiling the guest's C++, besides those above.
function(nmistorm_guest_cxx_flags variable kind optimisation)
  set(flags -Wall -Wextra -Wshadow -Wconversion -Wno-sign-conversion
    ${optimisation} -ffreestanding -mgeneral-regs-only -mno-red-zone -fno-exceptions -fno-rtti
    -fno-threadsafe-statics -fno-asynchronous-unwind-tables -fno-stack-protector
    -fcf-protection=none)
  if(kind STREQUAL GNU)
    # The guest has no memset and memcpy, so the compiler must not call them. Clang does not with -ffreestanding.
    list(APPEND flags -fno-tree-loop-distribute-patterns)
  endif()
  set(${variable} ${flags} PARENT_SCOPE)
endfunction()

# For compiling in every language. Findings name source files by their paths in the repository. ccache makes the paths of
# this checkout relative to where the compiler runs (CCACHE_BASEDIR in scripts/lib.sh).
file(RELATIVE_PATH guest_from_build ${CMAKE_BINARY_DIR} ${NMISTORM_GUEST_DIR})
set(NMISTORM_GUEST_COMPILE_FLAGS -g -fno-pic
  -ffile-prefix-map=${CMAKE_SOURCE_DIR}/= -ffile-prefix-map=${NMISTORM_GUEST_DIR}/=guest/
  -ffile-prefix-map=${guest_from_build}/=guest/)

# nmistorm_bare_guest(TARGET ARCH SOURCES...): an image of the given assembly alone.
function(nmistorm_bare_guest target arch)
  nmistorm_guest_flags(flags ${NMISTORM_COMPILER_KIND} ${arch})
  add_executable(${target} ${ARGN})
  target_compile_options(${target} PRIVATE ${flags} ${NMISTORM_GUEST_COMPILE_FLAGS})
  target_include_directories(${target} PRIVATE ${NMISTORM_INCLUDE_DIR})
  target_link_options(${target} PRIVATE ${flags} ${NMISTORM_GUEST_LINK_OPTIONS})
  set_target_properties(${target} PROPERTIES LINK_DEPENDS ${NMISTORM_GUEST_DIR}/guest.lds)
endfunction()

# nmistorm_guest_parts(VARIABLE ARCH): the sources of the whole guest.
function(nmistorm_guest_parts variable arch)
  set(dir ${NMISTORM_GUEST_DIR})
  file(GLOB sources CONFIGURE_DEPENDS
    ${dir}/*.cpp ${dir}/nmi/*.cpp ${dir}/rcu/*.cpp ${dir}/handlers/*.cpp ${dir}/work/*.cpp
    ${dir}/mem/*.cpp ${dir}/arch/*.cpp ${dir}/arch/${arch}/*.S)
  set(${variable} ${sources} PARENT_SCOPE)
endfunction()

# nmistorm_compile_guest(TARGET ARCH FAULT SOURCES...): one guest image, an ELF executable.
function(nmistorm_compile_guest target arch fault)
  nmistorm_bare_guest(${target} ${arch} ${ARGN})
  target_include_directories(${target} PRIVATE ${NMISTORM_GUEST_DIR} ${NMISTORM_GUEST_DIR}/arch/${arch})
  target_compile_definitions(${target} PRIVATE NMISTORM_FAULT=${fault} NMISTORM_FAULT_${fault})
  nmistorm_guest_cxx_flags(flags ${NMISTORM_COMPILER_KIND} -O2)
  target_compile_options(${target} PRIVATE "$<$<COMPILE_LANGUAGE:CXX>:${flags}>")
  set_target_properties(${target} PROPERTIES
    CXX_STANDARD 20 CXX_STANDARD_REQUIRED ON CXX_EXTENSIONS OFF POSITION_INDEPENDENT_CODE OFF)
endfunction()

# nmistorm_guest_image(TARGET ARCH FAULT): the guest as it is, or with one deliberate bug.
function(nmistorm_guest_image target arch fault)
  nmistorm_guest_parts(parts ${arch})
  nmistorm_compile_guest(${target} ${arch} ${fault} ${parts})
endfunction()

# nmistorm_add_guest(TARGET ARCH x86_64|i386 [REPLACE PART...] SOURCES SOURCE...): a custom guest for
# `nmistorm storm --guest`. It has the guest's sources without each PART, which is a folder or a source below guest/,
# and the SOURCEs, which must define what the headers of the replaced parts declare.
function(nmistorm_add_guest target)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "ARCH" "REPLACE;SOURCES")
  if(arg_UNPARSED_ARGUMENTS OR arg_KEYWORDS_MISSING_VALUES OR NOT arg_SOURCES
      OR NOT arg_ARCH MATCHES "^(x86_64|i386)$")
    message(FATAL_ERROR
      "usage: nmistorm_add_guest(TARGET ARCH x86_64|i386 [REPLACE PART...] SOURCES SOURCE...)")
  endif()
  nmistorm_guest_parts(parts ${arg_ARCH})
  foreach(part ${arg_REPLACE})
    set(path ${NMISTORM_GUEST_DIR}/${part})
    set(kept "")
    foreach(source ${parts})
      cmake_path(IS_PREFIX path ${source} replaced)
      if(NOT replaced)
        list(APPEND kept ${source})
      endif()
    endforeach()
    if(kept STREQUAL parts)
      message(FATAL_ERROR "nmistorm_add_guest(${target}): no part of the guest is called ${part}")
    endif()
    set(parts ${kept})
  endforeach()
  nmistorm_compile_guest(${target} ${arg_ARCH} none ${parts} ${arg_SOURCES})
endfunction()

# nmistorm_embed_images(TARGET DIR BUILD IMAGES...): a library that holds the images, files in DIR, by these names; see
# image/embedded.h. They are guest_<arch>_<fault> of the default BUILD, and builds/<build>/guest_<arch>_<fault>.
function(nmistorm_embed_images target dir build)
  set(assembly ${CMAKE_CURRENT_BINARY_DIR}/${target}.S)
  set(text "        .section .rodata\n        .globl nmistorm_default_build\nnmistorm_default_build: .asciz \"${build}\"\n")
  set(table "        .section .data.rel.ro, \"aw\"\n        .balign 8\n        .globl nmistorm_images\nnmistorm_images:\n")
  set(files "")
  foreach(image ${ARGN})
    string(MAKE_C_IDENTIFIER ${image} label)
    string(APPEND text "        .balign 16\n${label}: .incbin \"${dir}/${image}\"\n${label}_end:\n${label}_name: .asciz \"${image}\"\n")
    string(APPEND table "        .quad ${label}_name, ${label}, ${label}_end - ${label}\n")
    list(APPEND files ${dir}/${image})
  endforeach()
  string(APPEND table "        .quad 0, 0, 0\n        .section .note.GNU-stack, \"\", @progbits\n")
  file(GENERATE OUTPUT ${assembly} CONTENT "${text}${table}")
  add_library(${target} STATIC ${assembly})
  set_source_files_properties(${assembly} PROPERTIES OBJECT_DEPENDS "${files}")
endfunction()
