#include "tests/proof/random_playbook.h"

#include <fmt/format.h>

#include <array>
#include <string_view>
#include <vector>

#include "state/base/rng.h"

namespace unjam::test {
namespace {

constexpr int kDepth = 3;  // of steps in steps, of expressions in expressions

class Draw {
 public:
  explicit Draw(std::uint64_t seed) : rng_(seed * 2 + 1) {}

  std::string playbook() {
    const std::string steps = list(2, kDepth, Place{});
    std::string lets;
    for (const auto& [name, text] : lets_) lets += fmt::format("  {}: |\n    {}\n", name, text);
    return std::string(kHead) + (lets.empty() ? "" : "let:\n" + lets) + "steps:\n" + steps;
  }

 private:
  struct Place {
    bool turn = false;  // a hub is in hand
    bool gated = false;
    bool ladder = false;
  };

  static constexpr std::string_view kHead = R"(unjam: 1
playbook: drawn
summary: Drawn from a seed
params:
  few:  { type: int, default: 2, min: 1, max: 4 }
  calm: { type: bool, default: true }
  step: { type: duration, default: 20s, min: 2s, max: 1m }
targets:
  all_hubs: hosts.filter(h, h.role == "hub")
  hubs: all_hubs.filter(h, h.site == "tokyo" or (params.calm and params.few < 9 and params.step > 1s))
  dcs: hosts.filter(h, h.role == "dc")
facts:
  hub:   { run: probe.hub, hosts: hubs, fresh: 30s }
  queue: { run: mail.queues, hosts: hubs, with: { to: '"osaka"' } }
  krb:   { run: kerberos.check, hosts: hubs }
  dc:    { run: dc.health, hosts: dcs }
  clock: { run: time.offset, hosts: hubs + dcs, with: { peers: dcs } }
)";

  std::size_t pick(std::size_t n) { return static_cast<std::size_t>(rng_.below(n)); }
  bool chance(int percent) { return static_cast<int>(rng_.below(100)) < percent; }
  template <std::size_t N>
  std::string one_of(const std::array<std::string_view, N>& words) {
    return std::string(words[pick(N)]);
  }
  std::string fresh_name(std::string_view kind) { return fmt::format("{}{}", kind, ++names_); }

  // Expressions. `vars`: hubs that may be asked, `host` among them in a turn.
  using Vars = std::vector<std::string>;

  std::string truth(int depth, const Vars& vars) {
    if (depth <= 0 || chance(25)) return atom(vars);
    switch (pick(9)) {
      case 0:
        return fmt::format("({} and {})", truth(depth - 1, vars), truth(depth - 1, vars));
      case 1:
        return fmt::format("({} or {})", truth(depth - 1, vars), truth(depth - 1, vars));
      case 2:
        return fmt::format("not ({})", truth(depth - 1, vars));
      case 3:
        return fmt::format("sure({})", truth(depth - 1, vars));
      case 4:
        return fmt::format("known({})", number(depth - 1, vars));
      case 5: {
        const std::string v = fresh_name("v");
        Vars inner = vars;
        inner.push_back(v);
        return fmt::format("{}.{}({}, {})", set(depth - 1, vars), one_of(kQuantifiers), v, truth(depth - 1, inner));
      }
      case 6:
        return fmt::format("({} ? {} : {})", truth(depth - 1, vars), truth(depth - 1, vars), truth(depth - 1, vars));
      case 7:
        return let_of(truth(depth - 1, {}));
      default:
        return fmt::format("{} {} {}", number(depth - 1, vars), one_of(kOrders), number(depth - 1, vars));
    }
  }

  std::string atom(const Vars& vars) {
    if (vars.empty()) return fmt::format("hubs.{}(w, {})", one_of(kQuantifiers), field("w"));
    return field(vars[pick(vars.size())]);
  }

  std::string field(const std::string& of) {
    switch (pick(4)) {
      case 0:
        return fmt::format("queue({}).fault == \"{}\"", of, one_of(kFaults));
      case 1:
        return fmt::format("abs(clock({}).offset) < {}", of, one_of(kTimes));
      case 2:
        return fmt::format("krb({}).own_key", of);
      default:
        return fmt::format("hub({}).{}", of, one_of(kFields));
    }
  }

