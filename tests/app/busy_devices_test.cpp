#include "src/app/busy_devices.h"

#include <gtest/gtest.h>

namespace kennel {
namespace {

TEST(BusyDevices, RunsGoToTheDeviceThatTrainsFewest) {
  BusyDevices devices({{true, 0}, {true, 1}, {true, 2}});
  EXPECT_EQ(name_of(devices.take()), "cuda:0");
  EXPECT_EQ(name_of(devices.take()), "cuda:1");
  EXPECT_EQ(name_of(devices.take()), "cuda:2");
  EXPECT_EQ(name_of(devices.take()), "cuda:0");
  devices.give_back({true, 1});
  EXPECT_EQ(name_of(devices.take()), "cuda:1");
  devices.give_back({true, 0});
  devices.give_back({true, 0});
  EXPECT_EQ(name_of(devices.take()), "cuda:0");
}

TEST(BusyDevices, TheProcessorTrainsThemAll) {
  BusyDevices devices({Device{}});
  for (int k = 0; k < 3; ++k) EXPECT_EQ(name_of(devices.take()), "cpu");
}

}  // namespace
}  // namespace kennel
