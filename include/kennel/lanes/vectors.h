// What the vectors are that the CPU backend was compiled for, and how fast.
//
// A program for any machine has several of them to choose from (src/lanes/CMakeLists.txt): ask
// here, not the compiler.
#pragma once

#include "kennel/core/thread_pool.h"

namespace kennel {

/// Bits of a vector: 512 with AVX-512, 256 with AVX2, 128 with SSE2 and NEON.
int simd_bits();

/// The most that these vectors do on all threads of the pool at once, FLOP/s: fused
/// multiply-additions of registers. The best of a few milliseconds.
double peak_flop_per_s(ThreadPool& pool);

}  // namespace kennel
