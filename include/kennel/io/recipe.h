// Recipes: TOML files that fill config structs through their `visit_fields` (see fields.h).
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "kennel/core/fields.h"

namespace kennel {

/// A parsed recipe. Read each section into its struct, then `finish()`: it reports every problem of
/// the file at once.
///
///   Recipe recipe = Recipe::load("run.toml");
///   recipe.read("ppo", ppo);        // keys that the file lacks keep their defaults
///   recipe.read("env.reward", reward);
///   recipe.finish();
class Recipe {
 public:
  /// \throws Error when the file cannot be read or is not TOML (with the line)
  static Recipe load(const std::filesystem::path& path);

  /// \param name  what messages call the text, usually its path
  static Recipe parse(std::string_view text, std::string name);

  Recipe(Recipe&&) noexcept;
  Recipe& operator=(Recipe&&) noexcept;
  ~Recipe();

  /// Fills `config` from `[section]`; a dotted name is a nested table, "" the keys outside any
  /// section. A value that is wrong leaves its field unchanged and is reported by `finish()`.
  template <class Config>
  void read(std::string_view section, Config& config);

  /// Whether the file has a value at "section.key".
  bool has(std::string_view path) const;

  /// Takes a section for read: the caller does that itself.
  void leave_out(std::string_view section);

  /// Adds a problem that only the caller can see, such as two fields that do not fit.
  /// \param path  "section.key": its line is named, or its section's where the recipe does not set
  /// the key
  void report(std::string_view path, std::string_view problem);

  /// Looks for keys and sections that nobody read.
  /// \throws Error with one line for each problem, in the order of the file
  void finish();

 private:
  class Reader;
  struct State;
  explicit Recipe(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

/// The visitor that fills one section's fields.
class Recipe::Reader {
 public:
  Reader(State& state, std::string_view section);

  void field(std::string_view name, bool& value, Bounds bounds, std::string_view doc);
  void field(std::string_view name, int& value, Bounds bounds, std::string_view doc);
  void field(std::string_view name, std::int64_t& value, Bounds bounds, std::string_view doc);
  void field(std::string_view name, float& value, Bounds bounds, std::string_view doc);
  void field(std::string_view name, double& value, Bounds bounds, std::string_view doc);
  void field(std::string_view name, std::string& value, Bounds bounds, std::string_view doc);
  void field(std::string_view name, Range& value, Bounds bounds, std::string_view doc);
  void field(std::string_view name, std::vector<int>& value, Bounds bounds, std::string_view doc);

 private:
  State& state_;
  std::string section_;
};

template <class Config>
void Recipe::read(std::string_view section, Config& config) {
  Reader reader(*state_, section);
  visit_fields(config, reader);
}

/// Writes configs back as a recipe: every field, its doc as a comment above it. Reading it gives
/// identical values.
class RecipeWriter {
 public:
  template <class Config>
  RecipeWriter& section(std::string_view name, const Config& config) {
    begin_section(name);
    visit_fields(config, *this);
    return *this;
  }

  /// A comment line at this place, for instance the command that wrote the file.
  RecipeWriter& comment(std::string_view line);

  const std::string& text() const { return text_; }

  void field(std::string_view name, bool value, Bounds bounds, std::string_view doc);
  void field(std::string_view name, int value, Bounds bounds, std::string_view doc);
  void field(std::string_view name, std::int64_t value, Bounds bounds, std::string_view doc);
  void field(std::string_view name, float value, Bounds bounds, std::string_view doc);
  void field(std::string_view name, double value, Bounds bounds, std::string_view doc);
  void field(std::string_view name, const std::string& value, Bounds bounds, std::string_view doc);
  void field(std::string_view name, const Range& value, Bounds bounds, std::string_view doc);
  void field(std::string_view name, const std::vector<int>& value, Bounds bounds,
             std::string_view doc);

 private:
  void begin_section(std::string_view name);
  void write(std::string_view name, std::string_view value, std::string_view doc);
  std::string text_;
};

/// The name in `known` that `name` most likely means, or "" when none is near.
std::string nearest_name(std::string_view name, const std::vector<std::string>& known);

}  // namespace kennel
