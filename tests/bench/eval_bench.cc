// How fast conditions of gates are decided, once the readings are there: one core, checked trees.
#include <fmt/format.h>

#include <map>

#include "playbooks/expr.h"
#include "tests/bench/parts.h"
#include "tests/bench/timing.h"
#include "tests/playbooks/expr_world.h"

namespace unjam::bench {
namespace {

using playbooks::Evaluated;
using playbooks::HostRef;
using playbooks::Unknown;
using playbooks::Value;

// Four hubs whose every fact has been read.
class ReadWorld final : public playbooks::Scope {
 public:
  ReadWorld() {
    playbooks::Set hubs;
    for (const char* name : {"tyohub1", "tyohub2", "osahub1", "osahub2"}) {
      hubs.push_back(Value::host(name));
      facts_.emplace(name, Value::record({{"ready", Value::boolean(true)},
                                          {"serving", Value::boolean(true)},
                                          {"queued", Value::integer(7)},
                                          {"load", Value::real(0.5)}}));
    }
    names_.emplace("hubs", Value::set(std::move(hubs)));
    names_.emplace("host", Value::host("tyohub1"));
    names_.emplace("params", Value::record({{"min_healthy", Value::integer(1)}}));
  }
  Evaluated name(std::string_view name) const override {
    const auto found = names_.find(name);
    return found == names_.end() ? std::unexpected(Unknown{"no such name"}) : Evaluated(found->second);
  }
  Evaluated of_host(std::string_view, const HostRef& host) const override {
    const auto found = facts_.find(host.name);
    return found == facts_.end() ? std::unexpected(Unknown{"not read", true}) : Evaluated(found->second);
  }
  Evaluated attribute(const HostRef&, std::string_view) const override {
    return std::unexpected(Unknown{"no attribute"});
  }

 private:
  std::map<std::string, Value, std::less<>> names_;
  std::map<std::string, Value, std::less<>> facts_;
};

// Seconds of one evaluation, or the reason why there is none.
Timed time_of(const std::string& text) {
  playbooks::Diagnostics faults;
  const auto checked = playbooks::check_expr(playbooks::expr_text(text), nullptr, playbooks::flagship_names(), faults);
  if (!checked) return {.error = playbooks::render(faults.all().at(0))};
  const ReadWorld world;
  return time_inside(text, [&](benchmark::State& state) {
    for (auto _ : state) {
      Evaluated value = playbooks::evaluate(*checked->tree, world);
      if (!value || value->as_bool() == nullptr || !*value->as_bool()) state.SkipWithError("the gate is not open");
      benchmark::DoNotOptimize(value);
    }
  });
}

}  // namespace

void bench_eval(const Surroundings&, Table& table) {
  const auto add = [&](const std::string& what, const std::string& text, double least) {
    const Timed timed = time_of(text);
    if (!timed.error.empty()) return table.cannot(what, timed.error);
    if (least > 0) return table.add(at_least_rate(what, 1 / timed.cpu, least));
    table.add({.what = what, .measured = as_rate(1 / timed.cpu)});
  };
  add("gate of one host: ready, serving, queued", "hub(host).ready and hub(host).serving and hub(host).queued < 100",
      1e6);
  add("gate over four hubs: all ready", "hubs.all(h, hub(h).ready)", 1e6);
  add("floor of four hubs",
      "hubs.filter(h, sure(hub(h).serving)).without(host).size() >= params.min_healthy and hubs.all(h, hub(h).ready)",
      0);
}

}  // namespace unjam::bench
