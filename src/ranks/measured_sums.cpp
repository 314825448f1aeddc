#include "kennel/ranks/measured_sums.h"

#include <chrono>
#include <thread>

namespace kennel {
namespace {

class MeasuredSums final : public Collective {
 public:
  MeasuredSums(const Collective& of, SumCounts& counts, double delay_s)
      : of_(of), counts_(counts), delay_(delay_s) {}

  int rank() const override { return of_.rank(); }
  int size() const override { return of_.size(); }
  void now(const char* doing) const override { of_.now(doing); }
  void sum(torch::Tensor& x) const override {
    measure(x, [&] { of_.sum(x); });
  }
  void max(torch::Tensor& x) const override {
    measure(x, [&] { of_.max(x); });
  }

 private:
  template <class Work>
  void measure(const torch::Tensor& x, const Work& work) const {
    const auto start = std::chrono::steady_clock::now();
    std::this_thread::sleep_for(delay_);
    work();
    const std::chrono::duration<double> spent = std::chrono::steady_clock::now() - start;
    ++counts_.sums;
    counts_.bytes += x.numel() * x.element_size();
    counts_.seconds += spent.count();
  }

  const Collective& of_;
  SumCounts& counts_;
  std::chrono::duration<double> delay_;
};

}  // namespace

std::unique_ptr<Collective> measured_sums(const Collective& of, SumCounts& counts, double delay_s) {
  return std::make_unique<MeasuredSums>(of, counts, delay_s);
}

}  // namespace kennel
