// The evidence of one run as a folder that can be filed, handed over and verified without the state directory.
//
//   bundle.json        what it is: run, store, number of events, head of the hash chain, digest of the plan
//   journal.jsonl      the run's journal (state/journal_text.h): everything else is held against it
//   others.jsonl       what other runs of the store held meanwhile: {"run":R,"seq":S,"wall":W,"kind":K,"body":B} a
//   line.
//                      Of these the bundle has the exporter's word only
//   packs/N/...        the packs that the run was planned with, root by root
//   plan.json          the parts of the digest: playbooks, parameters, actions; the locks; the hosts that may be
//   changed inventory.json     the hosts, as far as the digest covers them observations.json  every reading, snapshot
//   and look, with its time verdicts.json      every gate that was asked, with its reasons approvals.json     who
//   asked, confirmed, approved, denied, cancelled timeline.txt       a line an event, for people
//
// The last six follow from the first ones: verifying makes them again and compares.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "orchestrator/audit/decisions.h"
#include "state/store.h"

namespace unjam::audit {

inline constexpr int kBundleVersion = 1;
inline constexpr std::size_t kMaxBundleBytes = 512u << 20;  // of all files together
inline constexpr std::size_t kMaxBundleFiles = 10'000;

// What a journal claims and what verifying it came to.
struct Verified {
  RunId run;
  std::int64_t events = 0;
  std::string head;  // hash of the last event: to be compared with one that was kept elsewhere
  std::string digest;
  Replayed replayed;
};

// The plan that a run is pinned to, made anew from its own texts and these pack folders. ErrorKind::conflict if it is
// not the same plan: other packs, host keys or engine.
Result<std::shared_ptr<const engine::Plan>> plan_of_run(const state::RunCreated& created,
                                                        const std::vector<std::string>& pack_roots);

// What other runs of the store held while `run` lived, and for `history` before it: as far as limits look back.
// ErrorKind as the store's.
Result<std::vector<OthersEvent>> others_of(const state::Store& store, const RunId& run,
                                           const std::vector<state::Event>& events, Millis history);

// Writes the bundle of one run into `folder`, which must not exist yet and is made for its owner alone. The decisions
// are replayed too; one that does not follow is told, and filed all the same. ErrorKind::conflict (also: the folder
// exists), not_found, corrupt, exhausted, io.
Result<Verified> export_bundle(const state::Store& store, const RunId& run, const std::string& folder);

// Needs nothing but the folder. ErrorKind::corrupt names the file that does not fit the journal; the decisions are then
// not replayed.
Result<Verified> verify_bundle(const std::string& folder);

// The same of a run in a store: its chain is verified by loading it.
Result<Verified> verify_run(const state::Store& store, const RunId& run);

}  // namespace unjam::audit
