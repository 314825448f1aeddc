// Invariants of lane code, kernels and workspaces: conditions that no input, however odd, may
// break. A user's mistakes are `KENNEL_CHECK`'s, and a robot that diverges breaks nothing.
//
// Debug builds and those with sanitizers define KENNEL_ASSERTIONS. Elsewhere an assertion is not
// evaluated and makes no code: the same instructions, the same bits.
#pragma once

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <type_traits>

#include "kennel/core/lane.h"

namespace kennel {

#ifdef KENNEL_ASSERTIONS
inline constexpr bool kAssertions = true;
#else
inline constexpr bool kAssertions = false;
#endif

/// Says which invariant broke and ends the program; on a GPU the kernel, and with it the context.
KENNEL_HD void assertion_failed(const char* condition, const char* file, int line) {
#ifdef __CUDA_ARCH__
  printf("%s:%d: assertion failed: %s\n", file, line, condition);
  __trap();
#else
  std::fprintf(stderr, "%s:%d: assertion failed: %s\n", file, line, condition);
  std::abort();
#endif
}

/// Fills a workspace with bytes that are NaN in float and in double, so that a number that is read
/// before it was written shows; without assertions it does nothing.
template <class Workspace>
KENNEL_HD void fill_with_nan(Workspace& workspace) {
  static_assert(std::is_trivially_copyable_v<Workspace>);
  if constexpr (kAssertions) memset(static_cast<void*>(&workspace), 0xff, sizeof workspace);
}

}  // namespace kennel

#ifdef KENNEL_ASSERTIONS
#define KENNEL_ASSERT(condition) \
  ((condition) ? static_cast<void>(0) : ::kennel::assertion_failed(#condition, __FILE__, __LINE__))
#else
#define KENNEL_ASSERT(condition) static_cast<void>(sizeof((condition) ? 1 : 0))
#endif
