// What an iteration of training takes on how many ranks, from its parts: arithmetic alone.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace kennel {

/// What a message between two ranks takes: latency + bytes / rate.
struct Link {
  std::string name;
  double latency_s = 0.0;
  double bytes_per_s = 0.0;
};

/// A sum over ranks. A ring passes 2 (R - 1) messages of 1/R of the bytes one after the other, two
/// trees 2 log2 R messages of all of them: an engine takes what is quicker (Thakur, Rabenseifner,
/// Gropp 2005, section 4.5).
double sum_seconds(const Link& link, int ranks, double bytes);

/// The link by which two ranks took these times for sums of so many bytes: a line through the
/// smallest and the largest.
Link link_from(const std::string& name, int ranks, double few_bytes, double few_seconds,
               double many_bytes, double many_seconds);

/// One rank's iteration.
struct IterationParts {
  int envs = 0;
  double seconds = 0.0;    // without sums over ranks
  std::int64_t sums = 0;   // over ranks
  std::int64_t bytes = 0;  // of all of them together
};

/// What an iteration of so many environments takes one rank: a line through two measured numbers of
/// environments, never less than a tenth of the smaller one's time.
double own_seconds(const IterationParts& small, const IterationParts& large, double envs);

struct ScalingRow {
  int ranks = 1;
  double seconds = 0.0;    // an iteration
  double sum_share = 0.0;  // of it that goes into sums
  double steps_per_s = 0.0;
  double efficiency = 0.0;  // steps/s a rank, against one rank's
};

/// \param strong     the environments are all ranks' together; otherwise each rank's
/// \param num_steps  control steps of an environment an iteration
std::vector<ScalingRow> predict(const IterationParts& small, const IterationParts& large,
                                const Link& link, std::span<const int> ranks, int envs, bool strong,
                                int num_steps);

}  // namespace kennel
