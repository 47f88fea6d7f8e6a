# SPDX-License-Identifier: GPL-2.0-or-later
# CPack runs this on the installed files: they become as Debian's policy wants them (its chapter 12).
set(share ${CPACK_TEMPORARY_INSTALL_DIRECTORY}/usr/share)
set(doc ${share}/doc/nmistorm)
file(REMOVE ${doc}/GPL-2.0-or-later.txt)  # Debian has it in common-licenses, where the file copyright says
file(COPY ${CPACK_NMISTORM_DEB_DIR}/copyright ${CPACK_NMISTORM_DEB_DIR}/changelog DESTINATION ${doc}
  FILE_PERMISSIONS OWNER_READ OWNER_WRITE GROUP_READ WORLD_READ)
file(GLOB compressed ${doc}/changelog ${share}/man/man1/*.1)
execute_process(COMMAND gzip -9nf ${compressed} COMMAND_ERROR_IS_FATAL ANY)
