#include "kennel/io/recipe.h"

#include <toml++/toml.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <set>

#include "kennel/core/check.h"
#include "kennel/io/atomic_file.h"

namespace kennel {
namespace {

std::string join(std::string_view section, std::string_view key) {
  return section.empty() ? std::string(key) : text(section, ".", key);
}

/// "[0, 1]", "at least 0", "at most 1".
std::string bounds_text(Bounds bounds) {
  const bool has_low = std::isfinite(bounds.low);
  const bool has_high = std::isfinite(bounds.high);
  if (has_low && has_high) return text("a number from ", bounds.low, " to ", bounds.high);
  if (has_low) return text("at least ", bounds.low);
  if (has_high) return text("at most ", bounds.high);
  return "a finite number";
}

/// Bounds that no float lies beyond.
Bounds of_float(Bounds bounds) {
  constexpr double kLargest = std::numeric_limits<float>::max();
  return {std::max(bounds.low, -kLargest), std::min(bounds.high, kLargest)};
}

/// The part of a text that TOML calls `region`, which may not reach over a line's end.
std::string_view source_text(std::string_view text, const toml::source_region& region) {
  for (std::uint32_t line = 1; line < region.begin.line; ++line) {
    text.remove_prefix(std::min(text.find('\n'), text.size() - 1) + 1);
  }
  text = text.substr(0, text.find('\n')).substr(region.begin.column - 1);
  if (region.end.line == region.begin.line) {
    text = text.substr(0, region.end.column - region.begin.column);
  }
  const std::size_t last = text.find_last_not_of(" \t\r");
  return text.substr(0, last + 1);
}

struct Problem {
  std::uint32_t line = 0;
  std::string message;
};

}  // namespace

struct Recipe::State {
  std::string name;
  std::string text;
  toml::table root;
  std::map<std::string, std::vector<std::string>> keys_of;  // section -> keys that were read
  std::vector<std::string> left_out;                        // sections
  std::vector<Problem> problems;

  void complain(std::uint32_t line, std::string message) {
    problems.push_back({line, kennel::text(message, " (", name, ":", line, ")")});
  }

  /// The value as the recipe wrote it, short enough for a message.
  std::string value_text(const toml::node& node) const {
    constexpr std::size_t kLongest = 60;
    const std::string shown(source_text(text, node.source()));
    return shown.size() > kLongest ? shown.substr(0, kLongest) + "..." : shown;
  }

  void wrong_type(const toml::node& node, std::string_view section, std::string_view key,
                  std::string_view expected) {
    complain(node.source().begin.line,
             kennel::text(join(section, key), " = ", value_text(node), ": expected ", expected));
  }

  const toml::node* find(std::string_view section) const {
    const toml::node* node = &root;
    while (!section.empty() && node != nullptr) {
      const std::size_t dot = section.find('.');
      const toml::table* table = node->as_table();
      node = table == nullptr ? nullptr : table->get(section.substr(0, dot));
      section = dot == std::string_view::npos ? std::string_view{} : section.substr(dot + 1);
    }
    return node;
  }

  /// The key's value, or null where the recipe leaves the default. Remembers that the key is known.
  const toml::node* look_up(std::string_view section, std::string_view key) {
    keys_of[std::string(section)].emplace_back(key);
    const toml::node* node = find(section);
    const toml::table* table = node == nullptr ? nullptr : node->as_table();
    return table == nullptr ? nullptr : table->get(key);
  }

  bool within(const toml::node& node, std::string_view section, std::string_view key, double number,
              Bounds bounds) {
    if (std::isfinite(number) && number >= bounds.low && number <= bounds.high) return true;
    complain(node.source().begin.line,
             kennel::text(join(section, key), " = ", value_text(node),
                          " is out of range: expected ", bounds_text(bounds)));
    return false;
  }

  bool is_section_or_above(const std::string& path) const {
    return std::any_of(keys_of.begin(), keys_of.end(), [&](const auto& entry) {
      return entry.first == path || entry.first.starts_with(path + ".");
    });
  }

  std::vector<std::string> section_names() const {
    std::vector<std::string> names;
    for (const auto& [section, keys] : keys_of) {
      if (!section.empty()) names.push_back(section);
    }
    return names;
  }

