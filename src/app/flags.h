// What several commands' flags have in common.
#pragma once

#include <CLI/CLI.hpp>
#include <cstdint>
#include <string>
#include <type_traits>
#include <vector>

#include "kennel/core/check.h"
#include "kennel/run/device.h"

namespace kennel {

/// A flag's number must be from `low` to `high`, both included.
template <class Number>
requires std::is_signed_v<Number>  // what is read as unsigned takes -1 for its largest number
    CLI::Validator number_from(Number low, Number high) {
  return CLI::Validator(
      [low, high](std::string& given) {
        Number number{};
        const bool valid =
            CLI::detail::lexical_cast(given, number) && number >= low && number <= high;
        const char* kind = std::is_integral_v<Number> ? "a whole number" : "a number";
        return valid ? std::string()
                     : text("expected ", kind, " from ", low, " to ", high, ", came ", given);
      },
      "");
}

/// A flag's text must be one of `choices`, which the help shows.
inline CLI::Validator one_of(std::vector<std::string> choices) {
  std::string shown;
  for (const std::string& choice : choices) shown += (shown.empty() ? "" : "|") + choice;
  return CLI::Validator(
      [choices = std::move(choices), shown](std::string& given) {
        const bool valid = std::find(choices.begin(), choices.end(), given) != choices.end();
        return valid ? std::string() : text("expected ", shown, ", came ", given);
      },
      shown);
}

/// A flag that picks one of several named values.
template <class Value>
CLI::Option* add_choice(CLI::App& app, const std::string& flag, const std::string& doc,
                        Value& value, const std::vector<std::pair<std::string, Value>>& choices,
                        const std::string& shown_default) {
  std::vector<std::string> names;
  for (const auto& choice : choices) names.push_back(choice.first);
  return app
      .add_option_function<std::string>(
          flag,
          [&value, choices](const std::string& given) {
            for (const auto& [name, chosen] : choices)
              if (name == given) value = chosen;
          },
          doc)
      ->check(one_of(names))
      ->default_str(shown_default);
}

/// Seeds are whole numbers that JSON and TOML carry exactly; without the check -1 would be read as
/// 2^64 - 1.
inline CLI::Option* add_seed(CLI::App& app, std::uint64_t& seed, const std::string& doc) {
  return app.add_option("--seed", seed, doc)
      ->check(number_from(std::int64_t{0}, std::int64_t{1} << 53))
      ->capture_default_str();
}

inline CLI::Option* add_threads(CLI::App& app, int& threads, const std::string& doc) {
  return app.add_option("--threads", threads, doc)
      ->check(number_from(0, 4096))
      ->capture_default_str();
}

/// The devices of several trainings.
struct DeviceFlags {
  std::string device = "auto", gpus;

  std::vector<Device> chosen() const {
    return gpus.empty() ? std::vector{choose_device(device)} : choose_gpus(gpus);
  }
};

/// \param automatic  whether "auto" is a choice
inline CLI::Option* add_device(CLI::App& app, std::string& device, bool automatic = true) {
  const char* shown = automatic ? "cpu|cuda|cuda:N|auto" : "cpu|cuda|cuda:N";
  const CLI::Validator known(
      [automatic, shown](std::string& given) {
        const bool valid = given == "cpu" || gpu_number(given) || (automatic && given == "auto");
        return valid ? std::string() : text("expected ", shown, ", came ", given);
      },
      shown);
  return app
      .add_option("--device", device,
                  automatic ? "auto takes a GPU where there is one" : "cuda:N is the GPU number N")
      ->check(known)
      ->capture_default_str();
}

inline void add_devices(CLI::App& app, DeviceFlags& flags) {
  CLI::Option* device = add_device(app, flags.device);
  app.add_option("--gpus", flags.gpus, "a GPU for each training: a number, or all")
      ->excludes(device);
}

}  // namespace kennel
