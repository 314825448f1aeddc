// A recording on the host, operation by operation, as a GPU would keep it.
#pragma once

#include <ATen/record_function.h>
#include <torch/types.h>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <utility>
#include <vector>

#include "kennel/rl/device_graph.h"
#include "kennel/rl/operation_counter.h"
#include "tests/simt/machine.h"

namespace kennel {

/// Notes this thread's operations of torch and launches of kernels with the memory that they had,
/// and does them again when it is played: the host's code between them is gone, as on a GPU. Unlike
/// there, what is recorded is also done, so the first playing has nothing to do.
class HostGraph final : public DeviceGraph {
 public:
  ~HostGraph() override { stop(); }

  void begin_capture() override {
    current() = this;
    handle_ = at::addThreadLocalCallback(at::RecordFunctionCallback(&begin, &end)
                                             .needsInputs(true)
                                             .needsOutputs(true)
                                             .scopes({at::RecordScope::FUNCTION}));
    simt::observe_launches(&launched);
  }

  void end_capture() override {
    stop();
    done_ = true;
  }

  void launch() override {
    if (std::exchange(done_, false)) return;
    const at::RecordFunctionGuard unseen(/*is_enabled=*/false);
    for (const std::function<void()>& step : steps_) step();
  }

  std::int64_t operations() const override { return static_cast<std::int64_t>(steps_.size()); }

  static std::unique_ptr<DeviceGraph> make(torch::Device) { return std::make_unique<HostGraph>(); }

 private:
  using Values = std::vector<c10::IValue>;

  /// An operation while it runs.
  struct Call final : at::ObserverContext {
    Call(const c10::OperatorHandle& called, Values with)
        : operation(called), inputs(std::move(with)) {}
    c10::OperatorHandle operation;
    Values inputs;
  };

  static HostGraph*& current() {
    static thread_local HostGraph* graph = nullptr;
    return graph;
  }

  void stop() {
    if (current() != this) return;
    simt::observe_launches(nullptr);
    at::removeCallback(handle_);
    current() = nullptr;
  }

  /// The same memory under a shape that nobody changes any more.
  static torch::Tensor same_memory(const torch::Tensor& x) {
    if (!x.defined()) return x;
    return torch::Tensor(x.unsafeGetTensorImpl()->shallow_copy_and_detach(
        c10::VariableVersion(0), /*allow_tensor_metadata_change=*/true));
  }
  static c10::IValue kept(const c10::IValue& value) {
    if (value.isTensor()) return same_memory(value.toTensor());
    if (!value.isTensorList()) return value;
    c10::List<torch::Tensor> list;
    for (const torch::Tensor& x : value.toTensorVector()) list.push_back(same_memory(x));
    return list;
  }
  template <class List>
  static Values all_kept(const List& values) {
    Values out;
    for (const c10::IValue& value : values) out.push_back(kept(value));
    return out;
  }

  static std::unique_ptr<at::ObserverContext> begin(const at::RecordFunction& call) {
    HostGraph& graph = *current();
    if (graph.depth_ > 0) return nullptr;
    const auto operation = operation_with_kernel(call);
    if (!operation) return nullptr;
    ++graph.depth_;
    return std::make_unique<Call>(*operation, all_kept(call.inputs()));
  }

  static void end(const at::RecordFunction& call, at::ObserverContext* context) {
    if (context == nullptr) return;
    HostGraph& graph = *current();
    --graph.depth_;
    auto& done = static_cast<Call&>(*context);
    // Where kernels write. A GPU's recording has such memory of its own.
    graph.memory_.push_back(all_kept(call.outputs()));
    if (!is_work(done.operation)) return;
    graph.steps_.push_back([operation = done.operation, inputs = std::move(done.inputs),
                            outputs = graph.memory_.back()] { again(operation, inputs, outputs); });
  }

  static void again(const c10::OperatorHandle& operation, const Values& inputs,
                    const Values& outputs) {
    c10::Stack stack(inputs.begin(), inputs.end());
    operation.callBoxed(stack);
    const auto& returns = operation.schema().returns();
    for (std::size_t k = 0; k < returns.size(); ++k)
      if (returns[k].alias_info() == nullptr && stack[k].isTensor())
        outputs[k].toTensor().copy_(stack[k].toTensor());
  }

  static void launched(const simt::LaunchRecord& launch) {
    if (current() != nullptr) current()->steps_.push_back(launch.again);
  }

  at::CallbackHandle handle_ = 0;
  int depth_ = 0;
  bool done_ = false;  // what was recorded last
  std::vector<Values> memory_;
  std::vector<std::function<void()>> steps_;
};

}  // namespace kennel
