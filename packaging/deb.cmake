# SPDX-License-Identifier: GPL-2.0-or-later
# Debian's package, which scripts/package makes.
set(NMISTORM_MAINTAINER "" CACHE STRING "Name and address of who makes the package")

set(CPACK_GENERATOR DEB)
set(CPACK_VERBATIM_VARIABLES ON)
set(CPACK_PACKAGE_NAME nmistorm)
set(CPACK_PACKAGE_VERSION ${PROJECT_VERSION})
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "storms of NMIs against an RCU-protected NMI handler, on KVM")
set(CPACK_PACKAGE_DESCRIPTION "nmistorm runs the pattern of the kernel document \"Using RCU to Protect
Dynamic NMI Handlers\" on real vCPUs and tries to break it: it boots a small
guest on KVM, injects NMIs while one vCPU swaps handlers, and judges from
outside the guest whether every NMI was counted and no handler used memory
that was reclaimed.
.
It is for engineers who work on RCU, on the kernel or on KVM. Its package also
holds the sources of the guest, to build one of your own.")
set(CPACK_PACKAGE_CONTACT "${NMISTORM_MAINTAINER}")
set(CPACK_INSTALL_DEFAULT_DIRECTORY_PERMISSIONS
  OWNER_READ OWNER_WRITE OWNER_EXECUTE GROUP_READ GROUP_EXECUTE WORLD_READ WORLD_EXECUTE)
set(CPACK_PRE_BUILD_SCRIPTS ${CMAKE_SOURCE_DIR}/packaging/deb_files.cmake)

set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SECTION devel)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_DEBUGINFO_PACKAGE ON)  # strips the program
set(CPACK_DEBIAN_PACKAGE_SUGGESTS "cmake, g++, ninja-build")  # for a guest of one's own

string(TIMESTAMP NMISTORM_DATE "%a, %d %b %Y %H:%M:%S +0000" UTC)
configure_file(packaging/changelog.in ${CMAKE_BINARY_DIR}/deb/changelog @ONLY)
configure_file(packaging/copyright ${CMAKE_BINARY_DIR}/deb/copyright COPYONLY)
set(CPACK_NMISTORM_DEB_DIR ${CMAKE_BINARY_DIR}/deb)
include(CPack)
