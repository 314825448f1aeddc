#include "kennel/rl/flop.h"

#include <algorithm>
#include <chrono>

#include "kennel/core/pack.h"

namespace kennel {
namespace {

// Enough sums to keep two units busy for the four or five cycles that one takes, and few enough for
// 16 registers.
constexpr int kSums = 12;
constexpr int kRounds = 200'000;
constexpr int kRepeats = 8;
constexpr double kFlop = 2.0 * kRounds * kSums * kNativeWidth;

float multiply_and_add(float factor, float addend) {
  const NativePack a(factor), b(addend);
  NativePack sum[kSums];
  for (int k = 0; k < kSums; ++k) sum[k] = NativePack(static_cast<float>(k));
  for (int round = 0; round < kRounds; ++round)
    for (NativePack& s : sum) s = s * a + b;
  NativePack all(0.0f);
  for (const NativePack& s : sum) all += s;
  return all[0];
}

}  // namespace

double peak_flop_per_s(ThreadPool& pool) {
  using Clock = std::chrono::steady_clock;
  volatile float factor = 0.5f, addend = 1.0f;  // not known when this is compiled
  double best = 0;
  for (int repeat = 0; repeat < kRepeats; ++repeat) {
    const Clock::time_point start = Clock::now();
    pool.run(pool.num_threads(), [&](std::int64_t, int) {
      volatile float kept = multiply_and_add(factor, addend);
      static_cast<void>(kept);
    });
    const double seconds = std::chrono::duration<double>(Clock::now() - start).count();
    best = std::max(best, kFlop * pool.num_threads() / seconds);
  }
  return best;
}

}  // namespace kennel
