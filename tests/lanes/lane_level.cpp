// What the lane library that the loader chose is, and the bits that it makes: one JSON object.
#include <cstdint>
#include <cstdio>
#include <nlohmann/json.hpp>
#include <vector>

#include "kennel/core/thread_pool.h"
#include "kennel/lanes/keyed_rows.h"
#include "kennel/lanes/layer_products.h"
#include "kennel/lanes/tanh.h"
#include "kennel/lanes/vectors.h"
#include "tests/sim/batch_fixture.h"

namespace {

using namespace kennel;

/// FNV-1a.
class Hash {
 public:
  void add(const void* memory, std::size_t bytes) {
    for (std::size_t k = 0; k < bytes; ++k)
      value_ = (value_ ^ static_cast<const unsigned char*>(memory)[k]) * 0x100000001b3ull;
  }
  std::uint64_t value() const { return value_; }

 private:
  std::uint64_t value_ = 0xcbf29ce484222325ull;
};

/// Rewards of all environments after some steps. Not hashed: where a sum is contracted to a fused
/// one is the compiler's choice for each processor (the parity build compares bits).
std::vector<double> simulated() {
  testing::SmallBatch run(quadruped::EnvConfig{}, 50);
  for (int step = 0; step < 5; ++step) run.step_with_waves();
  return {run.reward.begin(), run.reward.end()};
}

std::uint64_t drawn() {
  std::vector<float> noise(37 * 12);
  keyed_noise(7, 1000, 3, 37, 12, noise.data());
  std::vector<std::int64_t> order(1001);
  keyed_order(7, 3, 1, epoch_order(7, 143, 3, 64, 1), order.data());
  Hash hash;
  hash.add(noise.data(), noise.size() * sizeof(float));
  hash.add(order.data(), order.size() * sizeof order[0]);
  return hash.value();
}

std::uint64_t multiplied() {
  constexpr std::int64_t kRows = 33, kInner = 72, kColumns = 96;
  std::vector<float> a(kRows * kInner), b(kInner * kColumns), c(kRows * kColumns), bias(kColumns);
  for (std::size_t k = 0; k < a.size(); ++k) a[k] = std::sin(0.1f * static_cast<float>(k));
  for (std::size_t k = 0; k < b.size(); ++k) b[k] = std::cos(0.3f * static_cast<float>(k));
  product({{a.data(), kInner}, {b.data(), kColumns}, kInner}, {c.data(), kColumns}, kRows, kColumns,
          {bias.data(), true});
  tanh_in_place(c.data(), static_cast<std::int64_t>(c.size()));
  Hash hash;
  hash.add(c.data(), c.size() * sizeof(float));
  return hash.value();
}

}  // namespace

int main() {
  ThreadPool one(1);
  const nlohmann::json out = {{"simd_bits", simd_bits()},
                              {"kernel", cpu_kernel_name()},
                              {"simulated", simulated()},
                              {"drawn", drawn()},
                              {"multiplied", multiplied()},
                              {"bf16", bf16_products() != nullptr},
                              {"peak_flop_per_s", peak_flop_per_s(one)}};
  std::puts(out.dump().c_str());
}
