#include "paths.h"

namespace kennel {

std::filesystem::path default_recipe() {
  return std::filesystem::path(KENNEL_SOURCE_DIR) / "envs/pupper_v3/recipes/default.toml";
}

}  // namespace kennel
