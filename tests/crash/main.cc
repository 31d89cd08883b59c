// Crash points, disk faults and power cuts, each of them, on SQLite; pairs of crash points for the night. Built as the
// release is: there are thousands. See script/crash-points.
#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <charconv>
#include <cstdio>
#include <functional>
#include <string_view>

#include "tests/crash/on_disk.h"
#include "tests/plants/fields.h"

namespace {

using namespace unjam;
using namespace unjam::rehearsal;

struct Options {
  std::string_view part{};
  std::uint64_t share = 0;  // every of-th one ...
  std::uint64_t of = 1;     // ... from this one on
};

struct Trial {
  std::string name;
  std::function<std::string()> wrong;  // empty: it went as it must
};
using Trials = std::vector<Trial>;

// A run in which nothing goes wrong; also of the flagship, which then has to climb the whole ladder.
struct Sound {
  Field field;
  Scenario scenario;
  Evidence evidence;
};

void add_points(const Sound& sound, Trials& out) {
  for (const auto& point : crash_points(sound.evidence))
    out.push_back({fmt::format("{}, killed {}", sound.field.name, spell(point)), [&sound, point] {
                     const auto scenario = killed_at(sound.scenario, point.point, point.nth);
                     return differs(on_disk(sound.field.plan, scenario), sound.evidence);
                   }});
}

// The second death is counted from the begin of the run, so it meets the first process or the second.
void add_pairs(const Sound& sound, Trials& out) {
  const auto points = crash_points(sound.evidence);
  for (std::size_t i = 0; i < points.size(); ++i)
    for (std::size_t j = i + 1; j < points.size(); ++j)
      out.push_back({fmt::format("{}, killed {}, and {}", sound.field.name, spell(points[i]), spell(points[j])),
                     [&sound, a = points[i], b = points[j]] {
                       const auto once = killed_at(sound.scenario, a.point, a.nth);
                       return differs_after_two(on_disk(sound.field.plan, killed_at(once, b.point, b.nth)),
                                                sound.evidence);
                     }});
}

std::string disk_wrong(const Sound& sound, const Disk& disk) {
  return nothing_wrong(on_disk(sound.field.plan, sound.scenario, disk), sound.evidence);
}

void add_faults(const Sound& sound, Trials& out) {
  struct Kind {
    std::string_view word;
    state::DiskCall call;
    bool half;
    bool full;
  };
  constexpr Kind kKinds[] = {{"read", state::DiskCall::read, false, false},
                             {"write", state::DiskCall::write, false, false},
                             {"write, which is cut in half,", state::DiskCall::write, true, false},
                             {"write, for want of space,", state::DiskCall::write, false, true},
                             {"sync", state::DiskCall::sync, false, false}};
  for (const auto& kind : kKinds) {
    const auto calls = calls_of(sound.field.plan, sound.scenario, kind.call);
    for (std::int64_t at = 1; at <= calls; ++at)
      for (const bool for_ever : {false, true})
        out.push_back({fmt::format("{}, the {}. {} fails{}", sound.field.name, at, kind.word,
                                   for_ever ? ", and all that follow" : ""),
                       [&sound, kind, at, for_ever] {
                         const state::DiskFault fault{kind.call, at, for_ever, kind.half, kind.full};
                         return disk_wrong(sound, {.fault = fault});
                       }});
  }
}

// At every boundary of a sync, and at every crash point between them.
void add_power(const Sound& sound, Trials& out) {
  const auto syncs = calls_of(sound.field.plan, sound.scenario, state::DiskCall::sync);
  for (const auto cut : {state::Cut::all, state::Cut::prefix, state::Cut::subset}) {
    const auto lost = state::kCutWords[static_cast<std::size_t>(cut)];
    for (std::int64_t at = 1; at <= syncs; ++at)
      for (const bool after : {false, true})
        out.push_back(
            {fmt::format("{}, power cut {} the {}. sync, {}", sound.field.name, after ? "after" : "at", at, lost),
             [&sound, cut, at, after] {
               const state::PowerCut power{at, after, cut, static_cast<std::uint64_t>(at)};
               return disk_wrong(sound, {.cut = power});
             }});
    for (const auto& point : crash_points(sound.evidence))
      out.push_back({fmt::format("{}, power cut {}, {}", sound.field.name, spell(point), lost), [&sound, cut, point] {
                       const auto scenario = killed_at(sound.scenario, point.point, point.nth);
                       return differs(on_disk(sound.field.plan, scenario, {.lost_at_death = cut}), sound.evidence);
                     }});
  }
}

bool number(std::string_view text, std::uint64_t& out) {
  const auto end = text.data() + text.size();
  return std::from_chars(text.data(), end, out).ptr == end && !text.empty();
}

bool read(int argc, char** argv, Options& options) {
  if (argc != 2 && (argc != 4 || std::string_view(argv[2]) != "--share")) return false;
  options.part = argv[1];
  if (argc == 2) return true;
  const std::string_view share = argv[3];
  const auto slash = share.find('/');
  return slash != std::string_view::npos && number(share.substr(0, slash), options.share) &&
         number(share.substr(slash + 1), options.of) && options.of > 0;
}

Scenario scenario_of(const Field& field) {
  Scenario out;
  out.incident = "nothing";
  if (field.name != "flagship") return out;
  out.incident = "stale tickets, which only reboots cure";
  actions::sim::FaultSpec fault;
  fault.kind = actions::sim::FaultKind::stale_tickets;
  fault.hosts = {"tyohub1", "tyohub2"};
  out.world.faults = {fault};
  return out;
}

Result<Sound> sound_run(std::string_view name) {
  auto all = fields();
  if (!all) return std::unexpected(all.error());
  for (auto& field : *all) {
    if (field.name != name) continue;
    Sound out{field, scenario_of(field), {}};
    out.evidence = on_disk(field.plan, out.scenario);
    const bool done = out.evidence.run.ended && out.evidence.run.ended->end == state::End::done;
    if (done && reboots(out.evidence) == 2) return out;
    return fail(ErrorKind::invalid, fmt::format("{} does not heal by two reboots", name));
  }
  return fail(ErrorKind::not_found, std::string(name));
}

int play(const Options& options) {
  const auto sound = sound_run(options.part == "flagship" ? "flagship" : "rolling");
  if (!sound) {
    fmt::print(stderr, "{}\n", sound.error().text());
    return 2;
  }
  Trials trials;
  if (options.part == "flagship" || options.part == "rolling") add_points(*sound, trials);
  if (options.part == "pairs") add_pairs(*sound, trials);
  if (options.part == "faults") add_faults(*sound, trials);
  if (options.part == "power") add_power(*sound, trials);
  int passed = 0;
  int failed = 0;
  for (std::size_t i = options.share; i < trials.size(); i += options.of) {
    const auto wrong = trials[i].wrong();
    ++(wrong.empty() ? passed : failed);
    if (!wrong.empty()) fmt::print("FAILED   {}\n{}", trials[i].name, wrong);
  }
  fmt::print("{} passed, {} failed\n", passed, failed);
  return failed == 0 && passed > 0 ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
  Options options;
  if (!read(argc, argv, options)) {
    fmt::print(stderr, "unjam_crash rolling|flagship|faults|power|pairs [--share I/N]\n");
    return 2;
  }
  spdlog::set_level(spdlog::level::off);
  return play(options);
}
