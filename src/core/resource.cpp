#include "kennel/core/resource.h"

#include "kennel/core/own_folder.h"

namespace kennel {
namespace {

/// A folder that a package brings along and a build folder leaves in the sources.
/// \param name    of it in a package
/// \param source  where it is in the sources
std::filesystem::path shipped(const char* name, [[maybe_unused]] const char* source) {
  const std::filesystem::path beside = own_folder() / name;
#ifdef KENNEL_SOURCE_DIR
  if (!std::filesystem::exists(beside)) return std::filesystem::path(KENNEL_SOURCE_DIR) / source;
#endif
  return beside;
}

std::filesystem::path folder_of(const std::string& robot) {
  return shipped("envs", "envs") / robot;
}

}  // namespace

std::filesystem::path robot_model(const std::string& robot) {
  return folder_of(robot) / (robot + ".xml");
}

std::filesystem::path default_recipe(const std::string& robot, const std::string& task) {
  return folder_of(robot) / "recipes" / (task + ".toml");
}

std::filesystem::path report_page(const std::string& file) {
  return shipped("report_page", "src/report/page") / file;
}

}  // namespace kennel
