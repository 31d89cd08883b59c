#include "playbooks/policy.h"

#include <absl/time/time.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "playbooks/contracts.h"
#include "playbooks/yaml_reader.h"

namespace unjam::playbooks {

namespace {

const std::vector<std::string> kPer = {"host", "site", "organisation"};
const std::vector<std::string> kEffects = {"read", "nudge", "reversible", "disruptive", "destructive"};
constexpr std::string_view kDay = "dd:dd";  // forms of a moment; d: a digit
constexpr std::string_view kDate = "dddd-dd-dd dd:dd";
const std::vector<std::string> kModes = {"observe", "suggest", "approve", "auto"};

// One policy file on its way into a Policy. Each member reads one key; all faults of the file are reported at once.
class PolicyLoader {
 public:
  PolicyLoader(const SourcePtr& source, const ActionCatalog& actions, Diagnostics& out)
      : context_{source, out}, actions_(actions) {
    policy_.source = source;
  }

  std::shared_ptr<const Policy> load(const YamlNode& root, const Diagnostics& out) {
    MapReader head(context_, root, kPolicyShape, "a policy");
    read_version(context_, head);
    if (const auto* node = head.take("policy")) policy_.name = read_name(context_, *node, "policy").value_or("");
    if (const auto* node = head.take("summary")) read_text(context_, *node, "summary");
    if (const auto* node = head.take("healthy")) healthy(*node);
    if (const auto* node = head.take("floors")) each(*node, "floors", [&](const YamlNode& item) { floor(item); });
    if (const auto* node = head.take("one_at_a_time"))
      policy_.one_at_a_time = per(*node, "one_at_a_time").value_or(Per::site);
    if (const auto* node = head.take("fresh")) policy_.fresh = read_duration(context_, *node, "fresh");
    if (const auto* node = head.take("poll")) policy_.poll = read_duration(context_, *node, "poll");
    if (const auto* node = head.take("actions")) allowed(*node);
    if (const auto* node = head.take("gates")) gates(*node);
    if (const auto* node = head.take("caps")) caps(*node);
    if (const auto* node = head.take("least")) least(*node);
    if (const auto* node = head.take("limits")) each(*node, "limits", [&](const YamlNode& item) { limit(item); });
    if (const auto* node = head.take("approvals")) approvals(*node);
    if (const auto* node = head.take("modes")) modes(*node);
    if (const auto* node = head.take("windows"))
      each(*node, "windows", [&](const YamlNode& item) { policy_.windows.push_back(window(item, false)); });
    if (const auto* node = head.take("freezes"))
      each(*node, "freezes", [&](const YamlNode& item) { policy_.freezes.push_back(window(item, true)); });
    if (const auto* node = head.take("storm")) storm(*node);
    if (const auto* node = head.take("page")) policy_.page = read_text(context_, *node, "page").value_or("");
    if (const auto* node = head.take("kill_switch"))
      policy_.kill_switch = read_text(context_, *node, "kill_switch").value_or("");
    if (const auto* node = head.take("groups")) groups(*node);
    head.finish();
    groups_exist();
    return out.failed() ? nullptr : std::make_shared<const Policy>(std::move(policy_));
  }

 private:
  template <typename Visit>
  void each(const YamlNode& node, std::string_view what, Visit visit) {
    if (node.kind != YamlNode::Kind::list) {
      context_.error("UJ0206", node.span, fmt::format("{} is a list", what));
      return;
    }
    for (const auto& item : node.items) visit(item);
  }

  template <typename Visit>
  void entries(const YamlNode& node, std::string_view what, Visit visit) {
    if (node.kind != YamlNode::Kind::map) {
      context_.error("UJ0206", node.span, fmt::format("{} is a map", what));
      return;
    }
    for (const auto& [key, value] : node.entries) visit(key, value);
  }

  std::optional<Per> per(const YamlNode& node, std::string_view what) {
    const auto word = read_word(context_, node, what, kPer);
    if (!word) return std::nullopt;
    return static_cast<Per>(std::find(kPer.begin(), kPer.end(), *word) - kPer.begin());
  }

  std::optional<Effect> effect(const YamlNode& node, std::string_view what) {
    const auto word = read_word(context_, node, what, kEffects);
    if (!word) return std::nullopt;
    return static_cast<Effect>(std::find(kEffects.begin(), kEffects.end(), *word) - kEffects.begin());
  }

