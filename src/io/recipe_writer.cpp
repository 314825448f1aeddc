#include <charconv>
#include <cmath>
#include <cstdio>

#include "kennel/core/check.h"
#include "kennel/io/recipe.h"

namespace kennel {
namespace {

/// The shortest decimal that reads back as the same number, with a point or an exponent so that
/// TOML sees a float.
template <class Number>
std::string float_text(Number value) {
  if (std::isnan(value)) return "nan";
  if (std::isinf(value)) return value > 0 ? "inf" : "-inf";
  char buffer[64];
  const auto end = std::to_chars(buffer, buffer + sizeof buffer, value).ptr;
  std::string digits(buffer, end);
  if (digits.find_first_of(".e") == std::string::npos) digits += ".0";
  return digits;
}

/// A float goes through TOML's double: the digits must survive both roundings.
std::string float_text(float value) {
  const std::string digits = float_text<float>(value);
  double parsed = 0.0;
  std::from_chars(digits.data(), digits.data() + digits.size(), parsed);
  const bool survives = !std::isfinite(value) || static_cast<float>(parsed) == value;
  return survives ? digits : float_text(static_cast<double>(value));
}

std::string toml_string(std::string_view value) {
  std::string out = "\"";
  for (const char c : value) {
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) {
      char escape[8];
      std::snprintf(escape, sizeof escape, "\\u%04X", static_cast<unsigned>(c));
      out += escape;
    } else {
      out += c;
    }
  }
  return out + '"';
}

}  // namespace

RecipeWriter& RecipeWriter::comment(std::string_view line) {
  text_ += kennel::text("# ", line, "\n");
  return *this;
}

void RecipeWriter::begin_section(std::string_view name) {
  if (name.empty()) return;
  if (!text_.empty()) text_ += '\n';
  text_ += kennel::text("[", name, "]\n");
}

void RecipeWriter::write(std::string_view name, std::string_view value, std::string_view doc) {
  text_ += kennel::text("# ", doc, "\n", name, " = ", value, "\n");
}

void RecipeWriter::field(std::string_view name, bool value, Bounds, std::string_view doc) {
  write(name, value ? "true" : "false", doc);
}

void RecipeWriter::field(std::string_view name, int value, Bounds, std::string_view doc) {
  write(name, std::to_string(value), doc);
}

void RecipeWriter::field(std::string_view name, std::int64_t value, Bounds, std::string_view doc) {
  write(name, std::to_string(value), doc);
}

void RecipeWriter::field(std::string_view name, float value, Bounds, std::string_view doc) {
  write(name, float_text(value), doc);
}

void RecipeWriter::field(std::string_view name, double value, Bounds, std::string_view doc) {
  write(name, float_text(value), doc);
}

void RecipeWriter::field(std::string_view name, const std::string& value, Bounds,
                         std::string_view doc) {
  write(name, toml_string(value), doc);
}

void RecipeWriter::field(std::string_view name, const Range& value, Bounds, std::string_view doc) {
  write(name, kennel::text("[", float_text(value.low), ", ", float_text(value.high), "]"), doc);
}

void RecipeWriter::field(std::string_view name, const std::vector<int>& value, Bounds,
                         std::string_view doc) {
  std::string list;
  for (const int number : value) list += (list.empty() ? "" : ", ") + std::to_string(number);
  write(name, "[" + list + "]", doc);
}

}  // namespace kennel
