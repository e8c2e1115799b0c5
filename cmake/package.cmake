# cmake --preset package && cmake --build build/package && cpack --config build/package/CPackConfig.cmake
# makes a .deb that installs the programs, the unit and an example of the settings, and makes the user
# punchd.
include(GNUInstallDirs)

install(FILES packaging/punchd.service DESTINATION /lib/systemd/system)
install(FILES packaging/punchd.conf DESTINATION /etc/punchd PERMISSIONS OWNER_READ OWNER_WRITE GROUP_READ)
install(FILES README.md SECURITY.md CHANGELOG.md DESTINATION ${CMAKE_INSTALL_DOCDIR})
install(DIRECTORY docs DESTINATION ${CMAKE_INSTALL_DOCDIR})

set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME punchd)
set(CPACK_PACKAGE_VENDOR punchd)
set(CPACK_PACKAGE_CONTACT "punchd maintainers <root@localhost>")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "Time and attendance server for ZKTeco terminals")
set(CPACK_PACKAGE_DESCRIPTION
	"Takes punches from terminals that speak ADMS, keeps them in PostgreSQL and serves them over the REST API of ZKBio Time.")
set(CPACK_STRIP_FILES ON)
set(CPACK_SET_DESTDIR ON)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SECTION net)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_DEPENDS "adduser, ca-certificates, tzdata")
set(CPACK_DEBIAN_PACKAGE_RECOMMENDS "postgresql (>= 14)")
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)
set(CPACK_DEBIAN_PACKAGE_CONTROL_EXTRA
	${CMAKE_CURRENT_SOURCE_DIR}/packaging/conffiles
	${CMAKE_CURRENT_SOURCE_DIR}/packaging/postinst
	${CMAKE_CURRENT_SOURCE_DIR}/packaging/prerm
	${CMAKE_CURRENT_SOURCE_DIR}/packaging/postrm)
include(CPack)
