#include "policy.h"

#include <algorithm>
#include <span>
#include <utility>

#include "kennel/core/check.h"
#include "kennel/export/c_policy.h"
#include "kennel/io/atomic_file.h"
#include "kennel/io/run_folder.h"
#include "kennel/judge/model_for.h"
#include "kennel/judge/result_json.h"

namespace kennel::python {
namespace {

namespace fs = std::filesystem;

/// Whether a run's policy.json is there and of its newest checkpoint.
bool is_newest(const RunFolder& run) {
  std::error_code ignored;
  if (!fs::exists(run.policy(), ignored)) return false;
  return run.checkpoint_steps().empty() || load_policy(run.policy().string()).env_steps ==
                                               RunFolder::step_of(run.find_checkpoint("last"));
}

/// The entry of a table that has a name.
template <class Entries, class Name>
const auto& named(const char* what, const std::string& name, const Entries& entries, Name&& of) {
  std::string listed;
  for (const auto& entry : entries) {
    if (of(entry) == name) return entry;
    listed += text(listed.empty() ? "" : ", ", of(entry));
  }
  fail(what, " = \"", name, "\" is unknown; expected one of ", listed);
}

judge::Condition condition_named(const std::string& name) {
  return named("condition", name, judge::kConditions, [](const auto& c) { return c.name; })
      .condition;
}

judge::Physics physics_named(const std::string& name) {
  using judge::Physics;
  struct Entry {
    const char* name;
    Physics physics;
  };
  constexpr Entry kAll[] = {
      {"mujoco", Physics::kMujoco}, {"kennel", Physics::kKennel}, {"exact", Physics::kExact}};
  return named("physics", name, kAll, [](const Entry& e) { return e.name; }).physics;
}

}  // namespace

Policy::Policy(std::string path, PolicyFile file) : path_(std::move(path)), file_(std::move(file)) {
  passes_.emplace_back(file_.network);
}

void Policy::act(const float* obs, int rows, float* action) {
  const std::lock_guard lock(one_);
  const bool is_gait = file_.network.gait.has_value();
  if (is_gait && passes_.size() != static_cast<std::size_t>(rows)) {
    passes_.clear();
    for (int row = 0; row < rows; ++row) passes_.emplace_back(file_.network);
  }
  const auto in = static_cast<std::size_t>(file_.network.input_size());
  const auto out = static_cast<std::size_t>(file_.network.output_size());
  for (int row = 0; row < rows; ++row, obs += in, action += out)
    std::ranges::copy(passes_[is_gait ? row : 0](std::span(obs, in)), action);
}

void Policy::reset() {
  const std::lock_guard lock(one_);
  for (judge::PolicyForward& pass : passes_) pass.reset();
}

bool is_readable(const fs::path& path) {
  std::error_code ignored;
  if (fs::is_directory(path, ignored)) return is_newest(RunFolder::open(path));
  const std::string bytes = read_policy_bytes(path.string());
  return !bytes.starts_with("PK\x03\x04") && !bytes.starts_with('\x08');
}

std::unique_ptr<Policy> load(const fs::path& path) {
  std::error_code ignored;
  const bool is_run = fs::is_directory(path, ignored);
  const std::string file = is_run ? RunFolder::open(path).policy().string() : path.string();
  return std::make_unique<Policy>(path.string(), completed(file, load_policy(file)));
}

void write(const Policy& policy, const std::string& path, const std::string& format) {
  if (format == "json") return write_policy(path, policy.file());
  KENNEL_CHECK(format == "c", "format \"", format, "\" needs LibTorch; expected json or c");
  KENNEL_CHECK(!policy.file().network.gait, path,
               ": the policy is a gait, and C headers hold networks; use format=\"json\"");
  write_file_atomically(path, c_header(policy.file()));
}

std::string judged(const Policy& policy, const std::string& condition, const std::string& physics,
                   judge::EvalOptions options) {
  const PolicyFile& file = policy.file();
  require_robot(file, policy.path(), "kennel.judge");
  options.condition = condition_named(condition);
  options.physics = physics_named(physics);
  if (options.model.empty()) options.model = judge::model_for(policy.path(), file);
  const judge::EvalResult result = judge::evaluate(file, options);
  return protocol_json({policy.path(), options.physics, options.seed, file}, options.condition,
                       result, options.command);
}

}  // namespace kennel::python
