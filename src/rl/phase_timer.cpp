#include "kennel/rl/phase_timer.h"

#include <c10/core/Event.h>
#include <c10/core/impl/VirtualGuardImpl.h>

#include <chrono>
#include <vector>

namespace kennel {
namespace {

class ClockTimer final : public PhaseTimer {
 public:
  void begin(Phase phase) override {
    close();
    phase_ = phase;
    running_ = true;
  }
  void stop() override {
    close();
    running_ = false;
  }
  PhaseSeconds seconds() override {
    const PhaseSeconds out = seconds_;
    seconds_ = {};
    return out;
  }

 private:
  using Clock = std::chrono::steady_clock;

  void close() {
    const Clock::time_point now = Clock::now();
    if (running_) seconds_[phase_] += std::chrono::duration<double>(now - start_).count();
    start_ = now;
  }

  Clock::time_point start_;
  Phase phase_ = Phase::kPolicy;
  bool running_ = false;
  PhaseSeconds seconds_;
};

// Through c10's table of devices, so that nothing here links against CUDA.
class EventTimer final : public PhaseTimer {
 public:
  explicit EventTimer(torch::Device device) : device_(device), backend_(device.type()) {}

  void begin(Phase phase) override {
    mark();
    phases_.push_back(phase);
  }
  void stop() override { mark(); }

  PhaseSeconds seconds() override {
    PhaseSeconds out;
    if (used_ > 0) events_[used_ - 1].synchronize();
    for (std::size_t k = 0; k < phases_.size(); ++k) {
      out[phases_[k]] += 1e-3 * events_[k].elapsedTime(events_[k + 1]);  // from milliseconds
    }
    phases_.clear();
    used_ = 0;
    return out;
  }

 private:
  void mark() {
    if (used_ == events_.size()) {
      // PyTorch's default leaves the times out.
      events_.emplace_back(device_.type(), c10::EventFlag::BACKEND_DEFAULT);
    }
    events_[used_++].record(backend_.getStream(device_));
  }

  torch::Device device_;
  c10::impl::VirtualGuardImpl backend_;
  std::vector<c10::Event> events_;  // kept from one measurement to the next
  std::size_t used_ = 0;
  std::vector<Phase> phases_;  // what follows each event but the last
};

class NoTimer final : public PhaseTimer {
 public:
  void begin(Phase) override {}
  void stop() override {}
  PhaseSeconds seconds() override { return {}; }
};

}  // namespace

std::unique_ptr<PhaseTimer> make_phase_timer(torch::Device device) {
  if (device.is_cpu()) return std::make_unique<ClockTimer>();
  return std::make_unique<EventTimer>(device);
}

PhaseTimer& no_timer() {
  static NoTimer timer;
  return timer;
}

}  // namespace kennel
