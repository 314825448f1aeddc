// Counts what a piece of code asks torch to have done, as the kernel's budget counts instructions.
#pragma once

#include <ATen/core/dispatch/Dispatcher.h>
#include <ATen/record_function.h>
#include <c10/core/Allocator.h>
#include <c10/util/ThreadLocalDebugInfo.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>

namespace kennel {

/// The operation that a call is of, where torch has a kernel for it (on the CPU: a device's table
/// is nearly the same); what torch composes of others has none.
inline std::optional<c10::OperatorHandle> operation_with_kernel(const at::RecordFunction& call) {
  const std::optional<c10::OperatorName> name = call.operator_name();
  if (!name) return std::nullopt;
  const auto handle = c10::Dispatcher::singleton().findSchema(*name);
  if (!handle) return std::nullopt;
  if (name->name != "aten::copy_" && !handle->hasKernelForDispatchKey(c10::DispatchKey::CPU))
    return std::nullopt;
  return handle;
}

/// Whether a device would start a kernel for an operation: views and plain allocations need none.
inline bool is_work(const c10::OperatorHandle& operation) {
  const std::string& name = operation.operator_name().name;
  if (name.starts_with("aten::empty") || name == "aten::resize_") return false;
  const auto& returns = operation.schema().returns();
  return std::none_of(returns.begin(), returns.end(), [](const auto& result) {
    return result.alias_info() != nullptr && !result.alias_info()->isWrite();
  });
}

/// What was asked of torch between the start and the end of an OperationCounter.
struct OperationCount {
  std::int64_t operations = 0;   // a device would start a kernel for each
  std::int64_t allocations = 0;  // of tensor memory
  std::int64_t items = 0;        // numbers read back, and whatever else waits for its result
  std::int64_t copies = 0;       // between devices
  std::int64_t peak_bytes = 0;   // most tensor memory held at once, above what was held before
  std::map<std::string, std::int64_t> by_name;  // the operations

  std::int64_t waits() const { return items + copies; }
};

/// Counts the calls of this thread while it lives. One operation is an outermost call that has a
/// kernel of its own: what torch composes of others counts as those, what a kernel calls inside
/// does not count, nor do views and plain allocations.
class OperationCounter {
 public:
  OperationCounter()
      : previous_(current()),
        memory_(std::make_shared<Memory>()),
        memory_guard_(c10::DebugInfoKind::PROFILER_STATE, memory_) {
    current() = this;
    handle_ = at::addThreadLocalCallback(
        at::RecordFunctionCallback(&begin, &end).scopes({at::RecordScope::FUNCTION}));
  }
  ~OperationCounter() {
    at::removeCallback(handle_);
    current() = previous_;
  }
  OperationCounter(const OperationCounter&) = delete;
  OperationCounter& operator=(const OperationCounter&) = delete;

  OperationCount count() const {
    OperationCount out = count_;
    out.allocations = memory_->allocations;
    out.peak_bytes = memory_->peak;
    return out;
  }

 private:
  struct Memory final : c10::MemoryReportingInfoBase {
    void reportMemoryUsage(void*, std::int64_t size, std::size_t, std::size_t,
                           c10::Device) override {
      allocations += size > 0;
      held += size;
      peak = std::max(peak, held);
    }
    bool memoryProfilingEnabled() const override { return true; }
    std::int64_t allocations = 0, held = 0, peak = 0;
  };

  /// Marks a call that was counted, so that nothing inside it is.
  struct Inside final : at::ObserverContext {};

  static OperationCounter*& current() {
    static thread_local OperationCounter* counter = nullptr;
    return counter;
  }

  static std::unique_ptr<at::ObserverContext> begin(const at::RecordFunction& call) {
    OperationCounter& counter = *current();
    if (counter.depth_ > 0) return nullptr;
    counter.count_waits(call);
    const auto operation = operation_with_kernel(call);
    if (!operation) return nullptr;
    ++counter.depth_;  // what happens inside is its own affair
    if (is_work(*operation)) {
      ++counter.count_.operations;
      ++counter.count_.by_name[operation->operator_name().name];
    }
    return std::make_unique<Inside>();
  }

  static void end(const at::RecordFunction&, at::ObserverContext* context) {
    if (context != nullptr) --current()->depth_;
  }

  void count_waits(const at::RecordFunction& call) {
    const std::optional<c10::OperatorName> name = call.operator_name();
    if (!name) return;
    // A change of device, even where it is none on the tensors at hand.
    count_.copies += name->name == "aten::to" && name->overload_name != "dtype";
    for (const char* waiting : {"aten::_local_scalar_dense", "aten::nonzero", "aten::equal",
                                "aten::masked_select", "aten::is_nonzero", "aten::_unique2"}) {
      count_.items += name->name == waiting;
    }
  }

  OperationCounter* previous_;
  std::shared_ptr<Memory> memory_;
  c10::DebugInfoGuard memory_guard_;
  at::CallbackHandle handle_ = 0;
  int depth_ = 0;
  OperationCount count_;
};

}  // namespace kennel
