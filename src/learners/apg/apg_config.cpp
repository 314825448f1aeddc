#include "src/learners/apg/apg_config.h"

#include "kennel/io/config_problems.h"

namespace kennel {

std::vector<std::string> problems(const ApgConfig& config, int /*num_envs*/) {
  return out_of_bounds(ApgConfig::kSection, config);
}

}  // namespace kennel