  std::optional<FieldRef> field(const YamlNode& node, std::string_view what) {
    const auto text = read_text(context_, node, what);
    if (!text) return std::nullopt;
    auto ref = parse_field_ref(*text);
    if (!ref) {
      context_.error("UJ0206", node.span, fmt::format("`{}` is not the field of an action", *text),
                     "write action.field, as probe.hub.serving");
      return std::nullopt;
    }
    if (const auto fault = field_ref_fault(*ref, actions_); !fault.empty()) {
      context_.error("UJ0303", node.span, fault);
      return std::nullopt;
    }
    return ref;
  }

  void healthy(const YamlNode& node) {
    entries(node, "healthy", [&](const YamlNode& role, const YamlNode& value) {
      policy_.roles.emplace_back(role.text, role.span);
      const auto ref = field(value, "healthy");
      if (!ref) return;
      const auto* spec = actions_.find(ref->action);
      if (spec != nullptr && !spec->inputs.empty()) {
        context_.error("UJ0306", value.span,
                       fmt::format("{} wants inputs; what is healthy is asked without any", ref->action));
        return;
      }
      if (spec != nullptr && !says_yes_or_no(*spec, ref->field)) {
        context_.error("UJ0301", value.span,
                       fmt::format("{} is no bool: it cannot say whether a host is up", ref->field));
        return;
      }
      policy_.healthy.emplace(role.text, *ref);
    });
  }

  static bool says_yes_or_no(const ActionSpec& spec, const std::string& field) {
    return std::ranges::any_of(spec.outputs, [&](const auto& output) {
      return output.first == field && output.second->kind == Type::Kind::boolean;
    });
  }

  void floor(const YamlNode& node) {
    MapReader map(context_, node, kFloorShape, "a floor");
    FloorRule rule;
    if (const auto* role = map.take("role")) {
      rule.role = read_name(context_, *role, "role").value_or("");
      policy_.roles.emplace_back(rule.role, role->span);
    }
    if (const auto* scope = map.take("per")) rule.per = per(*scope, "per").value_or(Per::site);
    if (const auto* min = map.take("min")) rule.min = read_int(context_, *min, "min").value_or(1);
    if (const auto* last = map.take("last"))
      rule.may_take_last = read_word(context_, *last, "last", {"allowed", "refused"}) == "allowed";
    if (rule.min < 1) context_.error("UJ0505", map.key_span("min"), "a floor of 0 protects nothing", "at least 1");
    map.finish();
    policy_.floors.push_back(std::move(rule));
  }

  void gates(const YamlNode& node) {
    entries(node, "gates", [&](const YamlNode& action, const YamlNode& value) {
      if (!known_action(action)) return;
      each(value, "gates", [&](const YamlNode& item) {
        if (auto ref = field(item, "gates")) policy_.gates[action.text].push_back(std::move(*ref));
      });
    });
  }

  void allowed(const YamlNode& node) {
    policy_.names_actions = true;
    each(node, "actions", [&](const YamlNode& item) {
      const auto text = read_text(context_, item, "an action");
      if (!text) return;
      if (text->ends_with(".*")) {
        const std::string_view kind = std::string_view(*text).substr(0, text->size() - 1);
        const auto names = actions_.names();
        if (std::ranges::none_of(names, [&](const std::string& name) { return name.starts_with(kind); })) {
          context_.error("UJ0302", item.span, fmt::format("no contract names an action {}", *text));
          return;
        }
      } else if (!known_action(item)) {
        return;
      }
      policy_.actions.push_back(*text);
    });
  }

  bool known_action(const YamlNode& action) {
    if (actions_.find(action.text) != nullptr) return true;
    const auto near = nearest(action.text, actions_.names());
    context_.error("UJ0302", action.span, fmt::format("no contract names an action {}", action.text),
                   near.empty() ? "" : fmt::format("did you mean {}?", near));
    return false;
  }

  // A number or a duration, as the input that it bounds: a bound of another type would bound nothing.
  std::optional<Value> bound_of(const Type& type, const YamlNode& node, std::string_view what) {
    if (type.kind == Type::Kind::duration) {
      const auto duration = read_duration(context_, node, what);
      return duration ? std::optional(Value::duration(*duration)) : std::nullopt;
    }
    if (type.kind == Type::Kind::integer) {
      const auto number = read_int(context_, node, what);
      return number ? std::optional(Value::integer(*number)) : std::nullopt;
    }
    context_.error("UJ0206", node.span, fmt::format("{} is {}, which has no largest value", what, spell(type)));
    return std::nullopt;
  }

  // The same where the type is not known: by what it looks like. The checker compares it with the parameter's.
  std::optional<Value> bound(const YamlNode& node, std::string_view what) {
    if (const auto duration = duration_literal(node.text)) return Value::duration(*duration);
    if (const auto number = read_int(context_, node, what)) return Value::integer(*number);
    return std::nullopt;
  }

