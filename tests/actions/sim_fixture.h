// A model fleet on virtual time, driven one call at a time: two sites, two controllers, four hubs.
#pragma once

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "actions/sim/model_transport.h"
#include "actions/sim/virtual_time.h"
#include "actions/sim/world.h"
#include "state/base/digest.h"

namespace unjam::actions::sim {

inline constexpr Wall kStart{Millis(1'795'464'000'000)};  // 2026-11-23T20:00:00Z

inline std::vector<Host> six_hosts() {
  const auto host = [](const char* name, const char* site, const char* role, const char* address) {
    return Host{.name = HostName(name), .site = site, .role = role, .address = address, .connect = "demo"};
  };
  return {host("tyodc1", "tokyo", "dc", "10.77.1.10"),   host("osadc2", "osaka", "dc", "10.77.2.10"),
          host("tyohub1", "tokyo", "hub", "10.77.1.21"), host("tyohub2", "tokyo", "hub", "10.77.1.22"),
          host("osahub1", "osaka", "hub", "10.77.2.21"), host("osahub2", "osaka", "hub", "10.77.2.22")};
}

inline WorldSpec world_with(std::vector<FaultSpec> faults) {
  WorldSpec spec;
  spec.name = "test";
  spec.faults = std::move(faults);
  return spec;
}

inline FaultSpec fault(FaultKind kind, std::vector<std::string> hosts) {
  FaultSpec spec;
  spec.kind = kind;
  spec.hosts = std::move(hosts);
  return spec;
}

class Rig {
 public:
  explicit Rig(WorldSpec spec, std::vector<Host> hosts = six_hosts(), std::unique_ptr<Diary> diary = nullptr)
      : hosts_(std::move(hosts)) {
    auto made = World::create(std::move(spec), hosts_, kStart);
    if (!made) throw std::runtime_error(made.error().text());
    world_ = *std::move(made);
    transport_ = std::make_unique<ModelTransport>(*world_, time_, time_, std::move(diary));
  }

  // One call, until it has ended.
  Result<Reply> call(const std::string& host, const std::string& action, json::object inputs = {},
                     json::object fence = {}, Millis deadline = minutes(2)) {
    std::optional<Result<Reply>> reply;
    Request request{.action = action,
                    .inputs = std::move(inputs),
                    .token = "c0ffee",
                    .deadline = deadline,
                    .fence = std::move(fence)};
    boost::asio::co_spawn(
        io_,
        [&, request]() -> boost::asio::awaitable<void> {
          reply = co_await transport_->call(host_named(host), connection_, request);
        },
        boost::asio::detached);
    io_.restart();
    io_.poll();
    for (int i = 0; i < 1000 && !reply; ++i) {
      const auto next = time_.next();
      if (!next) break;
      time_.run_to(*next);
    }
    EXPECT_TRUE(reply.has_value()) << action << " on " << host << " never ended";
    return reply.value_or(fail(ErrorKind::io, "never ended"));
  }

  // The body of a framed answer; empty if there is none.
  json::object body(const Result<Reply>& reply) const {
    if (!reply) return {};
    const std::string begin = "UNJAM-BEGIN c0ffee\n";
    const auto from = reply->out.find(begin);
    const auto to = reply->out.find("\nUNJAM-END c0ffee ");
    if (from == std::string::npos || to == std::string::npos) return {};
    const auto text = base64_decode(reply->out.substr(from + begin.size(), to - from - begin.size()));
    const auto value = text ? parse_json(*text) : fail(ErrorKind::invalid, "no base64");
    return value && value->is_object() ? value->get_object() : json::object{};
  }

  json::object outputs(const std::string& host, const std::string& action, json::object inputs = {},
                       json::object fence = {}) {
    const json::object answer = body(call(host, action, std::move(inputs), std::move(fence)));
    const json::value* found = answer.if_contains("outputs");
    EXPECT_TRUE(found != nullptr) << action << " on " << host << ": " << json::serialize(answer);
    return found != nullptr && found->is_object() ? found->get_object() : json::object{};
  }

