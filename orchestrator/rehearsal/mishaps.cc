// The table of mishaps, their words, and which of them are faults of the model world.
#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "orchestrator/rehearsal/scenario.h"

namespace unjam::rehearsal {

using actions::sim::FaultKind;
using actions::sim::FaultSpec;
using actions::sim::TransportFault;
using K = MishapKind;

const std::vector<MishapRow>& mishap_rows() {
  static const std::vector<MishapRow> rows{
      {K::no_return, "no-return", "a host never comes back from its next reboot"},
      {K::slow_return, "slow-return", "the next boot of a host takes long"},
      {K::same_boot, "same-boot", "the next reboot of a host is none: it answers with the old boot token"},
      {K::other_key, "other-key", "a host answers under another key after its next reboot"},
      {K::other_machine, "other-machine", "another machine answers at a host's address after its next reboot"},
      {K::service_dead, "service-dead", "the services of a host do not start after its next boot"},
      {K::boot_loop, "boot-loop", "a host reboots once more by itself after its next boot"},
      {K::silent, "silent", "a host does not answer Unjam for a while, and goes on working"},
      {K::host_clock, "host-clock", "the clock of a host jumps"},
      {K::second_reboot, "second-reboot", "somebody else reboots a host"},
      {K::second_drain, "second-drain", "somebody else takes a host out of service"},
      {K::update, "update", "an update on a host waits for a reboot"},
      {K::power_loss, "power-loss", "a host is off, and nobody switches it on"},
      {K::wan_cut, "wan-cut", "no packets between the sites for a while"},
      {K::not_sent, "not-sent", "a call cannot be sent"},
      {K::cut_before, "cut-before", "a connection ends before the host has read anything"},
      {K::cut_after, "cut-after", "the effect happens, its answer is lost"},
      {K::no_answer, "no-answer", "the effect happens, and nothing comes until the deadline"},
      {K::half_answer, "half-answer", "the effect happens, the answer ends in the middle"},
      {K::late_answer, "late-answer", "an answer comes late"},
      {K::reordered, "reordered", "answers come in another order than they were asked for"},
      {K::killed, "killed", "the engine dies at a point of its work, and is started again later"},
      {K::paused, "paused", "the engine stands still after an intent, another takes over, then it goes on"},
      {K::clock_jump, "clock-jump", "the wall clock of the orchestrator jumps, by up to ten years either way"},
      {K::io_error, "io-error", "a write of the store fails"},
      {K::io_unknown, "io-unknown", "a write of the store fails, and is on disk all the same"},
      {K::disk_full, "disk-full", "there is no room on disk for new effects for a while"},
      {K::lock_held, "lock-held", "another run holds the locks for a while"},
      {K::slot_held, "slot-held", "another run has a host in its hand for a while"},
      {K::lock_lost, "lock-lost", "another process takes the store over while this one still runs"},
      {K::approval_late, "approval-late", "approvers take long"},
      {K::approval_denied, "approval-denied", "an approver says no"},
      {K::approval_revoked, "approval-revoked", "an approval is taken back while the run is under way"},
      {K::cancelled, "cancelled", "a person cancels the run"},
      {K::window_closes, "window-closes", "the change window closes while the run is under way"},
      {K::kill_switch, "kill-switch", "the kill switch is thrown while the run is under way"},
  };
  return rows;
}

std::string_view spell(MishapKind kind) {
  const auto& rows = mishap_rows();
  const auto found = std::ranges::find(rows, kind, &MishapRow::kind);
  return found == rows.end() ? "?" : found->word;
}

namespace {

std::optional<FaultKind> fault_of(K kind) {
  switch (kind) {
    case K::no_return:
      return FaultKind::no_return;
    case K::slow_return:
      return FaultKind::slow_boot;
    case K::same_boot:
      return FaultKind::same_boot_id;
    case K::other_key:
      return FaultKind::other_host_key;
    case K::other_machine:
      return FaultKind::other_machine;
    case K::service_dead:
      return FaultKind::service_dead;
    case K::boot_loop:
      return FaultKind::reboots_again;
    case K::silent:
      return FaultKind::unreachable;
    case K::host_clock:
      return FaultKind::clock_step;
    case K::second_reboot:
      return FaultKind::reboot_by_other;
    case K::second_drain:
      return FaultKind::drain_by_other;
    case K::update:
      return FaultKind::update_pending;
    case K::power_loss:
      return FaultKind::peer_down;
    case K::wan_cut:
      return FaultKind::wan_cut;
    default:
      return std::nullopt;
  }
}

std::optional<TransportFault::How> how_of(K kind) {
  using How = TransportFault::How;
  switch (kind) {
    case K::not_sent:
      return How::not_sent;
    case K::cut_before:
      return How::cut_before;
    case K::cut_after:
      return How::cut_after;
    case K::no_answer:
      return How::no_answer;
    case K::half_answer:
      return How::half_answer;
    case K::late_answer:
    case K::reordered:
      return How::late;
    default:
      return std::nullopt;
  }
}

std::string minutes_of(Millis d) {
  return fmt::format("{}{}s", d.count() < 0 ? "-" : "", std::abs(d.count()) / 1000);
}

}  // namespace

std::string Mishap::text() const {
  std::string out{spell(kind)};
  if (!host.empty()) out += " " + host;
  switch (kind) {
    case K::killed:
      return out + fmt::format(": {}, the {}. time; started again {} later",
                               kPointWords[static_cast<std::size_t>(point)], nth, minutes_of(by));
    case K::paused:
      return out + fmt::format(" for {} after the {}. intent", minutes_of(by), nth);
    case K::io_error:
    case K::io_unknown:
      return out + fmt::format(" at the {}. write; started again {} later", nth, minutes_of(by));
    default:
      break;
  }
  if (how_of(kind)) {
    out += fmt::format(" after {} calls", after);
  } else {
    out += fmt::format(" at {}", minutes_of(at.since_start));
  }
  if (by.count() != 0) out += fmt::format(" by {}", minutes_of(by));
  if (lasts.count() != 0) out += fmt::format(" for {}", minutes_of(lasts));
  return out;
}

actions::sim::WorldSpec world_of(const Scenario& scenario) {
  auto spec = scenario.world;
  spec.seed = scenario.seed;
  for (const auto& mishap : scenario.mishaps) {
    if (const auto kind = fault_of(mishap.kind)) {
      FaultSpec fault;
      fault.kind = *kind;
      if (!mishap.host.empty()) fault.hosts = {mishap.host};
      fault.at = mishap.at.since_start;
      fault.offset = mishap.by;
      fault.time = mishap.by;
      if (mishap.lasts.count() > 0) fault.lasts = mishap.lasts;
      spec.faults.push_back(std::move(fault));
    }
    if (const auto how = how_of(mishap.kind))
      spec.transport.push_back({*how, "", mishap.host, mishap.after, mishap.nth, mishap.by});
  }
  return spec;
}

Choice every_mishap() {
  Choice out;
  for (const auto& row : mishap_rows()) out.kinds.push_back(row.kind);
  return out;
}

Result<Choice> chosen(std::string_view list) {
  if (list == "all") return every_mishap();
  Choice out;
  if (list == "none") return out;
  while (!list.empty()) {
    const auto comma = list.find(',');
    const auto word = list.substr(0, comma);
    const auto found = std::ranges::find(mishap_rows(), word, &MishapRow::word);
    if (found == mishap_rows().end()) {
      std::string known;
      for (const auto& row : mishap_rows()) known += fmt::format("{}{}", known.empty() ? "" : ", ", row.word);
      return fail(ErrorKind::invalid, fmt::format("`{}` is no fault; there are all, none, {}", word, known));
    }
    out.kinds.push_back(found->kind);
    list = comma == std::string_view::npos ? std::string_view{} : list.substr(comma + 1);
  }
  return out;
}

}  // namespace unjam::rehearsal
