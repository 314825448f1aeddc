#include "sweep_file.h"

#include <toml++/toml.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdio>
#include <sstream>

#include "kennel/core/check.h"
#include "kennel/core/philox.h"
#include "kennel/io/atomic_file.h"
#include "kennel/io/recipe.h"

namespace kennel {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kMostSettings = 10000;

/// As short as it can be written and still be the same number.
std::string float_text(double value) {
  char digits[32];
  const auto [end, error] = std::to_chars(digits, digits + sizeof digits, value);
  const std::string shortest(digits, end);
  return shortest.find_first_of(".en") == std::string::npos ? shortest + ".0" : shortest;
}

std::string toml_text(const toml::node& node) {
  if (const auto* number = node.as_floating_point()) return float_text(number->get());
  if (const toml::array* array = node.as_array()) {
    std::string all;
    for (const toml::node& each : *array) all += (all.empty() ? "" : ", ") + toml_text(each);
    return "[" + all + "]";
  }
  std::ostringstream out;
  node.visit([&](const auto& value) { out << value; });
  return out.str();
}

/// The swept keys, which no struct knows.
class KeyReader {
 public:
  KeyReader(const std::string& name, bool random) : name_(name), random_(random) {}

  /// Takes "ppo.gamma" = ... and ppo.gamma = ... alike.
  void read(const toml::table& table, const std::string& above) {
    for (const auto& [key, node] : table) {
      const std::string path = above.empty() ? std::string(key.str()) : text(above, '.', key.str());
      const toml::table* inner = node.as_table();
      if (inner && !inner->contains("min") && !inner->contains("max")) {
        read(*inner, path);
      } else {
        add(path, node);
      }
    }
  }

  std::vector<SweepKey> keys;

 private:
  template <class... Parts>
  [[noreturn]] void refuse(const toml::node& node, const Parts&... parts) const {
    fail(parts..., " (", name_, ":", node.source().begin.line, ")");
  }

  void add(const std::string& path, const toml::node& node) {
    if (path == "train.seed") refuse(node, "train.seed: seeds are those of [sweep] seeds");
    if (path == "train.judge_episodes")
      refuse(node, "train.judge_episodes: the judge's are those of [sweep] judge_episodes");
    for (const char* section : {"robot", "task"})
      if (path.starts_with(text(section, '.')))
        refuse(node, path, ": all runs of a sweep are of one robot and task, so that one table ",
               "can compare them; name it above the first section: ", section, " = \"...\"");
    for (const SweepKey& other : keys)
      if (other.path == path) refuse(node, path, " is there twice");
    SweepKey key{.path = path, .line = static_cast<int>(node.source().begin.line)};
    if (node.is_table()) {
      read_range(*node.as_table(), key);
    } else {
      read_values(node, key);
    }
    keys.push_back(std::move(key));
  }

  void read_values(const toml::node& node, SweepKey& key) const {
    const toml::array* values = node.as_array();
    if (values == nullptr || values->empty())
      refuse(node, key.path, ": expected a list of values, [a, b, ...]",
             random_ ? ", or {min = a, max = b}" : "");
    for (const toml::node& value : *values) {
      key.values.push_back(toml_text(value));
      if (std::count(key.values.begin(), key.values.end(), key.values.back()) > 1)
        refuse(value, key.path, ": ", key.values.back(), " is there twice");
    }
  }

  void read_range(const toml::table& table, SweepKey& key) const {
    if (!random_)
      refuse(table, key.path,
             ": a range is for method = \"random\"; a grid takes a list of values");
    for (const auto& [name, node] : table)
      if (name != "min" && name != "max" && name != "log")
        refuse(node, key.path, ": expected min, max and log, came ", name.str());
    const toml::node *min = table.get("min"), *max = table.get("max"), *log = table.get("log");
    if (!min || !max || !min->is_number() || !max->is_number())
      refuse(table, key.path, ": expected two numbers, {min = a, max = b}");
    if (log && !log->is_boolean()) refuse(*log, key.path, ": log is true or false");
    key.min = *min->value<double>();
    key.max = *max->value<double>();
    key.log = log && *log->value<bool>();
    key.whole = min->is_integer() && max->is_integer();
    if (!std::isfinite(key.min) || !std::isfinite(key.max) || key.min >= key.max)
      refuse(table, key.path, ": min must be below max");
    if (key.log && key.min <= 0.0) refuse(table, key.path, ": with log = true min must be above 0");
  }