  // "refused: fence: ..."; empty if it answered.
  std::string error(const std::string& host, const std::string& action, json::object inputs = {},
                    json::object fence = {}) {
    const json::object answer = body(call(host, action, std::move(inputs), std::move(fence)));
    const json::value* found = answer.if_contains("error");
    if (found == nullptr) return {};
    return fmt::format("{}: {}", found->at("kind").as_string().c_str(), found->at("text").as_string().c_str());
  }

  json::object fence_for(const std::string& host, const std::string& intent, std::int64_t epoch = 1) {
    const SimHost& sim = *world_->fleet().find(host);
    return {{"store", "store-1"}, {"epoch", epoch}, {"intent", intent}, {"machine", sim.machine}, {"boot", sim.boot}};
  }

  json::object wire_host(const std::string& name) const {
    const Host& host = host_named(name);
    return {{"name", name}, {"address", host.address}, {"site", host.site}, {"role", host.role}};
  }
  json::array wire_hosts(const std::string& role, const std::string& site = {}) const {
    json::array list;
    for (const Host& host : hosts_) {
      if (host.role == role && (site.empty() || host.site == site)) list.push_back(wire_host(host.name.text));
    }
    return list;
  }
  json::object to(const std::string& site) const {
    json::array list;
    for (const Host& host : hosts_) {
      if (host.site == site) list.push_back(wire_host(host.name.text));
    }
    return {{"to", json::object{{"name", site}, {"hosts", list}}}};
  }

  // Waits in virtual time.
  void pass(Millis d) {
    time_.run_to(time_.now().mono + d);
    world_->advance_to(time_.now().mono);
  }

  // The steps of the ladder, as the flagship sends them.
  std::int64_t stuck(const std::string& host, const std::string& to_site = "osaka") {
    return outputs(host, "mail.queues", to(to_site)).at("stuck").as_int64();
  }
  std::string jam(const std::string& host, const std::string& to_site = "osaka") {
    return std::string(outputs(host, "mail.queues", to(to_site)).at("fault").as_string());
  }
  void retry(const std::string& host, const std::string& to_site = "osaka") {
    outputs(host, "mail.retry", to(to_site));
  }
  bool flows(const std::string& site = "tokyo", const std::string& to_site = "osaka") {
    std::int64_t all = 0;
    for (const Host& host : hosts_) {
      if (host.role != "hub" || host.site != site) continue;
      retry(host.name.text, to_site);
      all += stuck(host.name.text, to_site);
    }
    return all == 0;
  }
  void sync(const std::string& host, const std::string& from) {
    json::object inputs{{"from", wire_host(from)}, {"max_step", 7'200'000}};
    outputs(host, "time.sync", std::move(inputs), fence_for(host, next_intent()));
  }
  void reboot(const std::string& host) {
    outputs(host, "host.reboot", {}, fence_for(host, next_intent()));
    pass(minutes(6));  // stop, boot and services at their longest
  }
  std::string next_intent() { return fmt::format("i-{}", ++intents_); }

  World& world() { return *world_; }
  Fleet& fleet() { return world_->fleet(); }
  const EffectLog& log() const { return world_->log(); }
  VirtualTime& time() { return time_; }
  ModelTransport& transport() { return *transport_; }

  const Host& host_named(const std::string& name) const {
    for (const Host& host : hosts_) {
      if (host.name.text == name) return host;
    }
    throw std::runtime_error("no host " + name);
  }

 private:
  std::vector<Host> hosts_;
  Connection connection_{.name = "demo", .transport = TransportKind::model};
  boost::asio::io_context io_;
  VirtualTime time_{io_, kStart};
  std::unique_ptr<World> world_;
  std::unique_ptr<ModelTransport> transport_;
  int intents_ = 0;
};

}  // namespace unjam::actions::sim
