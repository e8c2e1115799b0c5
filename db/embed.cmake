# Writes OUT, a C file that holds the SQL files of DIR and DIR/functions (see migrate.h).
# Every byte becomes \xNN inside short string literals, so that any content survives.

function(sql_literal file out)
	file(READ "${file}" hex HEX)
	string(LENGTH "${hex}" length)
	string(REPEAT "[0-9a-f]" 32 row)
	string(REGEX REPLACE "(${row})" "\\1\n" hex "${hex}")
	string(REGEX REPLACE "([0-9a-f][0-9a-f])" "\\\\x\\1" text "${hex}")
	if(text MATCHES "\\\\x00")
		message(FATAL_ERROR "${file}: contains a NUL byte")
	endif()
	string(REGEX REPLACE "\n$" "" text "${text}")
	string(REPLACE "\n" "\"\n\t\"" text "${text}")
	set(${out} "\t\"${text}\"\n" PARENT_SCOPE)
endfunction()

file(GLOB files "${DIR}/*.sql")
list(SORT files)
set(bodies "")
set(table "")
set(expected 1)
foreach(file IN LISTS files)
	get_filename_component(name "${file}" NAME)
	if(NOT name MATCHES "^([0-9][0-9][0-9][0-9])_[a-z0-9_]+\\.sql$")
		message(FATAL_ERROR "${file}: name is not NNNN_lower_case.sql")
	endif()
	string(REGEX REPLACE "^0+" "" number "${CMAKE_MATCH_1}")
	if(NOT number STREQUAL expected)
		message(FATAL_ERROR "${file}: migration ${expected} expected")
	endif()
	math(EXPR expected "${expected} + 1")
	sql_literal("${file}" text)
	string(APPEND bodies "static const char sql_${number}[] =\n${text};\n\n")
	string(APPEND table "\t{ ${number}, \"${name}\", sql_${number} },\n")
endforeach()

file(GLOB files "${DIR}/functions/*.sql")
list(SORT files)
set(functions "")
foreach(file IN LISTS files)
	sql_literal("${file}" text)
	string(APPEND functions "${text}\t\"\\n\"\n")
endforeach()
if(functions STREQUAL "")
	set(functions "\t\"\"\n")
endif()

file(WRITE "${OUT}" "/* Generated from migrations/ by db/embed.cmake. */
#include \"migrate.h\"

${bodies}const struct migration migrations[] = {
${table}\t{ 0 }
};

const char migration_functions[] =
${functions};
")
