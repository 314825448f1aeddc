// Writes a shipped robot's constants as the compiler can know them: envs/ROBOT/folded_robot.h.
//
//   ninja fold_robot && bin/fold_robot ROBOT > ../envs/ROBOT/folded_robot.h
#include <array>
#include <bit>
#include <cstdio>
#include <exception>
#include <filesystem>
#include <string>

#include "kennel/model/mjcf.h"

namespace {

void print_folded(const std::string& robot) {
  using namespace kennel;
  constexpr std::size_t kWords = sizeof(Quadruped<float>) / 4;
  const std::filesystem::path file =
      std::filesystem::path(KENNEL_SOURCE_DIR) / "envs" / robot / (robot + ".xml");
  const auto words =
      std::bit_cast<std::array<std::uint32_t, kWords>>(to_float(load_quadruped(file).model));
  std::printf(
      "// Written by fold_robot from %s.xml: the fields of Quadruped<float> in their\n"
      "// order. A test compares it with the model file.\n"
      "#pragma once\n\n#include <array>\n#include <bit>\n#include <cstdint>\n\n"
      "#include \"kennel/model/quadruped.h\"\n\nnamespace kennel::%s {\n\n"
      "// clang-format off\n"
      "inline constexpr std::array<std::uint32_t, sizeof(Quadruped<float>) / 4> kFoldedWords = {",
      robot.c_str(), robot.c_str());
  for (std::size_t i = 0; i < kWords; ++i)
    std::printf("%s0x%08x,", i % 8 == 0 ? "\n    " : " ", words[i]);
  std::printf(
      "\n};\n// clang-format on\n\n/// The shipped robot.\n"
      "inline constexpr Quadruped<float> kFoldedRobot = "
      "std::bit_cast<Quadruped<float>>(kFoldedWords);\n\n"
      "/// The same, as FoldedLegThread takes it.\nstruct Folded {\n"
      "  static constexpr Quadruped<float> kConstants = kFoldedRobot;\n};\n\n"
      "}  // namespace kennel::%s\n",
      robot.c_str());
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) {
    std::fputs("usage: fold_robot ROBOT, the name of a folder in envs\n", stderr);
    return 1;
  }
  try {
    print_folded(argv[1]);
    return 0;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "fold_robot: %s\n", error.what());
    return 1;
  }
}
