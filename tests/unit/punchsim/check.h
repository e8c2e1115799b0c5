#pragma once
/* Tests must fail in every build type. */
#undef NDEBUG
#include <assert.h>
