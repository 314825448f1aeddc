// The learning methods there are.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "kennel/rl/learner_entry.h"

namespace kennel {

/// A row a method; the first one is the default.
extern const std::span<const LearnerEntry> kLearners;

/// The method of a name; null where there is none.
const LearnerEntry* find_learner(std::string_view name,
                                 std::span<const LearnerEntry> methods = kLearners);

std::vector<std::string> names_of(std::span<const LearnerEntry> methods);

}  // namespace kennel
