// The world behind the Windows-like hosts: the model fleet of the rehearsal, lived through in real time.
//
// winworld FOLDER: FOLDER/inventory.yaml and FOLDER/world.yaml say what there is; hosts' folders and logs are in it,
// and FOLDER/socket is where the shims of Windows's commands ask (answers.h: one line of JSON each way).
#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include <csignal>
#include <cstring>
#include <memory>

#include "actions/inventory.h"
#include "actions/sim/world_file.h"
#include "playbooks/yaml.h"
#include "tests/lab/windows/world/answers.h"
#include "tests/lab/windows/world/machines.h"
#include "tests/lab/windows/world/ports.h"

namespace unjam::lab {
namespace {

constexpr int kTick = 100;                        // milliseconds between two looks at the model
constexpr int kPatience = 5'000;                  // for the rest of a request
constexpr std::size_t kMostRequest = 256 * 1024;  // bytes

volatile std::sig_atomic_t over = 0;

Millis clock_of(clockid_t which) {
  timespec at{};
  ::clock_gettime(which, &at);
  return Millis(static_cast<std::int64_t>(at.tv_sec) * 1000 + at.tv_nsec / 1'000'000);
}

std::unique_ptr<actions::sim::World> make_world(const std::string& folder) {
  const auto inventory_text = playbooks::read_source(folder + "/inventory.yaml");
  const auto world_text = playbooks::read_source(folder + "/world.yaml");
  playbooks::Diagnostics faults;
  const auto inventory = inventory_text ? actions::load_inventory(*inventory_text, faults) : nullptr;
  auto spec = inventory && world_text ? actions::sim::load_world(*world_text, inventory->hosts, faults) : std::nullopt;
  for (const auto& fault : faults.all()) fmt::print(stderr, "{}\n", playbooks::render(fault));
  if (!spec) return nullptr;
  auto world = actions::sim::World::create(std::move(*spec), inventory->hosts, Wall{clock_of(CLOCK_REALTIME)});
  if (!world) fmt::print(stderr, "{}\n", world.error().text());
  return world ? std::move(*world) : nullptr;
}

int listen_at(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof address.sun_path) return -1;
  std::strncpy(address.sun_path, path.c_str(), sizeof address.sun_path - 1);
  const int made = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  ::unlink(path.c_str());
  if (::bind(made, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 || ::listen(made, 64) != 0) {
    return -1;
  }
  return made;
}

void serve(int listener, Answers& answers) {
  const int made = ::accept4(listener, nullptr, nullptr, SOCK_CLOEXEC);
  if (made < 0) return;
  std::string request;
  char part[4096];
  pollfd readable{made, POLLIN, 0};
  while (!request.ends_with('\n') && request.size() < kMostRequest && ::poll(&readable, 1, kPatience) == 1) {
    const ssize_t got = ::read(made, part, sizeof part);
    if (got <= 0) break;
    request.append(part, static_cast<std::size_t>(got));
  }
  const auto parsed = parse_json(request);
  const json::object* object = parsed ? parsed->if_object() : nullptr;
  const json::object reply = object != nullptr ? answers.answer(*object) : json::object{{"error", "not an object"}};
  const std::string text = json::serialize(reply) + "\n";
  for (std::size_t sent = 0; sent < text.size();) {
    const ssize_t now = ::write(made, text.data() + sent, text.size() - sent);
    if (now <= 0) break;
    sent += static_cast<std::size_t>(now);
  }
  ::close(made);
}

int run(const std::string& folder) {
  const auto world = make_world(folder);
  if (!world) return 2;
  const int listener = listen_at(folder + "/socket");
  if (listener < 0) return 2;
  HostBook book(*world, folder);
  Answers answers(*world, book);
  Machines machines(*world, folder);
  Ports ports(*world, book, answers);
  const Millis begun = clock_of(CLOCK_MONOTONIC);
  while (over == 0) {
    world->advance_to(Mono{clock_of(CLOCK_MONOTONIC) - begun});
    book.follow();
    machines.follow();
    ports.follow();
    std::vector<pollfd> all{{listener, POLLIN, 0}};
    ports.add_to(all);
    if (::poll(all.data(), all.size(), kTick) <= 0) continue;
    world->advance_to(Mono{clock_of(CLOCK_MONOTONIC) - begun});
    book.follow();
    for (const pollfd& one : all) {
      if (one.revents == 0) continue;
      if (one.fd == listener) {
        serve(listener, answers);
      } else {
        ports.happened(one);
      }
    }
  }
  return 0;
}

}  // namespace
}  // namespace unjam::lab

int main(int count, char** words) {
  if (count != 2) {
    fmt::print(stderr, "usage: winworld FOLDER\n");
    return 2;
  }
  std::signal(SIGPIPE, SIG_IGN);
  for (const int signal : {SIGTERM, SIGINT, SIGHUP}) std::signal(signal, [](int) { unjam::lab::over = 1; });
  return unjam::lab::run(words[1]);
}
