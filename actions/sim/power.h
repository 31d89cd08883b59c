// Machines that really go away and come back: up, stopping, down, booting, up; services some time later.
#pragma once

#include <string>

#include "actions/sim/fleet.h"

namespace unjam::actions::sim {

// What one finds who opens a connection from outside.
enum class Reach { open, refused, silent, other_key };
Reach reach(const SimHost& host);

// Schedules a shutdown with restart, as `shutdown -r` does. False if one is scheduled or running.
bool schedule_reboot(Fleet& fleet, SimHost& host, Millis in, const std::string& by);
// Pulls the plug: down, and nobody switches it on again.
void power_off(Fleet& fleet, SimHost& host);
// The directory service alone is stopped; it is up again after `takes`.
void restart_directory(Fleet& fleet, SimHost& host, Millis takes, const std::string& by);
// For the begin of a world: this machine has booted a moment ago.
void boot_at_once(Fleet& fleet, SimHost& host);

// The steps of all this when their time has come.
void power_event(Fleet& fleet, const Event& event);

std::string new_boot_token(Rng& rng);
std::string new_machine_id(Rng& rng);

}  // namespace unjam::actions::sim
