// Contract files: what each action promises (language.md 1, last part; 5). Strict and located, like playbooks.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "playbooks/action_spec.h"
#include "playbooks/diagnostic.h"
#include "playbooks/source.h"

namespace unjam::playbooks {

// The contracts of one or more files. Two different contracts, or records, of one name are an error at the second;
// equal ones are one.
class Contracts final : public ActionCatalog {
 public:
  // Adds the actions of one contract file; false and located errors in `out` if it has faults.
  bool add(const SourcePtr& source, Diagnostics& out);

  // After the last file: what contracts say of each other (undo, gate, proven, verify name actions and fields that
  // exist and only look). False and errors if they do not fit.
  bool check(Diagnostics& out) const;

  const ActionSpec* find(std::string_view action) const override;
  std::vector<std::string> names() const override;

 private:
  struct Entry {
    ActionSpec spec;
    SourcePtr source;
    Span span;
  };
  friend class ContractLoader;

  std::map<std::string, Entry, std::less<>> actions_;
  std::map<std::string, TypePtr, std::less<>> records_;
};

// `probe.hub.serving`, `time.offset.offset of host`: the last word is the field. Nothing if the form is another.
std::optional<FieldRef> parse_field_ref(std::string_view text);
// Whether the action exists, only looks, and has that output; else why not.
std::string field_ref_fault(const FieldRef& ref, const ActionCatalog& actions);

// Everything of a contract in one canonical text: equal texts are equal contracts.
std::string canonical_text(const ActionSpec& spec);

}  // namespace unjam::playbooks
