// The minibatch kernel over memory that ends where it must, in any order of blocks, warps and
// lanes, against loops in double that round what the kernel says it rounds.
#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdio>
#include <functional>
#include <limits>
#include <memory>
#include <vector>

#include "kennel/core/bfloat16.h"
#include "kernels/learner/learner_args.h"
#include "kernels/learner/tile_memory.h"
#include "tests/simt/lane_kernels.h"

namespace kennel::testing {
namespace {

constexpr float kNan = std::numeric_limits<float>::quiet_NaN();
constexpr int kH100SharedBytes = 227 << 10;

/// Numbers of which AddressSanitizer knows the end, aligned as the kernel asks for.
template <class Number>
class Array {
 public:
  explicit Array(std::size_t size) : size_(size), data_(new Number[size]) {}
  Number* get() { return data_.get(); }
  Number& operator[](std::int64_t at) { return data_[static_cast<std::size_t>(at)]; }
  std::size_t size() const { return size_; }
  std::vector<Number> values() const { return {data_.get(), data_.get() + size_}; }

 private:
  std::size_t size_;
  std::unique_ptr<Number[]> data_;
};

class Random {
 public:
  /// Uniform between -scale and scale.
  float operator()(float scale = 1.0f) {
    seed_ = seed_ * 1664525u + 1013904223u;
    return scale * (static_cast<float>(seed_ >> 8) / 8388608.0f - 1.0f);
  }
  Array<float> numbers(std::size_t size, float scale = 1.0f) {
    Array<float> out(size);
    for (std::size_t k = 0; k < size; ++k) out.get()[k] = (*this)(scale);
    return out;
  }

 private:
  std::uint32_t seed_ = 1;
};

struct Case {
  const char* name;
  std::vector<int> actor, critic;  // inputs, hidden layers, outputs
  LayerActivation hidden, output;  // the actor's; the critic's output is linear
  int rows, tile_rows, slices;
  bool value_clip, indexed;
};

const Case kCases[] = {
    {"the default's inputs, a wide layer",
     {72, 136, 12},
     {87, 64, 1},
     LayerActivation::kRelu,
     LayerActivation::kTanh,
     100,
     64,
     2,
     true,
     false},
    {"widths that divide nothing",
     {7, 24, 40, 12},
     {37, 33, 1},
     LayerActivation::kElu,
     LayerActivation::kTanh,
     77,
     32,
     2,
     false,
     true},
    {"one action, no hidden layer of the critic",
     {5, 18, 1},
     {9, 1},
     LayerActivation::kTanh,
     LayerActivation::kLinear,
     37,
     16,
     1,
     true,
     true},
    {"fewer rows than a tile",
     {33, 40, 30, 6},
     {16, 16, 16, 1},
     LayerActivation::kElu,
     LayerActivation::kLinear,
     11,
     64,
     1,
     true,
     false},
};

NetworkArgs network_of(const std::vector<int>& sizes, LayerActivation hidden,
                       LayerActivation output, int& at) {
  NetworkArgs network{};
  network.num_layers = static_cast<int>(sizes.size()) - 1;
  for (int l = 0; l < network.num_layers; ++l) {
    const int in = sizes[l], out = sizes[l + 1];
    network.layers[l] = {in, out, l + 1 == network.num_layers ? output : hidden, at};
    at += in * out + out;
  }
  return network;
}

using Rounding = std::function<double(double)>;

double unrounded(double x) { return x; }
double tf32(double x) { return std::bit_cast<float>(simt::to_tf32(static_cast<float>(x))); }
double bf16(double x) { return from_bfloat16(to_bfloat16(static_cast<float>(x))); }

/// What the passes of a network round: the factors of products, and numbers as they are stored.
struct Roundings {
  Rounding forward, backward, stored;
};
Roundings roundings(TileProducts products, bool is_actor) {
  switch (products) {
    case TileProducts::kFp32:
      return {unrounded, unrounded, unrounded};
    case TileProducts::kTf32:
      return {tf32, tf32, tf32};
    case TileProducts::kBf16:
      break;
  }
  if (is_actor) return {tf32, bf16, tf32};
  return {bf16, bf16, unrounded};
}

double activated(LayerActivation activation, double x) {
  return activation == LayerActivation::kRelu   ? std::max(x, 0.0)
         : activation == LayerActivation::kElu  ? (x > 0 ? x : std::expm1(x))
         : activation == LayerActivation::kTanh ? std::tanh(x)
                                                : x;
}
double slope(LayerActivation activation, double y) {
  return activation == LayerActivation::kRelu   ? (y > 0 ? 1.0 : 0.0)
         : activation == LayerActivation::kElu  ? (y > 0 ? 1.0 : y + 1)
         : activation == LayerActivation::kTanh ? 1 - y * y
                                                : 1.0;
}

/// A network's numbers for one row.
class RowPass {
 public:
  RowPass(const NetworkArgs& network, const float* weights, const Roundings& round,
          const float* input)
      : network_(network), weights_(weights), round_(round), y_(1) {
    for (int k = 0; k < network.layers[0].in; ++k) y_[0].push_back(round.stored(input[k]));
    for (int l = 0; l < network.num_layers; ++l) {
      const LayerArgs& layer = network.layers[l];
      const bool last = l + 1 == network.num_layers;
      std::vector<double> y;
      for (int o = 0; o < layer.out; ++o) {
        double sum = bias(layer, o);
        for (int i = 0; i < layer.in; ++i)
          sum += round.forward(y_[l][i]) * round.forward(weight(layer, i, o));
        const double out = activated(layer.activation, sum);
        y.push_back(last ? out : round.stored(out));
      }
      y_.push_back(std::move(y));
    }
  }

