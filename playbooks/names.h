// What the names of a playbook mean, where they may be used, and which hosts lie in which (language.md 2). Part of the
// checker.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "playbooks/estate.h"
#include "playbooks/expr.h"
#include "playbooks/model.h"

namespace unjam::playbooks {

// Inclusion between sets of hosts, decided by how targets are defined. Linear, syntactic.
class Atoms {
 public:
  // `parents`: what the target is filtered from; empty: the bare inventory.
  void define(const std::string& atom, Within parents) { parents_[atom] = std::move(parents); }
  bool inside(const Within& inner, const Within& outer) const;

 private:
  // `proven`: atoms of which it is known, so that each definition is looked into once.
  bool inside_one(const std::string& atom, const Within& outer, std::set<std::string>& proven) const;
  std::map<std::string, Within, std::less<>> parents_;
};

// A declared target, fact or let, typed on demand.
struct Declared {
  enum class Kind { target, fact, let };
  enum class State { waiting, checking, ready, broken };

  Kind kind = Kind::target;
  std::size_t index = 0;  // in the playbook's list of its kind
  Span span;
  State state = State::waiting;
  NameInfo info;
  std::set<std::string> needs{};     // root steps whose output it stands on, others included
  std::set<std::string> mentions{};  // names in its text
};

// Output of a step that has been walked, visible until its list ends.
struct StepOutput {
  std::string name;
  NameInfo info;
  bool root = false;
  bool broken = false;  // its own definition has faults
};

// A host of whom nothing is known, because the definition of its set has faults: lies everywhere.
inline const Within kAnywhere{"*"};

// All names of one file.
struct NameTable {
  const Estate* estate = nullptr;
  TypePtr params;  // record
  std::map<std::string, Declared, std::less<>> declared{};
  std::map<std::string, const model::Step*, std::less<>> steps{};  // of the whole file
  Atoms atoms{};
  std::set<std::string> used{};                    // every name that some expression asks: x, params.x
  std::function<void(const std::string&)> ensure;  // types a waiting declaration

  // Outputs are visible until their list ends.
  void show(StepOutput output);
  std::size_t shown() const { return visible_.size(); }
  void hide_from(std::size_t count);  // all but the first `count`
  const StepOutput* output(std::string_view name) const;
  const std::vector<StepOutput>& outputs() const { return visible_; }

 private:
  std::vector<StepOutput> visible_{};
  std::map<std::string, std::size_t, std::less<>> place_{};  // in visible_, so that a name is found without a walk
};

// Where an expression stands: which names it may use.
struct Position {
  enum class Place { target, fact_hosts, fact_with, let, step };
  Place place = Place::step;
  std::size_t targets_before = 0;  // Place::target: those defined above it
  const Within* host = nullptr;    // the host in hand lies there; null: none
};

class ScopeNames final : public Names {
 public:
  ScopeNames(NameTable& table, const Position& position) : table_(table), position_(position) {}

  const NameInfo* find(std::string_view name) const override;
  std::string why_not(std::string_view name, std::string& code) const override;
  std::vector<std::string> all() const override;
  TypePtr host_type(const Within& within) const override;
  bool inside(const Within& inner, const Within& outer) const override { return table_.atoms.inside(inner, outer); }

  // Whether a name was asked whose own definition has faults: what follows from that is not told again.
  bool met_broken() const { return met_broken_; }

 private:
  const NameInfo* builtin(std::string_view name) const;
  bool allowed(const Declared& declared) const;
  bool steps_visible(const Declared& declared) const;

  NameTable& table_;
  Position position_;
  mutable std::map<std::string, NameInfo, std::less<>> builtins_{};
  mutable bool met_broken_ = false;
};

// The same type with the inventory's sites in place of unenumerated ones.
TypePtr localized(const TypePtr& type, const Estate* estate);
TypePtr site_type(const Estate* estate);
TypePtr host_record(const Estate* estate);

}  // namespace unjam::playbooks
