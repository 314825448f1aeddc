// An argmax in the layers that every policy format knows.
#include <cstddef>
#include <utility>

#include "src/learners/off_policy/dqn.h"

namespace kennel {
namespace {

constexpr float kSteepness = 1e4f;

/// A number as a sum of a layer's outputs, those of one action: its coefficients.
using Form = std::vector<float>;

Form unit(std::size_t size, std::size_t at) {
  Form out(size, 0.0f);
  out[at] = 1.0f;
  return out;
}

Form combined(const Form& x, float factor, const Form& y) {
  Form out = x;
  for (std::size_t k = 0; k < out.size(); ++k) out[k] += factor * y[k];
  return out;
}

/// The same forms for every action, each of its own outputs.
DenseLayer layer_of(const std::vector<Form>& forms, int num_actions, const char* activation) {
  const int in = static_cast<int>(forms.front().size()), out = static_cast<int>(forms.size());
  DenseLayer layer{num_actions * in, num_actions * out, {}, {}, activation};
  const auto columns = static_cast<std::size_t>(layer.out);
  layer.weights.assign(static_cast<std::size_t>(layer.in) * columns, 0.0f);
  layer.bias.assign(columns, 0.0f);
  for (int action = 0; action < num_actions; ++action)
    for (int o = 0; o < out; ++o)
      for (int i = 0; i < in; ++i)
        layer.weights[static_cast<std::size_t>(action * in + i) * columns +
                      static_cast<std::size_t>(action * out + o)] =
            forms[static_cast<std::size_t>(o)][static_cast<std::size_t>(i)];
  return layer;
}

/// Values, and the largest of those below and of those from a bin on, as far as they are known.
struct Maxima {
  std::vector<Form> value, below, from_on;  // K each; below[0] is nothing, from_on[K - 1] a value

  /// The largest of one more bin on either side: a rectifier adds what it is larger by, and carries
  /// a number on as the difference of its positive and negative part.
  DenseLayer widen(std::size_t step, int num_actions) {
    const std::size_t K = value.size(), up = step, down = K - 1 - step;
    std::vector<Form> units;
    std::vector<Form*> carried;
    const auto carry = [&](std::vector<Form>& forms) {
      for (Form& form : forms) {
        if (form.empty()) continue;
        carried.push_back(&form);
        units.push_back(form);
        units.push_back(combined(Form(form.size(), 0.0f), -1.0f, form));
      }
    };
    carry(value);
    carry(below);
    carry(from_on);
    units.push_back(combined(value[up], -1.0f, below[up]));
    units.push_back(combined(value[down], -1.0f, from_on[down + 1]));
    DenseLayer layer = layer_of(units, num_actions, "relu");
    const std::size_t size = units.size();
    for (std::size_t k = 0; k < carried.size(); ++k)
      *carried[k] = combined(unit(size, 2 * k), -1.0f, unit(size, 2 * k + 1));
    below[up + 1] = combined(below[up], 1.0f, unit(size, size - 2));
    from_on[down] = combined(from_on[down + 1], 1.0f, unit(size, size - 1));
    return layer;
  }
};

}  // namespace

std::vector<DenseLayer> argmax_layers(int num_actions, int num_bins) {
  const auto K = static_cast<std::size_t>(num_bins);
  std::vector<DenseLayer> layers;
  Maxima maxima{{}, std::vector<Form>(K), std::vector<Form>(K)};
  for (std::size_t bin = 0; bin < K; ++bin) maxima.value.push_back(unit(K, bin));
  maxima.below[1] = maxima.value[0];
  maxima.from_on[K - 1] = maxima.value[K - 1];
  for (std::size_t step = 1; step + 1 < K; ++step)
    layers.push_back(maxima.widen(step, num_actions));
  std::vector<Form> steps;
  for (std::size_t bin = 1; bin < K; ++bin) {
    Form lead = combined(maxima.from_on[bin], -1.0f, maxima.below[bin]);
    for (float& coefficient : lead) coefficient *= kSteepness;
    steps.push_back(std::move(lead));
  }
  layers.push_back(layer_of(steps, num_actions, "tanh"));
  layers.push_back(
      layer_of({Form(K - 1, 1.0f / static_cast<float>(num_bins - 1))}, num_actions, ""));
  return layers;
}

}  // namespace kennel