  std::string number(int depth, const Vars& vars) {
    switch (pick(depth > 0 ? 6 : 4)) {
      case 0:
        return "params.few";
      case 1:
        return std::to_string(pick(4));
      case 2:
        return vars.empty() ? std::string("hubs.size()") : fmt::format("hub({}).queued", vars[pick(vars.size())]);
      case 3:
        return vars.empty() ? std::string("dcs.size()") : fmt::format("queue({}).stuck", vars[pick(vars.size())]);
      case 4:
        return fmt::format("({} {} {})", number(depth - 1, vars), one_of(kSums), number(depth - 1, vars));
      default:
        return fmt::format("{}.size()", set(depth - 1, vars));
    }
  }

  // Of hubs.
  std::string set(int depth, const Vars& vars) {
    if (depth <= 0 || chance(40)) return chance(70) ? "hubs" : "serving_";
    const std::string v = fresh_name("v");
    Vars inner = vars;
    inner.push_back(v);
    switch (pick(3)) {
      case 0:
        return fmt::format("{}.filter({}, {})", set(depth - 1, vars), v, truth(depth - 1, inner));
      case 1:
        return vars.empty() ? "hubs" : fmt::format("{}.without({})", set(depth - 1, vars), vars.back());
      default:
        return fmt::format("({} + {})", set(depth - 1, vars), set(depth - 1, vars));
    }
  }

  std::string let_of(const std::string& text) {
    const std::string name = fresh_name("l");
    lets_.emplace_back(name, text);
    return name;
  }

  // Steps.
  std::string condition(const Place& place, int depth = 2) { return truth(depth, place.turn ? Vars{"host"} : Vars{}); }

  std::string list(int indent, int depth, Place place) {
    std::string out;
    const std::size_t n = 1 + pick(3);
    for (std::size_t i = 0; i < n; ++i) out += step(indent, depth, place);
    return out + look(indent, place);
  }

  static std::string pad(int indent) { return std::string(static_cast<std::size_t>(indent), ' '); }

  std::string quoted(const std::string& expression) { return "'" + expression + "'"; }

  std::string look(int indent, const Place& place) {
    const std::string seen = place.turn ? std::string("hub(host).ready") : std::string("hubs.all(w, hub(w).ready)");
    return fmt::format("{}- {}: {{ expect: {}, hold: 2s, limit: 10m }}\n", pad(indent), fresh_name("look"),
                       quoted(chance(60) ? seen : fmt::format("{} and {}", seen, condition(place, 1))));
  }

  std::string step(int indent, int depth, const Place& place) {
    const std::size_t kind = pick(depth > 0 ? 13 : 7);
    const std::string name = fresh_name("s");
    const std::string at = pad(indent);
    switch (kind) {
      case 0:
        return fmt::format("{}- {}: {{ when: {}, escalate: \"because ${{hubs.size()}}\" }}\n", at, name,
                           quoted(condition(place)));
      case 1:
        return fmt::format("{}- {}: {{ run: mail.retry, {}with: {{ to: '\"osaka\"' }}, limit: 1m, retry: {} }}\n", at,
                           name, place.turn ? "" : "hosts: hubs, ", pick(3));
      case 2:
        return look(indent, place);
      case 3:
        return fmt::format("{}- {}: {{ wait: {}s }}\n", at, name, 1 + pick(30));
      case 4:
        return place.ladder || place.turn ? look(indent, place)
                                          : fmt::format("{}- {}: {{ when: {}, done: \"nothing to do\" }}\n", at, name,
                                                        quoted(condition(place)));
      case 5:
      case 6:
        return place.gated ? disruption(indent, name) : flag(indent, name, place);
      case 7:
        return fmt::format("{}- {}:\n{}    when: {}\n{}    do:\n{}", at, name, at, quoted(condition(place)), at,
                           list(indent + 6, depth - 1, place));
      case 8:
        return choice(indent, depth, name, place);
      case 9:
        return ladder(indent, depth, name, place);
      default:
        return place.turn ? look(indent, place) : rollout(indent, depth, name, place);
    }
  }

  std::string flag(int indent, const std::string& name, const Place& place) {
    const std::string at = pad(indent);
    const std::string hosts = place.turn ? std::string() : fmt::format("hosts: {}, ", quoted(set(1, {})));
    return fmt::format(
        "{0}- {1}: {{ run: hub.flag, {2}limit: 2m, undo: hub.unflag }}\n{3}"
        "{0}- {1}_off: {{ settles: {1}, limit: 2m }}\n",
        at, name, hosts, chance(50) ? look(indent, place) : std::string());
  }

