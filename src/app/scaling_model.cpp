#include "scaling_model.h"

#include <algorithm>
#include <cmath>

namespace kennel {

double sum_seconds(const Link& link, int ranks, double bytes) {
  if (ranks < 2) return 0.0;
  const double ring = 2.0 * (ranks - 1) * (link.latency_s + bytes / ranks / link.bytes_per_s);
  const double trees =
      2.0 * std::ceil(std::log2(ranks)) * (link.latency_s + bytes / link.bytes_per_s);
  return std::min(ring, trees);
}

Link link_from(const std::string& name, int ranks, double few_bytes, double few_seconds,
               double many_bytes, double many_seconds) {
  const double messages = 2.0 * (ranks - 1);
  const double a_byte = std::max(1e-15, (many_seconds - few_seconds) / (many_bytes - few_bytes));
  const double latency = std::max(0.0, few_seconds - a_byte * few_bytes);
  return {name, latency / messages, messages / ranks / a_byte};
}

double own_seconds(const IterationParts& small, const IterationParts& large, double envs) {
  const double each = (large.seconds - small.seconds) / (large.envs - small.envs);
  return std::max(0.1 * small.seconds, small.seconds + each * (envs - small.envs));
}

std::vector<ScalingRow> predict(const IterationParts& small, const IterationParts& large,
                                const Link& link, std::span<const int> ranks, int envs, bool strong,
                                int num_steps) {
  std::vector<ScalingRow> rows;
  const double one = envs * double{1.0} * num_steps / own_seconds(small, large, envs);
  for (const int count : ranks) {
    const double own = strong ? static_cast<double>(envs) / count : envs;
    const double each =
        large.sums == 0 ? 0.0 : static_cast<double>(large.bytes) / static_cast<double>(large.sums);
    const double in_sums = static_cast<double>(large.sums) * sum_seconds(link, count, each);
    ScalingRow row{.ranks = count, .seconds = own_seconds(small, large, own) + in_sums};
    row.sum_share = in_sums / row.seconds;
    row.steps_per_s = own * count * num_steps / row.seconds;
    row.efficiency = row.steps_per_s / count / one;
    rows.push_back(row);
  }
  return rows;
}

}  // namespace kennel
