#include "kennel/rl/repeated_work.h"

#include <utility>

namespace kennel {

void RepeatedWork::run(const std::function<void()>& work) {
  if (is_eager()) {
    work();
    warm_ = true;
    return;
  }
  if (!graph_) {
    std::unique_ptr<DeviceGraph> graph = make_graph_(device_);
    graph->begin_capture();
    work();
    graph->end_capture();
    graph_ = std::move(graph);
  }
  graph_->launch();
}

void RepeatedWork::forget() {
  graph_.reset();
  warm_ = false;
}

}  // namespace kennel
