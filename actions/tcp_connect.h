// A TCP connection to an address or a name, inside a deadline.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <string>

#include "actions/deadline.h"
#include "state/base/result.h"

namespace unjam::actions {

inline constexpr Millis kConnectPatience{10'000};       // for each of a name's addresses
inline constexpr std::size_t kMaxAddresses = 4;         // of one name
inline constexpr unsigned kUserTimeoutMillis = 30'000;  // unacknowledged data: the peer is gone

// ErrorKind::not_sent with the reason. The name is resolved on Asio's own thread; a resolver that hangs is left behind
// at the deadline.
boost::asio::awaitable<Result<boost::asio::ip::tcp::socket>> tcp_connect(std::string address, std::uint16_t port,
                                                                         Deadline& deadline);

}  // namespace unjam::actions
