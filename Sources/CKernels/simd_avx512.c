#include "simd.h"
#include "math.h"
#if defined(__x86_64__)
#include <immintrin.h>
#define VOKEN_AVX512
#pragma clang attribute push(__attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,fma,f16c"))), apply_to = function)
#pragma clang diagnostic ignored "-Wpsabi"
#define NAME(NAME) NAME##_avx512
#include "simd.inc"
#pragma clang attribute pop
#endif
