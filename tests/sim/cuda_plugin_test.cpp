// The CUDA backend loaded as programs load it, on any machine: every symbol is there, and a device
// that cannot be used is refused with a sentence.
#include "kennel/core/cuda_plugin.h"

#include <ATen/detail/CUDAHooksInterface.h>
#include <dlfcn.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <iostream>

#include "kennel/batch/open_loop.h"
#include "kennel/core/check.h"
#include "kennel/core/own_folder.h"
#include "kennel/rl/cuda_entry.h"
#include "kennel/sim/cuda_entry.h"

namespace kennel::testing {
namespace {

TEST(OwnFolder, IsTheLibrarysWhoeverLoadsIt) {
  void* library = dlopen(KENNEL_HOSTED, RTLD_NOW | RTLD_LOCAL);
  ASSERT_TRUE(library) << dlerror();
  const auto folder = reinterpret_cast<const char* (*)()>(dlsym(library, "kennel_hosted_folder"));
  ASSERT_TRUE(folder);
  const std::filesystem::path expected = std::filesystem::path(KENNEL_HOSTED).parent_path();
  EXPECT_EQ(folder(), std::filesystem::canonical(expected).string());
  EXPECT_NE(own_folder(), folder()) << "this program lies elsewhere";
  EXPECT_TRUE(std::filesystem::exists(own_folder() / "cuda_plugin_test"));
}

#ifdef KENNEL_HAS_PLUGIN
/// A device that is on no machine.
constexpr const char* kNowhere = "cuda:99";

void* loaded_plugin() {
  void* plugin = dlopen((own_folder() / "libkennel_cuda.so").c_str(), RTLD_NOW | RTLD_LOCAL);
  EXPECT_TRUE(plugin) << dlerror();
  return plugin;
}

/// What the plugin's factory says.
std::string refusal(void* plugin) {
  const auto make =
      reinterpret_cast<decltype(&kennel_make_cuda_env)>(dlsym(plugin, "kennel_make_cuda_env"));
  if (!make) return "no factory";
  const quadruped::Task task{};
  EnvOptions options;
  options.device = kNowhere;
  try {
    delete make(&task, &options);
  } catch (const Error& error) {
    return error.what();
  }
  return "made";
}

TEST(CudaPlugin, LoadsWithAllItsSymbolsAndRefusesADeviceThatIsNotThere) {
  void* plugin = loaded_plugin();
  ASSERT_TRUE(plugin);
  const std::string said = refusal(plugin);
  EXPECT_TRUE(said.starts_with("device cuda:99: ")) << said;
  EXPECT_TRUE(said.find("--device cpu") != said.npos || said.find("numbered from 0") != said.npos)
      << said;
  EXPECT_EQ(refusal(plugin), said) << "and once more";
}

TEST(CudaPlugin, RefusesAnOpenLoopRunOnADeviceThatIsNotThere) {
  void* plugin = loaded_plugin();
  ASSERT_TRUE(plugin);
  const auto simulate =
      reinterpret_cast<decltype(&kennel_open_loop_cuda)>(dlsym(plugin, "kennel_open_loop_cuda"));
  ASSERT_TRUE(simulate);
  const Quadruped<float> robot{};
  const OpenLoop run{};
  std::vector<double> out;
  EXPECT_THROW(simulate(&robot, &run, 99, &out), Error);
  EXPECT_TRUE(out.empty());
}

TEST(CudaPlugin, BringsTheLearnersOperationsAlong) {
  void* plugin = loaded_plugin();
  ASSERT_TRUE(plugin);
  const auto table = reinterpret_cast<decltype(&kennel_cuda_learner_ops)>(
      dlsym(plugin, "kennel_cuda_learner_ops"));
  ASSERT_TRUE(table);
  EXPECT_EQ(table()->name, "cuda");
  EXPECT_TRUE(table()->fused && table()->ppo);
}

TEST(CudaPlugin, RefusesToRecordForADeviceThatIsNotThere) {
  void* plugin = loaded_plugin();
  ASSERT_TRUE(plugin);
  const auto table = reinterpret_cast<decltype(&kennel_cuda_learner_ops)>(
      dlsym(plugin, "kennel_cuda_learner_ops"));
  ASSERT_TRUE(table);
  ASSERT_TRUE(table()->make_graph);
  try {
    table()->make_graph(torch::Device(kNowhere));
    FAIL();
  } catch (const Error& error) {
    const std::string said = error.what();
    EXPECT_TRUE(said.starts_with("device cuda:99: ")) << said;
    EXPECT_EQ(said.find('\n'), said.npos) << said;
  }
}

TEST(CudaPlugin, RefusesToFollowAnEarlyQuestionAboutCuda) {
  // In a process of its own, in which LibTorch's CUDA half is not there yet.
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  const auto ask_too_early = [] {
    if (at::detail::getCUDAHooks().hasCUDART()) std::exit(3);
    std::cerr << refusal(loaded_plugin());
    std::exit(0);
  };
  EXPECT_EXIT(ask_too_early(), ::testing::ExitedWithCode(0), "before the CUDA backend was loaded");
}
#else
TEST(CudaPlugin, LoadsWithAllItsSymbolsAndRefusesADeviceThatIsNotThere) {
  GTEST_SKIP() << "this build has no CUDA backend";
}
#endif

}  // namespace
}  // namespace kennel::testing
