# SPDX-License-Identifier: GPL-2.0-or-later
# What cmake --install puts where. Nothing that is installed knows where it was built or will be.

# The manual pages and the completions, from the program's own tables. They are installed if they were made.
option(NMISTORM_MANUAL "Make the manual pages and the completions, too: the target manual, which needs python3 and scdoc" OFF)
set(NMISTORM_ZSH_DIR ${CMAKE_INSTALL_DATADIR}/zsh/site-functions CACHE STRING "Where zsh's completion is installed")
set(manual_dir ${CMAKE_BINARY_DIR}/manual)
set(manual_all "")
if(NMISTORM_MANUAL)
  set(manual_all ALL)
endif()
add_custom_command(OUTPUT ${manual_dir}/written
  COMMAND ${CMAKE_SOURCE_DIR}/scripts/manual $<TARGET_FILE:nmistorm> ${PROJECT_VERSION} ${manual_dir}
  COMMAND ${CMAKE_COMMAND} -E touch ${manual_dir}/written
  DEPENDS nmistorm scripts/manual
  COMMENT "Writing the manual")
add_custom_target(manual ${manual_all} DEPENDS ${manual_dir}/written)
install(DIRECTORY ${manual_dir}/man/ DESTINATION ${CMAKE_INSTALL_MANDIR}/man1 OPTIONAL)
install(FILES ${manual_dir}/completions/nmistorm
  DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions OPTIONAL)
install(FILES ${manual_dir}/completions/_nmistorm DESTINATION ${NMISTORM_ZSH_DIR} OPTIONAL)
install(FILES ${manual_dir}/completions/nmistorm.fish
  DESTINATION ${CMAKE_INSTALL_DATADIR}/fish/vendor_completions.d OPTIONAL)

install(TARGETS nmistorm)
# As in the repository, so that links between them hold.
install(FILES README.md CHANGELOG.md LICENSES/GPL-2.0-or-later.txt TYPE DOC)
install(DIRECTORY docs TYPE DOC)

# What find_package(nmistorm) needs to build guests elsewhere, and the program to run them with.
install(DIRECTORY include/nmistorm TYPE INCLUDE)
install(DIRECTORY guest DESTINATION ${CMAKE_INSTALL_DATADIR}/nmistorm PATTERN nmistorm-config.cmake.in EXCLUDE)
configure_package_config_file(guest/nmistorm-config.cmake.in nmistorm-config.cmake
  INSTALL_DESTINATION ${CMAKE_INSTALL_DATADIR}/nmistorm
  PATH_VARS CMAKE_INSTALL_INCLUDEDIR CMAKE_INSTALL_BINDIR)
write_basic_package_version_file(nmistorm-config-version.cmake COMPATIBILITY ExactVersion)
install(FILES ${CMAKE_CURRENT_BINARY_DIR}/nmistorm-config.cmake ${CMAKE_CURRENT_BINARY_DIR}/nmistorm-config-version.cmake
  DESTINATION ${CMAKE_INSTALL_DATADIR}/nmistorm)
