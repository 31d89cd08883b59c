// A disk that fails when it is told to: a SQLite VFS over the default one. One test at a time; registered by name.
#pragma once

#include <cstdint>
#include <optional>

namespace unjam::state {

inline constexpr const char* kFaultVfs = "unjam-faults";

enum class DiskCall { write, sync };

struct DiskFault {
  DiskCall call = DiskCall::write;
  std::int64_t at = 1;    // fails the at-th call from arming, counted from 1 ...
  bool for_ever = false;  // ... and every later one
  bool half = false;      // a failing write writes its first half
  bool full = false;      // ENOSPC instead of EIO
};

void register_fault_vfs();
void arm(DiskFault fault);
void disarm();
std::int64_t calls_since_armed();  // of the kind that was armed
bool has_failed();

}  // namespace unjam::state
