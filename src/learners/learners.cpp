#include "kennel/learners/learners.h"

#include "src/learners/apg/apg_entry.h"
#include "src/learners/off_policy/off_policy_entry.h"
#include "src/learners/policy_gradient/policy_gradient_entry.h"
#include "src/learners/ppo/ppo_entry.h"
#include "src/learners/search/search_entry.h"

namespace kennel {
namespace {

constexpr LearnerEntry kRows[] = {kPpo,   kReinforce, kA2c,  kNpg, kTrpo, kPpoKl, kEs,
                                  kArs,   kCem,       kFd,   kWp,  kRwr,  kPi2,   kPower,
                                  kCmaEs, kDqn,       kDdpg, kTd3, kSac,  kApg};

}  // namespace

constinit const std::span<const LearnerEntry> kLearners = kRows;

const LearnerEntry* find_learner(std::string_view name, std::span<const LearnerEntry> methods) {
  for (const LearnerEntry& method : methods)
    if (method.name == name) return &method;
  return nullptr;
}

std::vector<std::string> names_of(std::span<const LearnerEntry> methods) {
  std::vector<std::string> names;
  for (const LearnerEntry& method : methods) names.push_back(method.name);
  return names;
}

}  // namespace kennel