  /// "did you mean X?", "it belongs in [Y]", or the list of what there is.
  std::string suggest_key(const std::string& section, const std::string& key) const {
    const auto here = keys_of.find(section);
    const std::vector<std::string> known =
        here == keys_of.end() ? std::vector<std::string>{} : here->second;
    for (const auto& [other, keys] : keys_of) {
      if (std::find(keys.begin(), keys.end(), key) != keys.end()) {
        return other.empty() ? "it belongs above the first section"
                             : kennel::text("it belongs in [", other, "]");
      }
    }
    const std::string near = nearest_name(key, known);
    if (!near.empty()) return kennel::text("did you mean ", near, "?");
    return known.empty() ? "sections: " + list(section_names()) : "known keys: " + list(known);
  }

  std::string suggest_section(const std::string& section) const {
    const std::string near = nearest_name(section, section_names());
    return near.empty() ? "sections: " + list(section_names())
                        : kennel::text("did you mean [", near, "]?");
  }

  static std::string list(const std::vector<std::string>& names) {
    std::string out;
    for (const std::string& name : names) out += (out.empty() ? "" : ", ") + name;
    return out;
  }

  void find_unknown(const toml::table& table, const std::string& section) {
    const auto known = keys_of.find(section);
    for (const auto& [toml_key, node] : table) {
      const std::string key(toml_key.str());
      const std::string path = join(section, key);
      if (std::find(left_out.begin(), left_out.end(), path) != left_out.end()) continue;
      if (known != keys_of.end() &&
          std::find(known->second.begin(), known->second.end(), key) != known->second.end()) {
        continue;
      }
      const std::uint32_t line = node.source().begin.line;
      if (is_section_or_above(path)) {
        if (node.is_table()) {
          find_unknown(*node.as_table(), path);
        } else {
          complain(line, kennel::text(path, " = ", value_text(node), ": expected a section [", path,
                                      "]"));
        }
      } else if (node.is_table()) {
        complain(line, kennel::text("unknown section [", path, "]; ", suggest_section(path)));
      } else {
        complain(line, kennel::text("unknown key ", path, "; ", suggest_key(section, key)));
      }
    }
  }
};

Recipe::Recipe(std::unique_ptr<State> state) : state_(std::move(state)) {}
Recipe::Recipe(Recipe&&) noexcept = default;
Recipe& Recipe::operator=(Recipe&&) noexcept = default;
Recipe::~Recipe() = default;

Recipe Recipe::load(const std::filesystem::path& path) {
  return parse(read_file(path), path.string());
}

Recipe Recipe::parse(std::string_view text, std::string name) {
  auto state = std::make_unique<State>();
  state->name = std::move(name);
  state->text = text;
  try {
    state->root = toml::parse(state->text, state->name);
  } catch (const toml::parse_error& error) {
    std::string reason(error.description());
    std::replace(reason.begin(), reason.end(), '\n', ' ');
    fail("not a valid recipe (TOML): ", reason, " (", state->name, ":", error.source().begin.line,
         ")");
  }
  return Recipe(std::move(state));
}

bool Recipe::has(std::string_view path) const { return state_->find(path) != nullptr; }

void Recipe::leave_out(std::string_view section) { state_->left_out.emplace_back(section); }

void Recipe::report(std::string_view path, std::string_view problem) {
  const toml::node* node = state_->find(path);
  if (node == nullptr) node = state_->find(path.substr(0, path.rfind('.')));
  const std::uint32_t line = node == nullptr ? 1 : std::max(1u, node->source().begin.line);
  state_->complain(line, std::string(problem));
}

void Recipe::finish() {
  state_->find_unknown(state_->root, "");
  std::vector<Problem> problems = std::move(state_->problems);
  state_->problems.clear();
  if (problems.empty()) return;
  std::stable_sort(problems.begin(), problems.end(),
                   [](const Problem& a, const Problem& b) { return a.line < b.line; });
  std::string message;
  if (problems.size() > 1) message = text(problems.size(), " problems in ", state_->name, ":\n");
  for (std::size_t k = 0; k < problems.size(); ++k) {
    message += (problems.size() > 1 ? "  " : "") + problems[k].message;
    if (k + 1 < problems.size()) message += '\n';
  }
  throw Error(message);
}

Recipe::Reader::Reader(State& state, std::string_view section) : state_(state), section_(section) {
  state_.keys_of[section_];
}

void Recipe::Reader::field(std::string_view name, bool& value, Bounds, std::string_view) {
  const toml::node* node = state_.look_up(section_, name);
  if (node == nullptr) return;
  const auto* found = node->as_boolean();
  if (found == nullptr) return state_.wrong_type(*node, section_, name, "true or false");
  value = found->get();
}

void Recipe::Reader::field(std::string_view name, std::int64_t& value, Bounds bounds,
                           std::string_view) {
  const toml::node* node = state_.look_up(section_, name);
  if (node == nullptr) return;
  const auto* found = node->as_integer();
  if (found == nullptr) return state_.wrong_type(*node, section_, name, "a whole number");
  if (state_.within(*node, section_, name, static_cast<double>(found->get()), bounds)) {
    value = found->get();
  }
}

void Recipe::Reader::field(std::string_view name, int& value, Bounds bounds, std::string_view doc) {
  const Bounds of_int = {std::max(bounds.low, double(std::numeric_limits<int>::min())),
                         std::min(bounds.high, double(std::numeric_limits<int>::max()))};
  std::int64_t wide = value;
  field(name, wide, of_int, doc);
  value = static_cast<int>(wide);
}

void Recipe::Reader::field(std::string_view name, double& value, Bounds bounds, std::string_view) {
  const toml::node* node = state_.look_up(section_, name);
  if (node == nullptr) return;
  if (!node->is_number()) return state_.wrong_type(*node, section_, name, "a number");
  const double found = *node->value<double>();
  if (state_.within(*node, section_, name, found, bounds)) value = found;
}

void Recipe::Reader::field(std::string_view name, float& value, Bounds bounds,
                           std::string_view doc) {
  double wide = value;
  field(name, wide, of_float(bounds), doc);
  value = static_cast<float>(wide);
}

void Recipe::Reader::field(std::string_view name, std::string& value, Bounds, std::string_view) {
  const toml::node* node = state_.look_up(section_, name);
  if (node == nullptr) return;
  const auto* found = node->as_string();
  if (found == nullptr) return state_.wrong_type(*node, section_, name, "a string in quotes");
  value = found->get();
}

void Recipe::Reader::field(std::string_view name, Range& value, Bounds bounds, std::string_view) {
  const toml::node* node = state_.look_up(section_, name);
  if (node == nullptr) return;
  const toml::array* ends = node->as_array();
  if (ends == nullptr || ends->size() != 2 || !(*ends)[0].is_number() || !(*ends)[1].is_number()) {
    return state_.wrong_type(*node, section_, name, "two numbers [low, high]");
  }
  const double low = *(*ends)[0].value<double>();
  const double high = *(*ends)[1].value<double>();
  if (!state_.within(*node, section_, name, low, of_float(bounds)) ||
      !state_.within(*node, section_, name, high, of_float(bounds))) {
    return;
  }
  if (low > high) {
    return state_.wrong_type(*node, section_, name, "the lower end first, [low, high]");
  }
  value = {static_cast<float>(low), static_cast<float>(high)};
}

void Recipe::Reader::field(std::string_view name, std::vector<int>& value, Bounds bounds,
                           std::string_view) {
  const toml::node* node = state_.look_up(section_, name);
  if (node == nullptr) return;
  const toml::array* items = node->as_array();
  const auto is_integer = [](const toml::node& item) { return item.is_integer(); };
  if (items == nullptr || !std::all_of(items->begin(), items->end(), is_integer)) {
    return state_.wrong_type(*node, section_, name, "a list of whole numbers");
  }
  const Bounds of_int = {std::max(bounds.low, double(std::numeric_limits<int>::min())),
                         std::min(bounds.high, double(std::numeric_limits<int>::max()))};
  std::vector<int> numbers;
  for (const toml::node& item : *items) {
    const double number = *item.value<double>();
    if (!state_.within(*node, section_, name, number, of_int)) return;
    numbers.push_back(static_cast<int>(number));
  }
  value = std::move(numbers);
}

}  // namespace kennel