  const std::vector<double>& output() const { return y_.back(); }

  void backward(std::vector<double> grad, std::vector<double>& gradient) const {
    for (int l = network_.num_layers; l-- > 0;) {
      const LayerArgs& layer = network_.layers[l];
      for (int o = 0; o < layer.out; ++o) {
        grad[o] = round_.stored(grad[o] * slope(layer.activation, y_[l + 1][o]));
        gradient[layer.weight_at + layer.in * layer.out + o] += grad[o];
      }
      std::vector<double> below(layer.in);
      for (int i = 0; i < layer.in; ++i)
        for (int o = 0; o < layer.out; ++o) {
          gradient[layer.weight_at + i * layer.out + o] +=
              round_.backward(y_[l][i]) * round_.backward(grad[o]);
          below[i] += round_.backward(grad[o]) * round_.backward(weight(layer, i, o));
        }
      grad = below;
    }
  }

 private:
  double weight(const LayerArgs& layer, int i, int o) const {
    return weights_[layer.weight_at + i * layer.out + o];
  }
  double bias(const LayerArgs& layer, int o) const {
    return weights_[layer.weight_at + layer.in * layer.out + o];
  }

  const NetworkArgs& network_;
  const float* weights_;
  Roundings round_;
  std::vector<std::vector<double>> y_;  // of each level
};

/// Sums over a minibatch, laid out like a slice's gradient, then the losses.
using Sums = std::vector<double>;

/// Networks and samples. Ratios and changes of the value lie well inside or well outside the clip,
/// so that no rounding decides which.
class Scene {
 public:
  static constexpr double kClip = 0.2;

