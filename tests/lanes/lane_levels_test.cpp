// One program, two widths of vectors: which one runs is chosen when it starts.
#include <gnu/libc-version.h>
#include <gtest/gtest.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <string>
#include <vector>

namespace kennel {
namespace {

/// What lane_level says.
/// \param environment  variables for it, "NAME=VALUE ..."
nlohmann::json lane_level(const std::string& environment) {
  const std::string command = environment + " " KENNEL_LANE_LEVEL;
  FILE* out = ::popen(command.c_str(), "r");
  if (out == nullptr) throw std::runtime_error("cannot start " + command);
  std::string text;
  std::array<char, 256> part;
  while (std::fgets(part.data(), part.size(), out) != nullptr) text += part.data();
  EXPECT_EQ(::pclose(out), 0) << command;
  return nlohmann::json::parse(text);
}

// The loader believes that the processor has no AVX-512.
const char kOldProcessor[] = "GLIBC_TUNABLES=glibc.cpu.hwcaps=-AVX512F";

/// Why this machine cannot choose; empty where it can.
std::string no_choice() {
  if (!__builtin_cpu_supports("avx512f") || !__builtin_cpu_supports("avx512bw") ||
      !__builtin_cpu_supports("avx512cd") || !__builtin_cpu_supports("avx512dq") ||
      !__builtin_cpu_supports("avx512vl"))
    return "this processor has no AVX-512: AVX2 is all there is";
  int major = 0, minor = 0;
  std::sscanf(gnu_get_libc_version(), "%d.%d", &major, &minor);
  if (major == 2 && minor < 33)
    return std::string("glibc ") + gnu_get_libc_version() + " does not look for other levels";
  return "";
}

TEST(LaneLevels, TheWidestThatTheProcessorCanDoIsTaken) {
  if (const std::string why = no_choice(); !why.empty()) GTEST_SKIP() << why;
  const nlohmann::json here = lane_level("");
  EXPECT_EQ(here["simd_bits"], 512);
  EXPECT_EQ(here["kernel"], "16-lane float");
  // Not every processor with AVX-512 has it: asked for when the program runs.
  EXPECT_EQ(here["bf16"], __builtin_cpu_supports("avx512bf16") != 0);
}

TEST(LaneLevels, AProcessorWithoutAvx512TakesAvx2) {
  const nlohmann::json old = lane_level(kOldProcessor);
  EXPECT_EQ(old["simd_bits"], 256);
  EXPECT_EQ(old["kernel"], "8-lane float");
  EXPECT_EQ(old["bf16"], false);
  EXPECT_GT(old["peak_flop_per_s"], 1e9);
}

TEST(LaneLevels, BothMakeTheSameNumbers) {
  if (const std::string why = no_choice(); !why.empty()) GTEST_SKIP() << why;
  const nlohmann::json here = lane_level(""), old = lane_level(kOldProcessor);
  EXPECT_EQ(here["drawn"], old["drawn"]);
  EXPECT_EQ(here["multiplied"], old["multiplied"]);
  const std::vector<double> rewards = here["simulated"], others = old["simulated"];
  ASSERT_EQ(rewards.size(), others.size());
  for (std::size_t env = 0; env < rewards.size(); ++env)
    EXPECT_NEAR(rewards[env], others[env], 1e-4) << env;
}

}  // namespace
}  // namespace kennel
