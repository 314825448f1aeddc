// Writes folded_robot.h: the shipped robot's constants as the compiler can know them.
//
//   ninja fold_robot && bin/fold_robot > ../envs/pupper_v3/folded_robot.h
#include <array>
#include <bit>
#include <cstdio>
#include <filesystem>

#include "kennel/model/mjcf.h"

int main() {
  using namespace kennel;
  constexpr std::size_t kWords = sizeof(Quadruped<float>) / 4;
  const std::filesystem::path file =
      std::filesystem::path(KENNEL_SOURCE_DIR) / "envs/pupper_v3/pupper_v3.xml";
  const auto words =
      std::bit_cast<std::array<std::uint32_t, kWords>>(to_float(load_quadruped(file).model));
  std::printf(
      "// Written by fold_robot.cpp from pupper_v3.xml: the fields of Quadruped<float> in their\n"
      "// order. A test compares it with the model file.\n"
      "#pragma once\n\n#include <array>\n#include <bit>\n#include <cstdint>\n\n"
      "#include \"kennel/model/quadruped.h\"\n\nnamespace kennel::pupper_v3 {\n\n"
      "// clang-format off\n"
      "inline constexpr std::array<std::uint32_t, sizeof(Quadruped<float>) / 4> kFoldedWords = {");
  for (std::size_t i = 0; i < kWords; ++i)
    std::printf("%s0x%08x,", i % 8 == 0 ? "\n    " : " ", words[i]);
  std::printf(
      "\n};\n// clang-format on\n\n/// The shipped robot.\n"
      "inline constexpr Quadruped<float> kFoldedRobot = "
      "std::bit_cast<Quadruped<float>>(kFoldedWords);\n\n"
      "/// The same, as FoldedLegThread takes it.\nstruct Folded {\n"
      "  static constexpr Quadruped<float> kConstants = kFoldedRobot;\n};\n\n}  // namespace "
      "kennel::pupper_v3\n");
}
