// kennel report: the flags; src/report has the rest.
#include "report.h"

#include <iostream>
#include <memory>

#include "command.h"
#include "flags.h"
#include "progress.h"

namespace kennel {

RunCommand add_report(CLI::App& app) {
  struct Flags {
    std::string run, out;
    bool no_sweeps = false;
    report::ReportOptions options;
  };
  const auto flags = std::make_shared<Flags>();
  app.add_option("run", flags->run, "folder of a run")->required();
  app.add_option("-o,--out", flags->out, "file to write (default: report.html in the run)");
  app.add_flag("--no-sweeps", flags->no_sweeps,
               "leave out what takes longest: sweeps and the grid of commands");
  app.add_option("--episodes", flags->options.judge_episodes,
                 "of the judge, a condition and physics; 0: none")
      ->check(number_from(0, 1000000))
      ->capture_default_str();
  app.add_option("--seed", flags->options.seed, "of the episodes")->capture_default_str();
  add_threads(app, flags->options.threads, "0: one for each core");
  return [flags] {
    const RunFolder run = RunFolder::open(flags->run);
    const std::filesystem::path file =
        flags->out.empty() ? run.report() : std::filesystem::path(flags->out);
    if (flags->no_sweeps) flags->options.sweep_episodes = 0;
    {
      const EpisodeProgress progress;
      flags->options.on_progress = [&](const std::string& what, int done) {
        progress.show(what, done);
      };
      report::write_report(run, file, flags->options);
    }
    std::cout << file.string() << '\n';
    return 0;
  };
}

}  // namespace kennel
