// A recording that is never played: what is left is what the host asks for itself.
#pragma once

#include <memory>

#include "kennel/rl/cuda_entry.h"
#include "kennel/rl/device_graph.h"
#include "kennel/rl/learner_ops.h"

namespace kennel {

/// Counts what is asked of recordings. What is recorded is done, once.
class SilentGraph final : public DeviceGraph {
 public:
  static inline int begun = 0, ended = 0, launched = 0, alive = 0;

  SilentGraph() { ++alive; }
  ~SilentGraph() override { --alive; }
  void begin_capture() override { ++begun; }
  void end_capture() override { ++ended; }
  void launch() override { ++launched; }
  std::int64_t operations() const override { return 0; }

  static std::unique_ptr<DeviceGraph> make(torch::Device) {
    return std::make_unique<SilentGraph>();
  }

  /// The CUDA backend's operations with such recordings, all counts at zero.
  static LearnerOps ops() {
    begun = ended = launched = 0;
    LearnerOps ops = *kennel_cuda_learner_ops();
    ops.make_graph = make;
    return ops;
  }
};

}  // namespace kennel
