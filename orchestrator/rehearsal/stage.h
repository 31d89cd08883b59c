// Where one rehearsal is played: the world, the processes that come and go, the people, and what is due when.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "orchestrator/rehearsal/process.h"
#include "orchestrator/rehearsal/rehearse.h"
#include "state/memory_store.h"

namespace unjam::rehearsal {

class SeededTokens final : public Tokens {
 public:
  explicit SeededTokens(std::uint64_t seed) : rng_(seed) {}
  std::string hex(std::size_t bytes) override;

 private:
  Rng rng_;
};

class Stage {
 public:
  Stage(std::shared_ptr<const engine::Plan> plan, const Scenario& scenario, const Setting& setting);

  Evidence play();

 private:
  using Deed = std::function<void()>;

  bool open();  // false: evidence_.broken says why
  void set_agenda();
  bool step();  // false: nothing more will happen, or it has ended
  void work();
  void look_after(Process& process);
  void note(std::string text) { evidence_.notes.push_back({now_, std::move(text)}); }
  void due(Mono at, Deed deed) { agenda_.emplace(std::max(at, now_), std::move(deed)); }

  // processes
  // The one that owns the store; null while none does, though some that have lost it may still be alive.
  Process* current() {
    return processes_.empty() || processes_.back()->store().lost() ? nullptr : processes_.back().get();
  }
  bool lives() { return driving_; }
  Result<std::unique_ptr<state::Store>> open_store(state::Access access);
  std::unique_ptr<Process> spawn();
  void begin_run();
  void start_again();
  void starts_with_room();
  void end_process(Process& process);
  void dies(Process& process, Millis down_for, std::string how);
  void take_over();
  void give_up(std::string why);

  // people and other runs
  void written(const Written& one);
  void asked(const state::ApprovalAsked& approval);
  void come_again(const state::Run& run);
  void post(state::EventBody event);
  void hold_others(const Mishap& mishap);
  void release_others(std::string run, std::vector<state::EventBody> events);

  const Mishap* mishap(MishapKind kind) const;
  bool under_way(MishapKind kind) const;  // one that lasts, now

  std::shared_ptr<const engine::Plan> plan_;
  const Scenario& scenario_;
  Setting setting_;
  RunId id_{"r-rehearsal"};
  SeededTokens tokens_;
  Rng chance_;  // of delays of people, and of clocks of new processes
  Blows blows_;
  std::unique_ptr<actions::sim::World> world_;
  std::shared_ptr<state::MemoryJournal> journal_;
  std::vector<std::unique_ptr<Process>> processes_;
  bool driving_ = false;  // the last of them drives the run
  bool over_ = false;
  std::multimap<Mono, Deed> agenda_;
  Mono now_{};
  Millis stepped_{0};
  int others_ = 0;        // runs of the same owner
  std::size_t seen_ = 0;  // entries of the hosts' logs
  Evidence evidence_;
};

}  // namespace unjam::rehearsal