  void caps(const YamlNode& node) {
    entries(node, "caps", [&](const YamlNode& key, const YamlNode& value) {
      const auto ref = parse_field_ref(key.text);
      const auto* spec = ref ? actions_.find(ref->action) : nullptr;
      if (spec == nullptr || spec->input(ref->field) == nullptr) {
        context_.error("UJ0302", key.span, fmt::format("`{}` is not an input of an action", key.text),
                       "write action.input, as time.sync.max_step");
        return;
      }
      if (auto cap = bound_of(**spec->input(ref->field), value, key.text))
        policy_.caps.emplace(key.text, std::move(*cap));
    });
  }

  void least(const YamlNode& node) {
    entries(node, "least", [&](const YamlNode& playbook, const YamlNode& rules) {
      entries(rules, "least", [&](const YamlNode& param, const YamlNode& value) {
        if (auto smallest = bound(value, param.text))
          policy_.least[playbook.text].emplace(param.text, std::move(*smallest));
      });
    });
  }

  void limit(const YamlNode& node) {
    MapReader map(context_, node, kLimitShape, "a limit");
    LimitRule rule;
    if (const auto* action = map.take("action"); action != nullptr && known_action(*action)) rule.action = action->text;
    if (const auto* scope = map.take("per")) rule.per = per(*scope, "per").value_or(Per::host);
    if (const auto* every = map.take("every")) rule.every = read_duration(context_, *every, "every");
    if (const auto* most = map.take("at_most")) at_most(*most, rule);
    if (!rule.every && !rule.at_most)
      context_.error("UJ0202", node.span, "a limit without `every` or `at_most` limits nothing");
    map.finish();
    policy_.limits.push_back(std::move(rule));
  }

  void at_most(const YamlNode& node, LimitRule& rule) {
    const auto per_at = node.text.find(" per ");
    const auto number = per_at == std::string::npos ? std::nullopt : whole_number(node.text.substr(0, per_at));
    const auto within = per_at == std::string::npos ? std::nullopt : duration_literal(node.text.substr(per_at + 5));
    if (node.kind != YamlNode::Kind::scalar || !number || !within) {
      context_.error("UJ0206", node.span, "`at_most` is a number per time", "write 1 per 1d");
      return;
    }
    rule.at_most = *number;
    rule.within = *within;
  }

  void approvals(const YamlNode& node) {
    entries(node, "approvals", [&](const YamlNode& key, const YamlNode& value) {
      const auto kind = effect(key, "an effect");
      MapReader map(context_, value, kApprovalShape, "an approval");
      ApprovalRule rule;
      if (const auto* count = map.take("count")) rule.count = read_int(context_, *count, "count").value_or(1);
      if (const auto* by = map.take("by")) {
        rule.by = read_name(context_, *by, "by").value_or("");
        if (kind) asked_at_[*kind] = by->span;
      }
      if (const auto* expires = map.take("expires"))
        rule.expires = read_duration(context_, *expires, "expires").value_or(Duration{});
      if (rule.count > 0 && rule.by.empty())
        context_.error("UJ0202", value.span, "an approval needs `by`: a group", "or count: 0 for nobody else");
      map.finish();
      if (kind) policy_.approvals.emplace(*kind, std::move(rule));
    });
  }

  void modes(const YamlNode& node) {
    entries(node, "modes", [&](const YamlNode& playbook, const YamlNode& value) {
      if (auto mode = read_word(context_, value, "mode", kModes))
        policy_.modes.emplace(playbook.text, std::move(*mode));
    });
  }

  WindowRule window(const YamlNode& node, bool freeze) {
    MapReader map(context_, node, freeze ? kFreezeShape : kWindowShape, freeze ? "a freeze" : "a window");
    WindowRule rule;
    if (const auto* name = map.need("name")) rule.name = read_name(context_, *name, "name").value_or("");
    if (const auto* from = map.need("from")) rule.from = moment(*from, "from");
    if (const auto* to = map.need("to")) rule.to = moment(*to, "to");
    if (const auto* zone = map.need("zone")) rule.zone = this->zone(*zone);
    if (freeze)
      if (const auto* above = map.take("above")) rule.above = effect(*above, "above").value_or(Effect::read);
    if (rule.from.size() != rule.to.size() && !rule.from.empty() && !rule.to.empty())
      context_.error("UJ0206", map.key_span("to"), "`from` and `to` are both a time of day, or both a date and time");
    else if (!rule.from.empty() && rule.from == rule.to)
      context_.error("UJ0206", map.key_span("to"), fmt::format("from {} to {} is never", rule.from, rule.to),
                     "for any hour leave it out");
    else if (rule.from.size() > kDay.size() && rule.to < rule.from && !rule.to.empty())
      context_.error("UJ0206", map.key_span("to"), fmt::format("it ends at {}, before it begins", rule.to));
    map.finish();
    return rule;
  }

