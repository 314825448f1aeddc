// Work that is the same each time, recorded where the device can record.
#pragma once

#include <torch/types.h>

#include <cstdint>
#include <functional>
#include <memory>

#include "kennel/rl/device_graph.h"
#include "kennel/rl/learner_ops.h"

namespace kennel {

/// A piece of an iteration that asks its device for the same operations on the same memory every
/// time. Where the operations come with recordings, the first run asks for each (memory is made,
/// kernels are loaded), the second records, and from then on the recording is played: one launch,
/// and the host's code is not run again. Elsewhere every run is as the first.
class RepeatedWork {
 public:
  /// \param record  false: always as the first run
  RepeatedWork(const LearnerOps& ops, torch::Device device, bool record)
      : make_graph_(record ? ops.make_graph : nullptr), device_(device) {}

  /// Whether the next run asks for each operation by itself.
  bool is_eager() const { return make_graph_ == nullptr || !warm_; }

  void run(const std::function<void()>& work);

  bool is_recorded() const { return graph_ != nullptr; }
  std::int64_t operations() const { return graph_ ? graph_->operations() : 0; }  // recorded

  /// Starts anew: numbers that the host hands over have changed.
  void forget();

 private:
  using MakeGraph = decltype(LearnerOps::make_graph);

  MakeGraph make_graph_;
  torch::Device device_;
  bool warm_ = false;
  std::unique_ptr<DeviceGraph> graph_;  // once recorded
};

}  // namespace kennel