  explicit Scene(const Case& c)
      : case_(c),
        actions_(c.actor.back()),
        num_samples_(c.indexed ? c.rows + 9 : c.rows),
        actor_(network_of(c.actor, c.hidden, c.output, num_weights_)),
        critic_(network_of(c.critic, c.hidden, LayerActivation::kLinear, num_weights_)),
        weights_(static_cast<std::size_t>(num_weights_ + actions_)),
        obs_(random_.numbers(static_cast<std::size_t>(num_samples_) * c.actor[0])),
        privileged_obs_(random_.numbers(static_cast<std::size_t>(num_samples_) * c.critic[0])),
        action_(random_.numbers(static_cast<std::size_t>(num_samples_) * actions_)),
        columns_{random_.numbers(num_samples_), random_.numbers(num_samples_),
                 random_.numbers(num_samples_), random_.numbers(num_samples_)},
        index_(static_cast<std::size_t>(c.rows)) {
    for (const NetworkArgs* network : {&actor_, &critic_})
      for (int l = 0; l < network->num_layers; ++l) {
        const LayerArgs& layer = network->layers[l];
        const float scale = 1.7f / std::sqrt(static_cast<float>(layer.in));
        for (int k = 0; k < (layer.in + 1) * layer.out; ++k)
          weights_[layer.weight_at + k] = random_(scale);
      }
    for (int k = 0; k < actions_; ++k) weights_[num_weights_ + k] = random_(0.2f);
    for (int r = 0; r < c.rows; ++r) index_[r] = num_samples_ - 1 - r;
    const Roundings none = roundings(TileProducts::kFp32, true);
    for (int s = 0; s < num_samples_; ++s) {
      const RowPass policy(actor_, weights_.get(), none, obs_.get() + s * c.actor[0]);
      const RowPass value(critic_, weights_.get(), none, privileged_obs_.get() + s * c.critic[0]);
      columns_[0][s] = static_cast<float>(log_prob(policy, s)) + (s % 3 == 0 ? 0.5f : 0.03f);
      columns_[3][s] = static_cast<float>(value.output()[0]) + (s % 4 == 0 ? 0.5f : -0.05f);
    }
  }

  int size() const { return num_weights_ + actions_; }
  int stride() const { return (size() + 3) / 4 * 4; }

  /// The kernel's slices, with what it must not touch.
  std::vector<float> run(TileProducts products) {
    Array<float> gradients(static_cast<std::size_t>(case_.slices * stride()));
    Array<float> losses(static_cast<std::size_t>(case_.slices) * 4);
    std::fill_n(gradients.get(), gradients.size(), 7.0f);
    std::fill_n(losses.get(), losses.size(), kNan);
    prepare_minibatch_kernels(kH100SharedBytes);
    launch_minibatch({.actor = actor_,
                      .critic = critic_,
                      .obs = obs_.get(),
                      .privileged_obs = privileged_obs_.get(),
                      .samples = {action_.get(), columns_[0].get(), columns_[1].get(),
                                  columns_[2].get(), columns_[3].get()},
                      .index = case_.indexed ? index_.get() : nullptr,
                      .rows = case_.rows,
                      .weights = weights_.get(),
                      .log_std_at = num_weights_,
                      .action_size = actions_,
                      .clip_param = static_cast<float>(kClip),
                      .scale = 1.0f / static_cast<float>(case_.rows),
                      .value_scale = 0.5f / static_cast<float>(case_.rows),
                      .value_clip = case_.value_clip,
                      .slices = case_.slices,
                      .stride = stride(),
                      .gradients = gradients.get(),
                      .losses = losses.get()},
                     products, case_.tile_rows, nullptr);
    std::vector<float> out = gradients.values();
    const std::vector<float> more = losses.values();
    out.insert(out.end(), more.begin(), more.end());
    return out;
  }

  Sums sums(const std::vector<float>& slices) const {
    Sums out(static_cast<std::size_t>(size()) + 4);
    for (int s = 0; s < case_.slices; ++s) {
      for (int k = 0; k < size(); ++k) out[k] += slices[s * stride() + k];
      for (int k = 0; k < 4; ++k) out[size() + k] += slices[case_.slices * stride() + 4 * s + k];
    }
    return out;
  }

