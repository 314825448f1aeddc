#include "kennel/run/edited_recipe.h"

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

struct FixedKey {
  const char* path;
  const char* why;
};

constexpr const char* kNetworks = "the checkpoint's networks are made for it";

constexpr FixedKey kFixedKeys[] = {
    {"train.seed", "what was drawn so far came from it"},
    {"train.num_envs", "the checkpoint holds as many environments"},
    {"ppo.init_std", "it only starts a run; the noise has been learned since"},
    {"ppo.actor_hidden", kNetworks},
    {"ppo.critic_hidden", kNetworks},
    {"ppo.activation", kNetworks},
    {"ppo.symmetric", kNetworks},
    {"ppo.squash_mean", kNetworks},
    {"ppo.normalise_obs", kNetworks},
    {"env.history", kNetworks},
    {"env.random_first_clock", "the environments' first episodes have begun"},
};

}  // namespace

std::vector<EditedKey> edited_keys(const RunConfig& before, const RunConfig& now) {
  const Values old(before), fresh(now);
  std::vector<EditedKey> edited;
  for (std::size_t k = 0; k < old.all.size(); ++k)
    if (old.all[k].value != fresh.all[k].value)
      edited.push_back({old.all[k].path, old.all[k].value, fresh.all[k].value});
  return edited;
}

void check_resumable(const RunConfig& before, const RunConfig& now, const std::string& file) {
  std::string problems;
  for (const EditedKey& key : edited_keys(before, now))
    for (const FixedKey& fixed : kFixedKeys)
      if (key.path == fixed.path)
        problems += text(problems.empty() ? "" : "; ", key.path, " is ", key.now, ", the run has ",
                         key.before, ": ", fixed.why);
  KENNEL_CHECK(problems.empty(), file, ": a run that goes on cannot change ", problems,
               "; put it back, or start another run with --config ", file);
}

}  // namespace kennel
