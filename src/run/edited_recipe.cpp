#include "kennel/run/edited_recipe.h"

#include <algorithm>

#include "kennel/core/check.h"
#include "kennel/io/recipe.h"

namespace kennel {
namespace {

/// Collects "section.key" and value of every field.
class Values {
 public:
  explicit Values(const RunConfig& config) {
    visit_sections(config, [&](const char* section, const auto& part) {
      section_ = section;
      visit_fields(part, *this);
    });
  }

  template <class Value>
  void field(std::string_view name, const Value& value, Bounds, std::string_view) {
    RecipeWriter writer;
    writer.field(name, value, Bounds{}, "");
    const std::string& line = writer.text();  // a comment, then "name = value"
    const std::size_t from = line.find(" = ") + 3;
    all.push_back({text(section_, '.', name), line.substr(from, line.size() - 1 - from)});
  }

  struct Entry {
    std::string path, value;
  };
  std::vector<Entry> all;

 private:
  const char* section_ = "";
};

/// Of the sections that every recipe has; a method says which of its own are.
constexpr FixedKey kFixedKeys[] = {
    {"train.algorithm", "the checkpoint is that method's"},
    {"train.seed", "what was drawn so far came from it"},
    {"train.num_envs", "the checkpoint holds as many environments"},
    {"robot.name", "the checkpoint's environments are of that robot"},
    {"robot.model", "the checkpoint's environments are of that robot"},
    {"task.name", "the checkpoint's networks have learned that task"},
    {"env.history", "the checkpoint's networks are made for it"},
    {"env.random_first_clock", "the environments' first episodes have begun"},
};

/// Why a run that goes on cannot change a key; null where it can.
const char* why_fixed(const std::string& path, const RunConfig& config) {
  for (const FixedKey& fixed : kFixedKeys)
    if (path == fixed.key) return fixed.why;
  for (const FixedKey& fixed : config.method->fixed)
    if (path == text(config.learner.section(), '.', fixed.key)) return fixed.why;
  return nullptr;
}

}  // namespace

std::vector<EditedKey> edited_keys(const RunConfig& before, const RunConfig& now) {
  const Values old(before), fresh(now);
  std::vector<EditedKey> edited;
  for (const Values::Entry& key : old.all) {
    const auto same = std::find_if(fresh.all.begin(), fresh.all.end(),
                                   [&](const Values::Entry& k) { return k.path == key.path; });
    // Another method's keys are others.
    if (same != fresh.all.end() && same->value != key.value)
      edited.push_back({key.path, key.value, same->value});
  }
  return edited;
}

void check_resumable(const RunConfig& before, const RunConfig& now, const std::string& file) {
  std::string problems;
  for (const EditedKey& key : edited_keys(before, now))
    if (const char* why = why_fixed(key.path, before))
      problems += text(problems.empty() ? "" : "; ", key.path, " is ", key.now, ", the run has ",
                       key.before, ": ", why);
  KENNEL_CHECK(problems.empty(), file, ": a run that goes on cannot change ", problems,
               "; put it back, or start another run with --config ", file);
}

}  // namespace kennel
