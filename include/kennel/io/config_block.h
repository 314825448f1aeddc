// A section of a recipe whose struct only its owner knows.
#pragma once

#include <any>
#include <cstdint>
#include <string>
#include <type_traits>
#include <typeinfo>
#include <utility>
#include <variant>
#include <vector>

#include "kennel/core/check.h"
#include "kennel/core/fields.h"

namespace kennel {

/// A field of any config struct, see fields.h.
struct AnyField {
  const char* name;
  std::variant<bool*, int*, std::int64_t*, float*, double*, std::string*, Range*, std::vector<int>*>
      value;
  Bounds bounds;
  const char* doc;
};

/// Collects the fields of a config struct.
struct FieldCollector {
  std::vector<AnyField> all;

  template <class Value>
  void field(const char* name, Value& value, Bounds bounds, const char* doc) {
    all.push_back({name, &value, bounds, doc});
  }
};

template <class Config>
std::vector<AnyField> fields_of(std::any& config) {
  FieldCollector collector;
  visit_fields(std::any_cast<Config&>(config), collector);
  return std::move(collector.all);
}

template <class Config>
std::vector<std::string> problems_of(const std::any& config, int num_envs) {
  return problems(std::any_cast<const Config&>(config), num_envs);
}

/// A config struct and the section that it is of, copied and moved as the struct is. Recipes read
/// and write it like any other config, through `visit_fields`.
class ConfigBlock {
 public:
  /// \param config  a struct with `visit_fields`, and `problems(config, num_envs)`: everything that
  ///                is wrong with it for a batch of `num_envs`, a phrase each that begins with
  ///                "section.key "
  template <class Config>
  ConfigBlock(std::string section, Config config)
      : section_(std::move(section)),
        config_(std::move(config)),
        fields_(fields_of<Config>),
        problems_(problems_of<Config>) {}

  const std::string& section() const { return section_; }

  /// What its owner put in.
  /// \throws Error when that is another struct
  template <class Config>
  Config& as() {
    check_type<Config>();
    return *std::any_cast<Config>(&config_);
  }
  template <class Config>
  const Config& as() const {
    check_type<Config>();
    return *std::any_cast<Config>(&config_);
  }

  std::vector<AnyField> fields() { return fields_(config_); }

  std::vector<std::string> problems(int num_envs) const { return problems_(config_, num_envs); }

 private:
  template <class Config>
  void check_type() const {
    KENNEL_CHECK(config_.type() == typeid(Config), "[", section_,
                 "] holds the numbers of another learning method");
  }

  std::string section_;
  std::any config_;
  std::vector<AnyField> (*fields_)(std::any&);
  std::vector<std::string> (*problems_)(const std::any&, int num_envs);
};

template <class Block, class Visitor>
void visit_fields(Block& block, Visitor&& v) requires same_config<Block, ConfigBlock> {
  const auto visit = [&](auto& of) {
    for (const AnyField& field : of.fields())
      std::visit(
          [&](auto* value) {
            if constexpr (std::is_const_v<Block>) {
              v.field(field.name, std::as_const(*value), field.bounds, field.doc);
            } else {
              v.field(field.name, *value, field.bounds, field.doc);
            }
          },
          field.value);
  };
  if constexpr (std::is_const_v<Block>) {
    ConfigBlock copy = block;  // a visitor of constant fields keeps none of them
    visit(copy);
  } else {
    visit(block);
  }
}

}  // namespace kennel
