// Who can prove to whom who he is. Four things must hold, and each of them fails as it does in the field (lab.md):
// keys at both ends, a controller to ask for a ticket, clocks within five minutes, and the same password version known
// to the receiver and to the controller that issued the ticket.
//
// What makes the failure outlive its cause: a hub that first asks a controller whose clock differs keeps that
// difference in its ticket cache and goes on adding it to its own clock, and a ticket keeps the password version that
// it was issued with. Both live in memory until the hub reboots.
#pragma once

#include "actions/sim/fleet.h"

namespace unjam::actions::sim {

enum class Login {
  ok,
  no_key,      // the receiver has no key: the reply says 454 4.7.0 Temporary authentication failure
  no_ticket,   // the sender got none and gives up before AUTH
  clock_skew,  // 535, or the sender's own library refuses its ticket as not yet valid
  wrong_key    // 535: the ticket is for another version of the receiver's password
};

// The sender opens a session and authenticates. May fill the sender's cache.
Login log_in(Fleet& fleet, HostIndex sender, HostIndex receiver);

// An inventory without controllers: they are somewhere else, serve, and are right.
bool kdc_elsewhere(const Fleet& fleet);

// The controller that this host asks: the first of its own site that serves and can be reached, else the first that
// does; null if there is none.
SimHost* kdc_for(Fleet& fleet, const SimHost& host);

// Tickets are fetched for every hub of other sites, as mail would.
void fetch_tickets(Fleet& fleet, HostIndex hub);
void drop_tickets(SimHost& hub);

}  // namespace unjam::actions::sim
