// How large a batch may be, said once.
#pragma once

namespace kennel {

/// Environments side by side, at most: what the shipped recipe keeps for
/// them is then some 10 GB.
inline constexpr int kMaxEnvs = 1 << 22;

}  // namespace kennel
