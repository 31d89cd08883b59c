// What a person waits for at the prompt: whole processes, from fork to exit.
#include <fmt/format.h>

#include "tests/bench/parts.h"
#include "tests/bench/timing.h"
#include "tests/support/sshd.h"

namespace unjam::bench {
namespace {

constexpr int kStarts = 40;
constexpr int kChecks = 5;

// The median of several starts, negative with the reason in `why` when one of them failed.
double time_of(const std::vector<std::string>& argv, int times, const std::string& log, std::string& why) {
  std::vector<double> seconds;
  for (int i = 0; i < times; ++i) {
    const Ran ran = run_program(argv, log);
    if (ran.code != 0) {
      why = fmt::format("exit code {}: {}", ran.code, testing_support::read_file(log).substr(0, 300));
      return -1;
    }
    seconds.push_back(ran.seconds);
  }
  return median(seconds);
}

// Ten steps, one of every kind that is common: guards, readings, a nudge, a gated rollout with an undo.
std::string ten_steps(int i) {
  return fmt::format(
      R"yaml(  - busy{0}: {{ when: "hubs.exists(h, hub(h).queued > {0})", run: mail.retry, hosts: hubs, with: {{ to: params.site }}, limit: 1m }}
  - seen{0}: {{ run: mail.queues, hosts: hubs, with: {{ to: params.site }}, limit: 1m }}
  - none{0}: {{ when: serving.size() == 0, escalate: "nobody serves in ${{params.site}}" }}
  - roll{0}:
      rollout: hubs
      order: -hub(host).queued
      gate:
        floor: serving
        min: 1
        require: {{ nobody_else: "hubs.all(h, not hub(h).recovering)", no_update: not hub(host).reboot_pending }}
        limit: 10m
      do:
        - drain{0}:  {{ run: hub.drain, limit: 10m, undo: hub.resume }}
        - reboot{0}: {{ run: host.reboot, limit: 15m, undo: none }}
        - back{0}:   {{ expect: hub(host).ready, hold: 2m, limit: 10m }}
        - resume{0}: {{ settles: drain{0}, limit: 5m }}
        - serves{0}: {{ expect: hub(host).serving, hold: 2m, limit: 5m }}
  - well{0}: {{ expect: serving.size() > 0, hold: 10s, limit: 1m }}
)yaml",
      i);
}

std::string playbook_of(int steps) {
  std::string text = R"yaml(unjam: 1
playbook: large
summary: A generated playbook
params:
  site: { type: site }
targets:
  hubs: hosts.filter(h, h.role == "hub" and h.site == params.site)
facts:
  hub: { run: probe.hub, hosts: hubs, fresh: 30s }
let:
  serving: hubs.filter(h, sure(hub(h).serving))
steps:
)yaml";
  for (int i = 0; i < steps / 10; ++i) text += ten_steps(i);
  return text;
}

}  // namespace

void bench_start(const Surroundings& here, Table& table) {
  const std::string log = here.scratch + "/start.log";
  std::string why;
  const double bare = time_of({"/bin/true"}, kStarts, log, why);
  const auto add = [&](const std::string& what, std::vector<std::string> words, int times, double limit) {
    words.insert(words.begin(), here.unjam);
    const double seconds = time_of(words, times, log, why);
    if (seconds < 0) {
      table.cannot(what, why);
      return seconds;
    }
    Row row = limit > 0 ? at_most_seconds(what, seconds, limit) : Row{.what = what, .measured = as_time(seconds)};
    if (times == kStarts) row.beside = as_time(bare) + " /bin/true";
    table.add(row);
    return seconds;
  };
  add("unjam --version", {"--version"}, kStarts, 0.015);
  add("unjam check heal-intersite-queue", {"check", "heal-intersite-queue"}, kStarts, 0.020);

  double before = 0;
  for (const int steps : {100, 1'000, 10'000}) {
    const std::string file = fmt::format("{}/large-{}.yaml", here.scratch, steps);
    testing_support::write_file(file, playbook_of(steps));
    const std::string what = fmt::format("unjam check, {} steps", steps);
    const double seconds = add(what, {"check", file}, kChecks, steps == 1'000 ? 0.2 : 0);
    if (steps == 10'000 && seconds > 0 && before > 0) {
      const double ratio = seconds / before;
      table.add({.what = "check grows linearly",
                 .measured = as_time(seconds),
                 .beside = as_time(before) + " for a tenth of the steps",
                 .ratio = ratio,
                 .target = "<= 12 x",
                 .met = ratio <= 12});
    }
    before = seconds;
  }
}

}  // namespace unjam::bench
