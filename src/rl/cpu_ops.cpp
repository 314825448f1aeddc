// The learner's arithmetic on the CPU: slices small enough for a core's cache, each operation one
// pass over it.
#include "kennel/lanes/exact_sums.h"
#include "kennel/lanes/keyed_rows.h"
#include "kennel/rl/learner_ops.h"
#include "kennel/rl/slices.h"
#include "src/rl/cpu_layers.h"
#include "src/rl/fused_rows.h"

namespace kennel {
namespace {

// Small where a step of a laptop's batch shall still fill its cores; else activations stay in a
// core's second-level cache; measured with bench/ppo_update_bench.
constexpr RowsASlice kRowsASlice = {
    .act = 256, .value = 512, .update = 512, .moments = 512, .parameters = 4096};

void draw_noise(WorkerPool& pool, std::uint64_t key, std::int64_t first_env,
                const StepCounter& from, const torch::Tensor& noise) {
  pool.run(noise.size(0), [&](std::int64_t step, int) {
    keyed_noise(key, first_env, from.value() + step, noise.size(1), noise.size(2),
                noise[step].mutable_data_ptr<float>());
  });
}

void shuffle(std::uint64_t key, const StepCounter& at, int epoch, const EpochOrder& order,
             const torch::Tensor& out) {
  keyed_order(key, at.value(), epoch, order, out.mutable_data_ptr<std::int64_t>());
}

torch::Tensor set_flags(const torch::Tensor& flags, std::int64_t) {
  return flags.nonzero().squeeze(1);
}

void scale(const torch::Tensor& x, const Scaling& scaling, const Parity* parity,
           torch::Tensor& out) {
  if (parity != nullptr) {
    scale_by_parity(x, scaling, *parity, out);
    return;
  }
  at::sub_out(out, x, scaling.mean);
  out.mul_(scaling.inv_std);
}

void exact_sums(WorkerPool& pool, const torch::Tensor& slices, double quantum,
                const torch::Tensor& sums) {
  const SlicePlan plan(slices.size(1), kRowsASlice.parameters);
  for_each_slice(pool, plan, [&](const Slice& columns, int) {
    exact_column_sums(slices.const_data_ptr<float>() + columns.begin, slices.size(0),
                      slices.stride(0), columns.rows, quantum,
                      sums.mutable_data_ptr<double>() + columns.begin);
  });
}

}  // namespace

const LearnerOps& cpu_ops() {
  static constexpr LearnerOps kOps = {.name = "cpu",
                                      .rows_a_slice = kRowsASlice,
                                      .threads = true,
                                      .gathers_epochs = false,
                                      .transposed_weights = true,
                                      .by_parity = true,
                                      .draw_noise = draw_noise,
                                      .shuffle = shuffle,
                                      .set_flags = set_flags,
                                      .scale = scale,
                                      .gather = gather,
                                      .dense_forward = cpu::dense_forward,
                                      .activation_backward = cpu::activation_backward,
                                      .weight_gradient = cpu::weight_gradient,
                                      .input_gradient = cpu::input_gradient,
                                      .exact_sums = exact_sums};
  return kOps;
}

}  // namespace kennel
