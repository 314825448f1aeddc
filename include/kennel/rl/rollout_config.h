// How experience is collected and valued. A method's recipe has these keys in its own section.
#pragma once

namespace kennel {

struct RolloutConfig {
  int num_steps = 24;
  float gamma = 0.98f;
  float gae_lambda = 0.95f;
};

}  // namespace kennel
