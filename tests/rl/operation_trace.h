// What a piece of learner code asks of a device, word for word: what a recording of it would hold.
#pragma once

#include <ATen/core/ivalue.h>
#include <ATen/record_function.h>
#include <c10/util/ThreadLocalDebugInfo.h>
#include <torch/types.h>

#include <algorithm>
#include <cstring>
#include <map>
#include <memory>
#include <sstream>
#include <string>
#include <vector>

#include "kennel/rl/operation_counter.h"
#include "tests/simt/machine.h"

namespace kennel {

/// Writes down this thread's operations of torch and launches of kernels while it lives: names,
/// shapes, places in memory and numbers handed over by the host. Memory that is allocated meanwhile
/// is named by the order of its allocation, as in a recording, which has memory of its own.
class OperationTrace {
 public:
  OperationTrace()
      : memory_(std::make_shared<Memory>()),
        memory_guard_(c10::DebugInfoKind::PROFILER_STATE, memory_) {
    current() = this;
    handle_ = at::addThreadLocalCallback(at::RecordFunctionCallback(&begin, &end)
                                             .needsInputs(true)
                                             .scopes({at::RecordScope::FUNCTION}));
    simt::observe_launches(&launched);
  }
  ~OperationTrace() {
    simt::observe_launches(nullptr);
    at::removeCallback(handle_);
    current() = nullptr;
  }
  OperationTrace(const OperationTrace&) = delete;
  OperationTrace& operator=(const OperationTrace&) = delete;

  const std::vector<std::string>& lines() const { return lines_; }

 private:
  struct Inside final : at::ObserverContext {};

  struct Memory final : c10::MemoryReportingInfoBase {
    struct Block {
      std::size_t bytes;
      int number;
    };
    void reportMemoryUsage(void* at, std::int64_t bytes, std::size_t, std::size_t,
                           c10::Device) override {
      const auto place = reinterpret_cast<std::uintptr_t>(at);
      blocks.erase(place);
      if (bytes > 0) blocks[place] = {static_cast<std::size_t>(bytes), allocated++};
    }
    bool memoryProfilingEnabled() const override { return true; }

    /// The name of a place in memory of this trace; empty for others.
    std::string name(std::uintptr_t place) const {
      auto after = blocks.upper_bound(place);
      if (after == blocks.begin()) return {};
      const auto& [begin, block] = *--after;
      if (place - begin >= block.bytes) return {};
      return "own " + std::to_string(block.number) + " + " + std::to_string(place - begin);
    }

    std::map<std::uintptr_t, Block> blocks;
    int allocated = 0;
  };

  static OperationTrace*& current() {
    static thread_local OperationTrace* trace = nullptr;
    return trace;
  }

  static std::unique_ptr<at::ObserverContext> begin(const at::RecordFunction& call) {
    if (current()->inside_) return nullptr;
    std::ostringstream line;
    line << call.name();
    for (const c10::IValue& input : call.inputs()) current()->write(line << ' ', input);
    current()->lines_.push_back(line.str());
    // What a kernel does inside is the CPU's affair: counts before it allocates, numbers on their
    // way.
    if (!operation_with_kernel(call)) return nullptr;
    current()->inside_ = true;
    return std::make_unique<Inside>();
  }

  static void end(const at::RecordFunction&, at::ObserverContext* context) {
    if (context != nullptr) current()->inside_ = false;
  }

  static void launched(const simt::LaunchRecord& launch) {
    if (current() == nullptr) return;
    std::ostringstream line;
    line << launch.what << ' ' << launch.blocks << ' ' << launch.threads << ' '
         << launch.shared_bytes << std::hex;
    for (std::size_t at = 0; at < launch.arguments.size(); at += 8) {
      std::uint64_t word = 0;
      std::memcpy(&word, &launch.arguments[at],
                  std::min<std::size_t>(8, launch.arguments.size() - at));
      const std::string own = current()->memory_->name(word);
      line << ' ';
      own.empty() ? line << word : line << own;
    }
    current()->lines_.push_back(line.str());
  }

  void write(std::ostream& line, const c10::IValue& input) const {
    if (input.isTensor()) {
      const torch::Tensor& x = input.toTensor();
      if (!x.defined()) return void(line << "none");
      line << x.scalar_type() << x.sizes() << x.strides() << '@';
      // A number of the host, which torch wraps: what is handed over is its value.
      if (x.unsafeGetTensorImpl()->is_wrapped_number()) {
        std::uint64_t bits = 0;
        std::memcpy(&bits, x.const_data_ptr(), std::min<std::size_t>(8, x.element_size()));
        return void(line << "number " << bits);
      }
      const auto place = reinterpret_cast<std::uintptr_t>(x.const_data_ptr());
      const std::string own = memory_->name(place);
      x.numel() == 0 ? line << "empty" : own.empty() ? line << place : line << own;
    } else if (input.isTensorList()) {
      for (const torch::Tensor& x : input.toTensorVector()) write(line << ' ', x);
    } else if (input.isList()) {
      for (const c10::IValue& x : input.toListRef()) write(line << ' ', x);
    } else if (input.isObject() || input.isGenerator() || input.isStorage()) {
      line << input.tagKind();
    } else {
      line << input;
    }
  }

  std::shared_ptr<Memory> memory_;
  c10::DebugInfoGuard memory_guard_;
  at::CallbackHandle handle_ = 0;
  bool inside_ = false;  // an operation whose parts are its own affair
  std::vector<std::string> lines_;
};

}  // namespace kennel
