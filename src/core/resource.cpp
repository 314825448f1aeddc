#include "kennel/core/resource.h"

namespace kennel {
namespace {

std::filesystem::path folder_of(const std::string& robot) {
  return std::filesystem::path(KENNEL_SOURCE_DIR) / "envs" / robot;
}

}  // namespace

std::filesystem::path robot_model(const std::string& robot) {
  return folder_of(robot) / (robot + ".xml");
}

std::filesystem::path default_recipe(const std::string& robot, const std::string& task) {
  return folder_of(robot) / "recipes" / (task + ".toml");
}

}  // namespace kennel