  Sums expected(TileProducts products) {
    Sums out(static_cast<std::size_t>(size()) + 4);
    for (int r = 0; r < case_.rows; ++r) {
      const std::int64_t s = case_.indexed ? index_[r] : r;
      add_policy(products, s, out);
      add_value(products, s, out);
    }
    return out;
  }

  /// |a - b| / |b| of each layer, the standard deviations and the losses: the largest.
  double difference(const Sums& a, const Sums& b) const {
    double largest = 0;
    const auto look = [&](int at, int n) {
      double error = 0, norm = 0;
      for (int k = at; k < at + n; ++k) {
        error += (a[k] - b[k]) * (a[k] - b[k]);
        norm += b[k] * b[k];
      }
      const double relative = std::sqrt(error / norm);
      if (!(relative <= largest)) largest = relative;
    };
    for (const NetworkArgs* network : {&actor_, &critic_})
      for (int l = 0; l < network->num_layers; ++l) {
        const LayerArgs& layer = network->layers[l];
        look(layer.weight_at, (layer.in + 1) * layer.out);
      }
    look(num_weights_, actions_);
    look(size(), 4);
    return largest;
  }

 private:
  double log_prob(const RowPass& policy, std::int64_t s) {
    double sum = 0;
    for (int k = 0; k < actions_; ++k) sum -= z(policy, s, k) * z(policy, s, k) / 2 + log_std(k);
    return sum - actions_ * 0.5 * std::log(2 * M_PI);
  }
  double log_std(int k) { return weights_[num_weights_ + k]; }
  double z(const RowPass& policy, std::int64_t s, int k) {
    return (action_[s * actions_ + k] - policy.output()[k]) * std::exp(-log_std(k));
  }

  void add_policy(TileProducts products, std::int64_t s, Sums& out) {
    const RowPass policy(actor_, weights_.get(), roundings(products, true),
                         obs_.get() + s * case_.actor[0]);
    const double log_ratio = log_prob(policy, s) - columns_[0][s], ratio = std::exp(log_ratio);
    const double advantage = columns_[1][s], plain = ratio * advantage;
    const double clipped = std::clamp(ratio, 1 - kClip, 1 + kClip) * advantage;
    const bool stopped = plain > clipped;
    const double grad = stopped ? 0 : -plain / case_.rows;
    std::vector<double> grad_mean;
    for (int k = 0; k < actions_; ++k) {
      grad_mean.push_back(grad * z(policy, s, k) * std::exp(-log_std(k)));
      out[num_weights_ + k] += grad * (z(policy, s, k) * z(policy, s, k) - 1);
    }
    policy.backward(grad_mean, out);
    out[size()] += stopped ? -clipped : -plain;
    out[size() + 2] += ratio - 1 - log_ratio;
    out[size() + 3] += stopped;
  }

  void add_value(TileProducts products, std::int64_t s, Sums& out) {
    const RowPass pass(critic_, weights_.get(), roundings(products, false),
                       privileged_obs_.get() + s * case_.critic[0]);
    const double value = pass.output()[0], returns = columns_[2][s], old = columns_[3][s];
    const double error = value - returns;
    const double clipped = old + std::clamp(value - old, -kClip, kClip) - returns;
    const bool stopped = case_.value_clip && clipped * clipped > error * error;
    pass.backward({stopped ? 0 : error / case_.rows}, out);
    out[size() + 1] += stopped ? clipped * clipped : error * error;
  }