  std::string name_;
  bool random_;
};

std::uint64_t hash_of(const std::string& words) {  // FNV-1a
  std::uint64_t hash = 14695981039346656037ull;
  for (const char c : words) hash = (hash ^ static_cast<unsigned char>(c)) * 1099511628211ull;
  return hash;
}

/// Uniform in [0, 1): of the seed, the draw and the key's name, so that neither more draws nor more
/// keys change it.
double uniform(std::int64_t seed, std::uint32_t draw, const std::string& key) {
  const std::uint64_t hash = hash_of(key), wide = static_cast<std::uint64_t>(seed);
  const auto low = [](std::uint64_t x) { return static_cast<std::uint32_t>(x); };
  const Random4<std::uint32_t> random =
      philox4x32<std::uint32_t>(draw, low(hash), low(hash >> 32), 0, low(wide), low(wide >> 32));
  return ((random.x[0] >> 5) * 67108864.0 + (random.x[1] >> 6)) / 9007199254740992.0;
}

/// A value of a range; four digits are enough to choose by, and can be read.
std::string value_in(const SweepKey& key, double share) {
  const double top = key.whole ? key.max + 1.0 : key.max;
  double value =
      key.log ? key.min * std::pow(top / key.min, share) : key.min + share * (top - key.min);
  if (key.whole) return std::to_string(std::llround(std::min(std::floor(value), key.max)));
  char digits[32];
  std::snprintf(digits, sizeof digits, "%.4g", value);
  value = std::clamp(std::stod(digits), key.min, key.max);
  return float_text(value);
}

std::vector<Setting> grid_of(const SweepFile& file) {
  std::vector<Setting> settings = {{}};
  for (const SweepKey& key : file.keys) {
    std::vector<Setting> more;
    KENNEL_CHECK(settings.size() * key.values.size() <= kMostSettings, file.name,
                 ": the grid has more than ", kMostSettings,
                 " settings; take fewer values, or method = \"random\"");
    for (const Setting& setting : settings)
      for (const std::string& value : key.values) {
        more.push_back(setting);
        more.back().push_back(value);
      }
    settings = std::move(more);
  }
  return settings;
}

std::vector<Setting> drawn(const SweepFile& file) {
  const auto wanted = static_cast<std::size_t>(file.plan.settings);
  std::vector<Setting> settings;
  for (std::uint32_t draw = 0; settings.size() < wanted; ++draw) {
    KENNEL_CHECK(draw < 100 * wanted, file.name, ": settings = ", wanted, ", but the keys have ",
                 settings.size(), " different ones or few more; take fewer, or method = \"grid\"");
    Setting setting;
    for (const SweepKey& key : file.keys) {
      const double share = uniform(file.plan.sample_seed, draw, key.path);
      setting.push_back(key.values.empty() ? value_in(key, share)
                                           : key.values[static_cast<std::size_t>(
                                                 share * static_cast<double>(key.values.size()))]);
    }
    if (std::find(settings.begin(), settings.end(), setting) == settings.end())
      settings.push_back(std::move(setting));
  }
  return settings;
}

/// What one number cannot show.
void check_plan(const SweepPlan& plan, Recipe& recipe) {
  const bool random = plan.method == "random";
  if (!random && plan.method != "grid")
    recipe.report("sweep.method",
                  text("sweep.method = \"", plan.method, "\" is unknown; expected grid, random"));
  if (random && plan.settings == 0)
    recipe.report("sweep.method", "method = \"random\" needs settings, how many are drawn");
  if (!random && plan.settings > 0)
    recipe.report("sweep.settings", "settings is for method = \"random\"; a grid has all of them");
  if (plan.seeds.empty()) recipe.report("sweep.seeds", "sweep.seeds is empty; give at least one");
  for (const int seed : plan.seeds)
    if (std::count(plan.seeds.begin(), plan.seeds.end(), seed) > 1) {
      recipe.report("sweep.seeds", text("sweep.seeds: ", seed, " is there twice"));
      break;
    }
  const auto first = static_cast<std::int64_t>(judge::kFirstPublishedSeed);
  if (plan.judge_seed >= first && !plan.published_seed)
    recipe.report("sweep.judge_seed",
                  text("sweep.judge_seed = ", plan.judge_seed, " is for published figures (", first,
                       " and above), by which nothing is chosen; take one below ", first,
                       ", or say published_seed = true"));
}

}  // namespace

std::string SweepFile::short_name(const SweepKey& key) const {
  const auto leaf = [](const SweepKey& k) { return k.path.substr(k.path.rfind('.') + 1); };
  const auto same = [&](const SweepKey& other) { return leaf(other) == leaf(key); };
  return std::count_if(keys.begin(), keys.end(), same) > 1 ? key.path : leaf(key);
}

std::string SweepFile::recipe_of(const Setting& setting) const {
  std::vector<std::string> lines;
  for (std::size_t k = 0; k < keys.size(); ++k) {
    auto line = static_cast<std::size_t>(keys[k].line - 1);
    while (line < lines.size() && !lines[line].empty()) ++line;  // several keys on a line
    if (line >= lines.size()) lines.resize(line + 1);
    lines[line] = keys[k].path + " = " + setting[k];
  }
  std::string recipe;
  for (const std::string& line : lines) recipe += line + '\n';
  return recipe;
}

std::string SweepFile::label_of(const Setting& setting) const {
  std::string label;
  for (std::size_t k = 0; k < keys.size(); ++k)
    label += text(label.empty() ? "" : ", ", short_name(keys[k]), " = ", setting[k]);
  return label.empty() ? "the recipe" : label;
}

SweepFile read_sweep_file(const fs::path& path) {
  SweepFile file{.name = path.string()};
  const std::string content = read_file(path);
  Recipe recipe = Recipe::parse(content, file.name);
  recipe.read("", file.base);
  recipe.read("sweep", file.plan);
  recipe.leave_out("sweep.keys");
  check_plan(file.plan, recipe);
  recipe.finish();
  if (!file.base.config.empty())
    file.base.config = (path.parent_path() / file.base.config).string();

  const bool random = file.plan.method == "random";
  KeyReader reader(file.name, random);
  const toml::table root = toml::parse(content, file.name);
  const auto keys = root["sweep"]["keys"];
  KENNEL_CHECK(!keys || keys.is_table(), file.name, ": expected a section [sweep.keys]");
  if (keys) reader.read(*keys.as_table(), "");
  file.keys = std::move(reader.keys);
  KENNEL_CHECK(!random || !file.keys.empty(), file.name,
               ": method = \"random\" needs keys to draw, in [sweep.keys]");
  for (const SweepKey& key : file.keys)
    KENNEL_CHECK(key.path != "train.steps" || file.plan.steps == 0,
                 "train.steps is swept; leave [sweep] steps out (", file.name, ":", key.line, ")");
  std::stable_sort(file.keys.begin(), file.keys.end(),
                   [](const SweepKey& a, const SweepKey& b) { return a.line < b.line; });
  file.settings = random ? drawn(file) : grid_of(file);
  return file;
}

}  // namespace kennel
