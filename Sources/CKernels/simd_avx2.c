#include "simd.h"
#include "math.h"
#if defined(__x86_64__)
#pragma clang attribute push(__attribute__((target("avx2,fma,f16c"))), apply_to = function)
#pragma clang diagnostic ignored "-Wpsabi"
#define NAME(NAME) NAME##_avx2
#include "simd.inc"
#pragma clang attribute pop
#endif