  // Drains, restarts, puts back; sometimes with a part of it forgotten.
  std::string disruption(int indent, const std::string& name) {
    const Place turn{true, true, false};
    const std::string at = pad(indent);
    std::string out = fmt::format("{}- {}_out: {{ run: hub.drain, limit: 5m, undo: hub.resume }}\n", at, name);
    if (chance(60)) {
      out += fmt::format("{}- {}_boot: {{ run: host.reboot, limit: 15m, undo: none }}\n", at, name);
      if (chance(90))
        out += fmt::format("{}- {}_back: {{ expect: hub(host).ready, hold: 5s, limit: 10m }}\n", at, name);
    }
    if (chance(92)) out += fmt::format("{}- {}_in: {{ settles: {}_out, limit: 5m }}\n", at, name, name);
    return out + look(indent, turn);
  }

  std::string choice(int indent, int depth, const std::string& name, const Place& place) {
    const std::string at = pad(indent);
    std::string out = fmt::format("{}- {}:\n{}    choose:\n", at, name, at);
    for (std::size_t i = 0; i <= pick(2); ++i)
      out += fmt::format("{0}      - when: {1}\n{0}        do:\n{2}", at, quoted(condition(place, 1)),
                         list(indent + 10, depth - 1, place));
    return out + fmt::format("{}    else:\n{}", at, list(indent + 6, depth - 1, place));
  }

  std::string ladder(int indent, int depth, const std::string& name, Place place) {
    const std::string at = pad(indent);
    place.ladder = true;
    std::string out = fmt::format("{0}- {1}:\n{0}    until: {2}\n{0}    hold: params.step\n{0}    limit: 3m\n", at,
                                  name, quoted("hubs.all(w, hub(w).ready) and " + condition(place, 1)));
    if (chance(50) && !place.turn)
      out += fmt::format(
          "{0}    after_each:\n{0}      - {1}: {{ run: mail.retry, hosts: hubs, with: {{ to: '\"osaka\"' }}, limit: 1m "
          "}}\n",
          at, fresh_name("s"));
    out += at + "    ladder:\n";
    for (std::size_t i = 0; i <= pick(3); ++i)
      out += fmt::format("{}      - {}:\n{}          do:\n{}", at, fresh_name("s"), at,
                         list(indent + 12, depth - 1, place));
    return out;
  }

  std::string rollout(int indent, int depth, const std::string& name, Place place) {
    const std::string at = pad(indent);
    place.turn = true;
    place.gated = chance(90);
    std::string out = fmt::format("{0}- {1}:\n{0}    rollout: {2}\n", at, name, quoted(set(2, {})));
    if (chance(30)) out += fmt::format("{}    order: {}\n", at, quoted(number(1, {"host"})));
    if (chance(30)) out += fmt::format("{}    batch: {}\n", at, one_of(kBatches));
    if (chance(30)) out += fmt::format("{}    stop_after: params.few\n", at);
    if (place.gated) {
      const std::string floor = chance(90) ? "serving_" : set(1, {"host"});
      out += fmt::format("{0}    gate:\n{0}      floor: {1}\n{0}      min: {2}\n", at, quoted(floor),
                         chance(50) ? "1" : "params.few");
      out += fmt::format("{0}      require:\n{0}        other: not hub(host).recovering\n", at);
      if (chance(60)) out += fmt::format("{}        more: {}\n", at, quoted(condition(place)));
      out += at + "      limit: 2m\n";
    }
    return out + at + "    do:\n" + list(indent + 6, depth - 1, place);
  }

  static constexpr std::array<std::string_view, 3> kQuantifiers{"all", "exists", "exists_one"};
  static constexpr std::array<std::string_view, 5> kOrders{"<", "<=", ">", ">=", "=="};
  static constexpr std::array<std::string_view, 5> kSums{"+", "-", "*", "/", "%"};
  static constexpr std::array<std::string_view, 4> kFields{"ready", "serving", "recovering", "reboot_pending"};
  static constexpr std::array<std::string_view, 4> kFaults{"none", "auth", "tls", "dns"};
  static constexpr std::array<std::string_view, 3> kTimes{"1s", "params.step", "5m"};
  static constexpr std::array<std::string_view, 4> kBatches{"1", "2", "50%", "params.few"};

  Rng rng_;
  int names_ = 0;
  std::vector<std::pair<std::string, std::string>> lets_{{"serving_", "hubs.filter(w, sure(hub(w).serving))"}};
};

}  // namespace

std::string random_playbook(std::uint64_t seed) {
  return Draw(seed).playbook();
}

}  // namespace unjam::test
