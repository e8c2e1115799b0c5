# What release builds have against exploits; tests/integration/test_hardening.py looks whether they do.
include(CheckCCompilerFlag)
include(CheckPIESupported)
include(CheckCSourceCompiles)

if(NOT (CMAKE_BUILD_TYPE STREQUAL "Release" OR CMAKE_BUILD_TYPE STREQUAL "RelWithDebInfo"))
	return()
endif()

check_pie_supported(LANGUAGES C)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
add_link_options(-Wl,-z,relro -Wl,-z,now -Wl,-z,noexecstack -Wl,-z,separate-code)

foreach(flag -fstack-clash-protection -fcf-protection=full -ftrivial-auto-var-init=zero)
	string(MAKE_C_IDENTIFIER "HAVE${flag}" have)
	set(CMAKE_REQUIRED_FLAGS -Werror)
	check_c_compiler_flag(${flag} ${have})
	if(${have})
		add_compile_options(${flag})
	endif()
endforeach()

# 3 counts sizes that are only known when the program runs; older compilers and libraries have 2
set(CMAKE_REQUIRED_FLAGS "-O2 -Werror -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=3")
check_c_source_compiles("#include <string.h>\nint main(void) { return (int)strlen(\"\"); }" HAVE_FORTIFY_3)
unset(CMAKE_REQUIRED_FLAGS)
if(HAVE_FORTIFY_3)
	add_compile_options(-U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=3)
else()
	add_compile_options(-U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2)
endif()
