#include "kennel/rl/samples.h"

namespace kennel {

Samples Samples::at(const torch::Tensor& index) const {
  return {action.index_select(0, index),    log_prob.index_select(0, index),
          advantage.index_select(0, index), returns.index_select(0, index),
          value.index_select(0, index),     mean.defined() ? mean.index_select(0, index) : mean};
}

Samples Samples::narrow(std::int64_t begin, std::int64_t rows) const {
  return {action.narrow(0, begin, rows),    log_prob.narrow(0, begin, rows),
          advantage.narrow(0, begin, rows), returns.narrow(0, begin, rows),
          value.narrow(0, begin, rows),     mean.defined() ? mean.narrow(0, begin, rows) : mean};
}

RolloutBatch RolloutBatch::narrow(std::int64_t begin, std::int64_t rows) const {
  return {obs.narrow(0, begin, rows), privileged_obs.narrow(0, begin, rows),
          samples.narrow(begin, rows), scaled};
}

}  // namespace kennel
