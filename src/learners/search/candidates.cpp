#include "src/learners/search/candidates.h"

#include "kennel/core/check.h"
#include "src/learners/search/gait_candidates.h"
#include "src/learners/search/network_candidates.h"

namespace kennel {

std::unique_ptr<Candidates> make_candidates(const std::string& section, const EnvSpec& spec,
                                            const SearchConfig& config, const Mirrors* mirrors,
                                            const std::optional<GaitContract>& gait) {
  if (!config.is_gait()) return std::make_unique<NetworkCandidates>(spec, config, mirrors);
  KENNEL_CHECK(gait && gait->obs_size == spec.obs_size && kNumJoints == spec.action_size, section,
               ".policy = \"gait\", but these environments have no robot that is told to walk; say "
               "policy = \"network\"");
  return std::make_unique<GaitCandidates>(*gait);
}

}  // namespace kennel
