#include "kennel/core/resource.h"

#include "kennel/core/own_folder.h"

namespace kennel {
namespace {

/// What has a folder a robot. A package brings it along; a build folder leaves it in the sources.
std::filesystem::path shipped() {
  const std::filesystem::path beside = own_folder() / "envs";
#ifdef KENNEL_SOURCE_DIR
  if (!std::filesystem::exists(beside)) return std::filesystem::path(KENNEL_SOURCE_DIR) / "envs";
#endif
  return beside;
}

std::filesystem::path folder_of(const std::string& robot) { return shipped() / robot; }

}  // namespace

std::filesystem::path robot_model(const std::string& robot) {
  return folder_of(robot) / (robot + ".xml");
}

std::filesystem::path default_recipe(const std::string& robot, const std::string& task) {
  return folder_of(robot) / "recipes" / (task + ".toml");
}

}  // namespace kennel
