// Whether a batch of environments and its learner fit a device's memory.
#pragma once

#include <cstddef>

#include "kennel/core/check.h"
#include "kennel/sim/make_env.h"

namespace kennel {

/// \throws Error that names both needs and the most environments that fit, when `free` bytes are
/// not enough
/// \param bytes_each  of an environment
inline void check_memory(const EnvSpec& spec, const EnvOptions& options, std::size_t bytes_each,
                         std::size_t free) {
  const auto environments = [&](int num_envs) {
    return static_cast<std::size_t>(num_envs) * bytes_each;
  };
  const auto learner = [&](int num_envs) {
    EnvSpec of = spec;
    of.num_envs = num_envs;
    return options.learner_bytes ? options.learner_bytes(of) : 0;
  };
  const auto fit = [&](int num_envs) { return environments(num_envs) + learner(num_envs) < free; };
  if (fit(spec.num_envs)) return;
  int most = 0;                                         // fits, or nothing does
  for (int least = spec.num_envs; least - most > 1;) {  // does not fit
    const int middle = most + (least - most) / 2;
    (fit(middle) ? most : least) = middle;
  }
  fail(spec.num_envs, " environments need ", environments(spec.num_envs) >> 20, " MiB and their ",
       "learner ", learner(spec.num_envs) >> 20, " MiB, device ", options.device, " has ",
       free >> 20, " MiB free; at most ", most, " fit, lower --num-envs");
}

}  // namespace kennel
