#include "simd.h"
#include "math.h"
#pragma clang diagnostic ignored "-Wpsabi"
#define NAME(NAME) NAME##_plain
#include "simd.inc"
