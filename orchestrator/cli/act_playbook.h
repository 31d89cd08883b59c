// `unjam act`: one action on many hosts, as the text of a playbook, so that it goes the same way as every other change:
// checked, planned, confirmed, approved, gated, journalled.
//
//   read     one step on all the hosts at once
//   nudge    the same, and then a look at the fact that policy calls healthy
//   above    a rollout, one host at a time, under the policy's floor for the role, each turn ending with that look
//
// Pure.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "playbooks/action_spec.h"
#include "playbooks/estate.h"
#include "playbooks/policy.h"
#include "state/base/result.h"

namespace unjam::cli {

struct ActRequest {
  std::string on;  // expression of the hosts, as typed
  std::map<std::string, std::string>
      with;           // inputs: prose for text inputs, words for sites and enumerations, expressions for all others
  std::string limit;  // empty: the contract's, else 5m
};

// The hosts that `on` names, in the order of the inventory. ErrorKind::invalid with the place in the expression; also
// when there is none.
Result<std::vector<std::string>> chosen_hosts(const std::string& on, const playbooks::Estate& estate);

struct ActPlaybook {
  std::string text;
  std::vector<std::string>
      pool;  // hosts that the plan counts: those chosen and, above a nudge, their peers of the role
};

// ErrorKind::denied when it takes a playbook to do this safely: no floor in the policy for the role, no healthy fact,
// several roles, an undo that would be owed, an action that policy or its contract wants gated or verified by more.
Result<ActPlaybook> act_playbook(const playbooks::ActionSpec& spec, const ActRequest& request,
                                 const std::vector<std::string>& chosen, const playbooks::Estate& estate,
                                 const playbooks::Policy* policy);

}  // namespace unjam::cli
