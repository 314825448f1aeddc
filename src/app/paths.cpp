#include "paths.h"

#include "kennel/io/run_folder.h"

namespace kennel {

std::filesystem::path default_recipe() {
  return std::filesystem::path(KENNEL_SOURCE_DIR) / "envs/pupper_v3/recipes/default.toml";
}

std::string policy_of(const std::string& path) {
  if (!std::filesystem::is_directory(path)) return path;
  return RunFolder::open(path).find_policy().string();
}

}  // namespace kennel
