#include "tests/state/journal_script.h"

namespace unjam::state {

std::vector<EventBody> one_of_each() {
  const Person person{.uid = 1000, .user = "hanako", .sudo_user = "root"};
  const json::object mixed{{"text", "\xE6\x9D\xB1\xE4\xBA\xAC \"q\"\n"}, {"n", -3}, {"x", 1.5}, {"list", {1, nullptr}}};
  Intent intent = drain("i-1", "tyohub1");
  intent.attempt = 2;
  intent.inputs = mixed;
  intent.undoes = "i-0";
  intent.slot = true;
  return {
      created(),
      RunResumed{.epoch = 7, .by = person},
      RunConfirmed{.hosts = 2, .by = person},
      ApprovalAsked{.path = "a", .text = "roll?", .digest = "d", .group = "ops", .count = 1, .expires_ms = 9},
      ApprovalGiven{.path = "a", .digest = "d", .by = person},
      ApprovalDenied{.path = "a", .reason = "no", .by = person},
      CancelRequested{.cause = "cancel", .by = person},
      LocksTaken{.locks = {"site:tokyo", "site:osaka"}},
      PlayStarted{.path = "p", .params = mixed},
      StepStarted{.path = "s"},
      HostsChosen{.path = "s", .hosts = {"tyohub1", "tyohub2"}},
      ReadingTaken{.fact = "heal/queue", .host = "tyohub1", .effects = 1, .started_mono = 5, .value = mixed},
      SnapshotTaken{.path = "s", .host = "tyohub1", .value = mixed},
      Looked{.path = "s", .verdict = "unknown", .reason = "tyohub1 unreachable"},
      GateAsked{.path = "s",
                .host = "tyohub1",
                .open = true,
                .reasons = {{.name = "floor", .open = true, .text = "1 of 2 left"}}},
      TurnStarted{.path = "s", .host = "tyohub1"},
      TurnEnded{.path = "s", .host = "tyohub1", .outcome = StepOutcome::not_sent, .cause = "unreachable"},
      intent,
      EffectAccepted{.intent = "i-1", .outputs = mixed},
      EffectObserved{.intent = "i-1", .saw = "same boot", .conclusion = "still open"},
      EffectEnded{.intent = "i-1",
                  .outcome = EffectPhase::failed,
                  .outputs = mixed,
                  .before = mixed,
                  .after = mixed,
                  .reason = "refused"},
      StepEnded{.path = "s", .outcome = StepOutcome::unknown, .cause = "timed_out", .detail = "60s"},
      SlotsReleased{.hosts = {"tyohub1"}, .evidence = "new boot, serving"},
      Escalated{.path = "s", .text = "no proven clock", .by_unknown = true},
      StopBegun{.cause = "window", .path = "s", .detail = "ended 02:00"},
      StuckNoted{.path = "s", .host = "tyohub1", .reason = "never came back"},
      Paged{.who = "oncall", .text = "look"},
      RunEnded{.end = End::stuck, .changed = true, .cause = "unknown", .text = "tyohub1"},
  };
}

}  // namespace unjam::state
