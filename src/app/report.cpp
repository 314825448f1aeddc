// kennel report: the flags; src/report has the rest.
#include <iostream>
#include <memory>

#include "command.h"
#include "flags.h"
#include "kennel/app/run_report.h"
#include "kennel/judge/progress.h"

namespace kennel {

RunCommand add_report(CLI::App& app) {
  struct ReportFlags {
    std::string run, out;
    bool no_sweeps = false;
    report::ReportOptions options;
  };
  const auto flags = std::make_shared<ReportFlags>();
  app.add_option("run", flags->run,
                 "folder of a run, or a policy file (the robot's JSON, ONNX, TorchScript)")
      ->required();
  app.add_option("-o,--out", flags->out,
                 "file to write (default: report.html in the run; POLICY.html beside a file)");
  app.add_flag("--no-sweeps", flags->no_sweeps,
               "leave out what takes longest: sweeps and the grid of commands; slow commands stay");
  app.add_option("--episodes", flags->options.judge_episodes,
                 "of the judge, a condition and physics; 0: none")
      ->check(number_from(0, 1000000))
      ->capture_default_str();
  add_seed(app, flags->options.seed,
           text("of the episodes; below ", judge::kFirstPublishedSeed,
                " for tuning, from there on for published figures"));
  app.add_option("--model", flags->options.model,
                 "MJCF to play in (default: the run's robot.xml, or that of the policy's robot)");
  add_threads(app, flags->options.threads, "0: one for each core");
  return [flags] {
    if (flags->no_sweeps) flags->options.sweep_episodes = 0;
    std::filesystem::path file;
    {
      const EpisodeProgress progress;
      flags->options.on_progress = [&](const std::string& what, int done) {
        progress.show(what, done);
      };
      file = write_report_of(flags->run, flags->out, flags->options);
    }
    std::cout << file.string() << '\n';
    return 0;
  };
}

}  // namespace kennel
