// A policy file for Python: its actions for many observations, and what it says of itself.
#pragma once

#include <filesystem>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "kennel/judge/judge.h"
#include "kennel/policy/policy_file.h"
#include "kennel/policy/policy_forward.h"

namespace kennel::python {

class Policy {
 public:
  /// \param path  names the policy in messages
  Policy(std::string path, PolicyFile file);
  Policy(const Policy&) = delete;  // the passes refer to the file
  Policy& operator=(const Policy&) = delete;

  const std::string& path() const { return path_; }
  const PolicyFile& file() const { return file_; }

  /// The action of a control step for each row. A gait has a clock a row, which goes on from call
  /// to call; another number of rows begins anew.
  /// \param obs     (rows, input size) row-major
  /// \param action  (rows, output size) row-major, written
  void act(const float* obs, int rows, float* action);

  /// The clocks of a gait begin anew.
  void reset();

 private:
  std::string path_;
  PolicyFile file_;
  std::mutex one_;                            // call at a time
  std::vector<judge::PolicyForward> passes_;  // one; of a gait, one a row
};

/// Whether a policy can be read without LibTorch: the robot's JSON, or a run whose policy.json is
/// that of its newest checkpoint. ONNX, TorchScript and checkpoints cannot.
bool is_readable(const std::filesystem::path& path);

/// Reads such a policy.
/// \throws Error naming what is wrong, and what can be done about another one
std::unique_ptr<Policy> load(const std::filesystem::path& path);

/// Writes a policy as "json" or "c", the formats that need no LibTorch.
void write(const Policy& policy, const std::string& path, const std::string& format);

/// The protocol's episodes.
/// \param condition, physics  by their names
/// \return what `kennel eval --json` prints of it
/// \throws Error for a policy without a robot, an option or a model that cannot be used
std::string judged(const Policy& policy, const std::string& condition, const std::string& physics,
                   judge::EvalOptions options);

}  // namespace kennel::python
