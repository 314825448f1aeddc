// A run's recipe edited between two of its sessions: which keys take effect, and which cannot.
#pragma once

#include <string>
#include <vector>

#include "kennel/run/run_config.h"

namespace kennel {

/// A key whose value differs, as recipes write it.
struct EditedKey {
  std::string path;  // "section.key"
  std::string before, now;
};

/// Every key of both recipes whose value differs, in their order.
std::vector<EditedKey> edited_keys(const RunConfig& before, const RunConfig& now);

/// Refuses edits that a run which goes on could only ignore: what decided its start, and what the
/// networks and environments of its checkpoint are made of.
/// \param before  the recipe in the checkpoint
/// \param file    the edited recipe, for the message
/// \throws Error naming each such key, its values, the reason and what to do
void check_resumable(const RunConfig& before, const RunConfig& now, const std::string& file);

}  // namespace kennel
