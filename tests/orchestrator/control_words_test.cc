#include "orchestrator/control_words.h"

namespace unjam::service {
namespace {

using testing::HasSubstr;

TEST(ControlWords, AStartSurvivesTheWay) {
  // given a start with everything in it, when encoded and decoded, then nothing is lost and nobody is named
  Request request{Op::start};
  request.start.playbook = "/p.yaml";
  request.start.inventory = "/i.yaml";
  request.start.policy = "/policy.yaml";
  request.start.packs = {"/packs"};
  request.start.params = {{"from", "東京"}};
  request.start.confirm = 6;
  request.start.may_ask = true;
  request.start.by = {0, "root", ""};
  const auto back = decode_request(encode_request(request));
  ASSERT_TRUE(back) << back.error().text();
  EXPECT_EQ(back->start.params.at("from"), "東京");
  EXPECT_EQ(back->start.confirm, 6);
  EXPECT_EQ(back->start.packs, std::vector<std::string>{"/packs"});
  EXPECT_TRUE(back->start.may_ask);
  EXPECT_EQ(back->start.by.user, "") << "who asks is told by the kernel, never by the request";
}

TEST(ControlWords, WhatIsNoRequestIsRefused) {
  // given lines that are no requests, when decoded, then each is an error of the caller
  for (const auto* line : {"", "hello", "[]", "{}", R"({"op":"destroy"})", R"({"op":"approve"})", R"({"op":"start"})",
                           R"({"op":"start","start":{"playbook":"p"}})", R"({"op":7})"})
    EXPECT_FALSE(decode_request(line)) << line;
}

TEST(ControlWords, AnEventComesBackAsItWas) {
  // given an event, when streamed, then sequence, clocks and body are the same
  const state::Event event{7, Wall{Millis{1000}}, Mono{Millis{20}}, state::Looked{"back", "unknown", "no answer"}};
  const auto answer = decode_answer(encode_event(event));
  ASSERT_TRUE(answer) << answer.error().text();
  ASSERT_EQ(answer->kind, Answer::Kind::event);
  EXPECT_EQ(answer->event.seq, 7);
  EXPECT_EQ(answer->event.mono, event.mono);
  EXPECT_EQ(std::get<state::Looked>(answer->event.body).reason, "no answer");
}

TEST(ControlWords, ARefusalKeepsItsKind) {
  // given a denial, when it is sent, then the caller can tell it from a fault
  const auto answer = decode_answer(encode_refused({{ErrorKind::denied, "the requester's own", "here"}}));
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->kind, Answer::Kind::refused);
  EXPECT_EQ(answer->refused.error.kind, ErrorKind::denied);
  EXPECT_THAT(answer->refused.error.text(), HasSubstr("here: the requester's own"));
}

TEST(ControlWords, AListingComesBack) {
  // given runs, slots and locks, when listed, then they are the same there
  Listing listing;
  listing.runs.push_back({RunId("r-1"), "p", "s", Wall{Millis{5}}, 3, state::Phase::ended, state::End::stuck});
  listing.slots.push_back({"hub1", {RunId("r-1"), Wall{Millis{6}}}});
  listing.locks.push_back({"site:tokyo", {RunId("r-1"), Wall{Millis{7}}}});
  const auto back = decode_listing(encode_listing(listing));
  ASSERT_TRUE(back);
  EXPECT_EQ(back->runs.at(0).end, state::End::stuck);
  EXPECT_EQ(back->slots.at(0).host, "hub1");
  EXPECT_EQ(back->locks.at(0).holder.since, Wall{Millis{7}});
}

}  // namespace
}  // namespace unjam::service
