// A disk that fails when it is told to, or that loses what was not synced: a SQLite VFS over the default one. One test
// at a time; registered by name.
#pragma once

#include <cstdint>
#include <optional>

#include "tests/state/unsynced.h"

namespace unjam::state {

inline constexpr const char* kFaultVfs = "unjam-faults";

enum class DiskCall { read, write, sync };

struct DiskFault {
  DiskCall call = DiskCall::write;
  std::int64_t at = 1;    // fails the at-th call from arming, counted from 1 ...
  bool for_ever = false;  // ... and every later one
  bool half = false;      // a failing write writes its first half
  bool full = false;      // ENOSPC instead of EIO
};

// The power goes at the at-th sync from arming: every call fails from there until disarm(), and what has not been
// synced is lost.
struct PowerCut {
  std::int64_t at = 1;
  bool after = false;  // the sync itself was done, and nobody has heard of it
  Cut cut = Cut::all;
  std::uint64_t seed = 1;
};

void register_fault_vfs();
void arm(PowerCut cut);
// Every call fails from now on, until lose_unsynced() or disarm(): a process that is dead closes nothing behind itself.
void go_dark();
bool is_dark();
// What has not been synced is lost now, and the power is back; later writes are kept apart as before.
void lose_unsynced(Cut cut, std::uint64_t seed);
void arm(DiskFault fault);
void disarm();
std::int64_t calls_since_armed();  // of the kind that was armed; of a power cut: syncs
bool has_failed();

}  // namespace unjam::state
