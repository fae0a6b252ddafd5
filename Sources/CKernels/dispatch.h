#pragma once
// One source, three instruction sets, resolved once when the program is loaded.
#if defined(__x86_64__) && defined(__linux__)
#define VOKEN_SIMD __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
#else
#define VOKEN_SIMD
#endif
#define VOKEN_INLINE static inline __attribute__((always_inline))

// Reductions keep this many partial results, so that the order of the additions does not depend on the instruction set.
enum { LANES = 16 };