  // Of the tz database, as the engine will look it up.
  std::string zone(const YamlNode& node) {
    auto name = read_text(context_, node, "zone");
    absl::TimeZone loaded;
    if (name && (name->empty() || name->find("..") != std::string::npos || !absl::LoadTimeZone(*name, &loaded)))
      context_.error("UJ0206", node.span, fmt::format("zone {} is not in the tz database", *name),
                     "write Asia/Tokyo, Europe/Berlin or UTC");
    return name.value_or("");
  }

  // HH:MM or YYYY-MM-DD HH:MM.
  std::string moment(const YamlNode& node, std::string_view what) {
    auto text = read_text(context_, node, what).value_or("");
    const auto fits = [&](std::string_view form) {
      return text.size() == form.size() && std::equal(text.begin(), text.end(), form.begin(), [](char c, char f) {
               return f == 'd' ? c >= '0' && c <= '9' : c == f;
             });
    };
    absl::CivilMinute parsed;
    const auto civil = [&](const std::string& date, const std::string& day) {
      return absl::ParseCivilTime(date + "T" + day, &parsed);
    };
    if (fits(kDay) && civil("2000-01-01", text)) return text;
    if (fits(kDate) && civil(text.substr(0, 10), text.substr(11))) return text;
    context_.error("UJ0206", node.span, fmt::format("`{}` is no time", text),
                   "write \"22:00\" or \"2026-12-28 00:00\"");
    return {};
  }

  void storm(const YamlNode& node) {
    MapReader map(context_, node, kStormShape, "a storm brake");
    if (const auto* above = map.take("above")) policy_.storm_above = read_int(context_, *above, "above");
    if (const auto* of = map.take("of")) read_word(context_, *of, "of", {"runs"});
    if (const auto* within = map.take("within")) policy_.storm_within = read_duration(context_, *within, "within");
    map.finish();
  }

  void groups(const YamlNode& node) {
    entries(node, "groups", [&](const YamlNode& name, const YamlNode& value) {
      auto& users = policy_.groups[name.text];
      each(value, "a group", [&](const YamlNode& user) {
        if (auto text = read_text(context_, user, "a user")) users.push_back(std::move(*text));
      });
    });
  }

  void groups_exist() {
    for (const auto& [kind, rule] : policy_.approvals)
      if (!rule.by.empty() && !policy_.groups.contains(rule.by))
        context_.error("UJ0302", asked_at_[kind],
                       fmt::format("approvals are asked of {}, which is not in `groups`", rule.by));
  }

  YamlContext context_;
  const ActionCatalog& actions_;
  Policy policy_;
  std::map<Effect, Span> asked_at_;  // where the group of an approval is named
};

}  // namespace

bool Policy::in_group(const std::string& user, const std::string& group) const {
  const auto found = groups.find(group);
  return found != groups.end() && std::find(found->second.begin(), found->second.end(), user) != found->second.end();
}

bool Policy::allows(const ActionSpec& action) const {
  if (!names_actions || action.effect == Effect::read) return true;
  return std::ranges::any_of(actions, [&](std::string_view allowed) {
    if (allowed.ends_with(".*")) return action.name.starts_with(allowed.substr(0, allowed.size() - 1));
    return action.name == allowed;
  });
}

std::shared_ptr<const Policy> load_policy(const SourcePtr& source, const ActionCatalog& actions, Diagnostics& out) {
  Diagnostics own;
  const auto root = parse_yaml(source, own);
  std::shared_ptr<const Policy> policy;
  if (root) policy = PolicyLoader(source, actions, own).load(*root, own);
  for (const auto& diagnostic : own.all()) out.add(diagnostic);
  return policy;
}

void check_roles(const Policy& policy, const std::vector<std::string>& roles, Diagnostics& out) {
  const YamlContext context{policy.source, out};
  for (const auto& [role, span] : policy.roles) {
    if (std::ranges::find(roles, role) != roles.end()) continue;
    const auto meant = nearest(role, roles);
    if (meant.empty()) continue;
    context.error("UJ0302", span, fmt::format("the inventory has no role '{}'", role),
                  fmt::format("did you mean '{}'?", meant));
  }
}

}  // namespace unjam::playbooks
