#include "paths.h"

#include "kennel/core/check.h"
#include "kennel/io/run_folder.h"

namespace kennel {

std::filesystem::path default_recipe() {
  return std::filesystem::path(KENNEL_SOURCE_DIR) / "envs/pupper_v3/recipes/default.toml";
}

std::string policy_of(const std::string& path) {
  if (!std::filesystem::is_directory(path)) return path;
  const std::filesystem::path policy = RunFolder::open(path).policy();
  KENNEL_CHECK(std::filesystem::exists(policy), policy.string(),
               " is missing; the run has not ended, write it with: kennel export ", path, " -o ",
               policy.string());
  return policy.string();
}

}  // namespace kennel