  Case case_;
  Random random_;
  int actions_, num_samples_, num_weights_ = 0;
  NetworkArgs actor_, critic_;
  Array<float> weights_, obs_, privileged_obs_, action_, columns_[4];
  Array<std::int64_t> index_;
};

constexpr TileProducts kAllProducts[] = {TileProducts::kFp32, TileProducts::kTf32,
                                         TileProducts::kBf16};

/// Against the same roundings in double: what is left are single precision's sums, and now and then
/// a number that they bring over the edge between two neighbours of tf32 or bf16.
TEST(MinibatchKernel, SumsGradientsAndLossesOfTheRoundedFactors) {
  const double most[] = {1e-5, 2e-4, 3e-4};
  for (const Case& c : kCases) {
    SCOPED_TRACE(c.name);
    Scene scene(c);
    for (const TileProducts products : kAllProducts) {
      const double off =
          scene.difference(scene.sums(scene.run(products)), scene.expected(products));
      EXPECT_LE(off, most[static_cast<int>(products)]) << static_cast<int>(products);
      std::printf("%-42s %d: off by %.1e\n", c.name, static_cast<int>(products), off);
    }
  }
}

/// Factors of tf32 are off by 2^-12 of themselves on average, of bf16 by 2^-9; a gradient has two
/// in each of up to six products one behind the other: 2^-12 sqrt(12) = 8e-4 and 7e-3, and thrice
/// that for what is left when the rows' gradients cancel. A ReLU whose input changes its sign has
/// a gradient or has none, which is no question of precision: not among these.
TEST(MinibatchKernel, RoundsAsMuchAsItSaysAndNoMore) {
  const double least[] = {0, 5e-5, 5e-4}, most[] = {1e-5, 3e-3, 3e-2};
  for (const Case& c : kCases) {
    if (c.hidden == LayerActivation::kRelu) continue;
    SCOPED_TRACE(c.name);
    Scene scene(c);
    const Sums exact = scene.expected(TileProducts::kFp32);
    for (const TileProducts products : kAllProducts) {
      const double off = scene.difference(scene.sums(scene.run(products)), exact);
      EXPECT_GE(off, least[static_cast<int>(products)]) << static_cast<int>(products);
      EXPECT_LE(off, most[static_cast<int>(products)]) << static_cast<int>(products);
      std::printf("%-42s %d: off by %.1e\n", c.name, static_cast<int>(products), off);
    }
  }
}

TEST(MinibatchKernel, HasTheSameBitsInAnyOrder) {
  for (const Case& c : kCases) {
    SCOPED_TRACE(c.name);
    Scene scene(c);
    for (const TileProducts products : kAllProducts) {
      const std::vector<float> expected = scene.run(products);
      EXPECT_EQ(scene.run(products), expected);
      for (const simt::Order order : {simt::Order::kBackward, simt::Order::kShuffled}) {
        const Scheduled scheduled({order, 7});
        EXPECT_EQ(scene.run(products), expected);
      }
    }
  }
}

TEST(MinibatchKernel, TakesTheMostRowsThatFit) {
  int at = 0;
  const auto network = [&](const std::vector<int>& sizes) {
    return network_of(sizes, LayerActivation::kRelu, LayerActivation::kLinear, at);
  };
  const NetworkArgs actor = network({72, 128, 128, 128, 12}),
                    wide = network({72, 512, 256, 128, 12});
  const NetworkArgs wider = network({72, 1024, 512, 256, 12});
  const NetworkArgs widest = network({72, 1024, 1024, 512, 12});
  const NetworkArgs critic = network({87, 128, 128, 128, 1});
  EXPECT_EQ(minibatch_tile_rows(actor, critic, kH100SharedBytes), 64);
  EXPECT_EQ(minibatch_tile_rows(actor, critic, 163 << 10), 32) << "of an A100";
  EXPECT_EQ(minibatch_tile_rows(wide, critic, kH100SharedBytes), 32);
  EXPECT_EQ(minibatch_tile_rows(wider, critic, kH100SharedBytes), 16);
  EXPECT_EQ(minibatch_tile_rows(widest, critic, kH100SharedBytes), 0);
  for (const int rows : {64, 32, 16})
    EXPECT_LE(tile_bytes(rows, actor, critic), static_cast<std::size_t>(kH100SharedBytes));
}

}  // namespace
}  // namespace kennel::testing
