// One process's handle of the store: writes through to it, notes when and what, and fails where a mishap says so.
#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "orchestrator/rehearsal/blows.h"
#include "orchestrator/rehearsal/evidence.h"
#include "state/store.h"

namespace unjam::rehearsal {

class StruckStore final : public state::Store {
 public:
  struct Surroundings {
    Blows* blows = nullptr;
    std::function<Mono()> true_time;
    std::function<void(const Written&)> written;  // what is in the journal now, whether or not the process learns of it
    std::function<bool()> full;                   // there is no room for new effects
  };

  StruckStore(std::unique_ptr<state::Store> inner, int process, Surroundings around)
      : inner_(std::move(inner)),
        process_(process),
        around_(std::move(around)),
        id_(inner_->id()),
        epoch_(inner_->epoch()) {}

  // Another process owns the store from now on; this handle can only read. ErrorKind as the store's own.
  void lose(std::unique_ptr<state::Store> reading) {
    inner_ = std::move(reading);
    lost_ = true;
  }
  bool lost() const { return lost_; }

  StoreId id() const override { return id_; }
  std::int64_t epoch() const override { return epoch_; }
  Result<std::vector<state::Event>> append(const RunId& run, std::int64_t expected, Now now,
                                           std::vector<state::EventBody> events, const state::Claims& claims) override;
  std::vector<Result<std::vector<state::Event>>> append_many(std::vector<state::AppendRequest> requests) override;
  Result<std::vector<state::Event>> load(const RunId& run) const override { return inner_->load(run); }
  Result<std::vector<state::RunRow>> runs() const override { return inner_->runs(); }
  Result<std::vector<state::SlotRow>> slots() const override { return inner_->slots(); }
  Result<std::vector<state::LockRow>> locks() const override { return inner_->locks(); }
  std::optional<std::uint64_t> holdings_version() const override { return inner_->holdings_version(); }
  Result<std::vector<state::EffectRow>> effects(Wall since) const override { return inner_->effects(since); }

  // Another run of the same owner writes: no mishap meets that.
  state::Store& of_others() { return *inner_; }
  bool poisoned() const { return poisoned_; }
  int process() const { return process_; }
  // For how long nobody starts the process again after the write that failed.
  Millis down_for() const { return down_for_; }
  // Set by an intent after which the process is to stand still.
  const Mishap* pause = nullptr;

 private:
  std::unique_ptr<state::Store> inner_;
  int process_;
  Surroundings around_;
  StoreId id_;
  std::int64_t epoch_;
  bool lost_ = false;
  bool poisoned_ = false;
  Millis down_for_{0};
};

}  // namespace unjam::rehearsal
