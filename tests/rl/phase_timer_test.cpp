// Phases are timed on the device's own time line: a pretended device whose clock is set by hand.
#include "kennel/rl/phase_timer.h"

#include <c10/core/impl/DeviceGuardImplInterface.h>
#include <gtest/gtest.h>

#include <chrono>
#include <thread>

namespace kennel {
namespace {

double device_ms = 0.0;  // what the pretended device's clock shows
int waits = 0;

/// As much of a device as events need. An event's memory holds the time that it was recorded at.
class PretendedDevice final : public c10::impl::DeviceGuardImplInterface {
 public:
  static constexpr c10::DeviceType static_type = c10::DeviceType::PrivateUse1;
  PretendedDevice() = default;
  explicit PretendedDevice(c10::DeviceType) {}

  c10::DeviceType type() const override { return static_type; }
  c10::Device exchangeDevice(c10::Device) const override { return getDevice(); }
  c10::Device getDevice() const override { return {static_type, 0}; }
  void setDevice(c10::Device) const override {}
  void uncheckedSetDevice(c10::Device) const noexcept override {}
  c10::Stream getStream(c10::Device device) const override {
    return c10::Stream(c10::Stream::DEFAULT, device);
  }
  c10::Stream exchangeStream(c10::Stream stream) const override { return stream; }
  c10::DeviceIndex deviceCount() const noexcept override { return 1; }
  void record(void** event, const c10::Stream&, const c10::DeviceIndex,
              const c10::EventFlag flag) const override {
    EXPECT_EQ(flag, c10::EventFlag::BACKEND_DEFAULT);  // others keep no time on CUDA
    if (*event == nullptr) *event = new double;
    *static_cast<double*>(*event) = device_ms;
  }
  void destroyEvent(void* event, const c10::DeviceIndex) const noexcept override {
    delete static_cast<double*>(event);
  }
  bool queryEvent(void*) const override { return true; }
  void synchronizeEvent(void*) const override { ++waits; }
  double elapsedTime(void* from, void* to, const c10::DeviceIndex) const override {
    return *static_cast<double*>(to) - *static_cast<double*>(from);
  }
};

C10_REGISTER_GUARD_IMPL(PrivateUse1, PretendedDevice);

TEST(PhaseTimer, OfADeviceAddsUpItsOwnTimeNotTheHosts) {
  const auto timer = make_phase_timer(torch::Device(c10::DeviceType::PrivateUse1, 0));
  for (int repeat = 0; repeat < 2; ++repeat) {  // the second measurement reuses the events
    waits = 0;
    for (int step = 0; step < 3; ++step) {
      timer->begin(Phase::kPolicy);
      device_ms += 2;
      timer->begin(Phase::kSimulator);
      device_ms += 5;
    }
    timer->begin(Phase::kUpdate);
    device_ms += 100;
    timer->stop();
    device_ms += 1000;  // nobody's
    const PhaseSeconds seconds = timer->seconds();
    EXPECT_NEAR(seconds[Phase::kPolicy], 0.006, 1e-9);
    EXPECT_NEAR(seconds[Phase::kSimulator], 0.015, 1e-9);
    EXPECT_NEAR(seconds[Phase::kUpdate], 0.1, 1e-9);
    EXPECT_EQ(waits, 1);
  }
}

TEST(PhaseTimer, OfTheCpuIsTheClock) {
  const auto timer = make_phase_timer(torch::kCPU);
  const auto sleep = [] { std::this_thread::sleep_for(std::chrono::milliseconds(20)); };
  timer->begin(Phase::kPolicy);
  timer->begin(Phase::kUpdate);
  sleep();
  timer->stop();
  sleep();
  const PhaseSeconds seconds = timer->seconds();
  EXPECT_GE(seconds[Phase::kUpdate], 0.02);
  EXPECT_LT(seconds[Phase::kPolicy], 0.02);
  EXPECT_EQ(seconds[Phase::kSimulator], 0.0);
  EXPECT_EQ(timer->seconds()[Phase::kUpdate], 0.0);
}

}  // namespace
}  // namespace kennel
