#include "actions/script_call.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <iterator>

#include "state/base/digest.h"
#include "tests/source_tree.h"
#include "tests/support/sshd.h"

namespace unjam::actions {
namespace {

using playbooks::ActionSpec;
using testing::HasSubstr;
using testing_support::output_of;
using testing_support::read_file;
using testing_support::TempDir;
using testing_support::write_file;

const std::string kToken = "0123456789abcdef";

// ---- calls

const std::string kTinyPrelude = "unjam_b64() { printf '%s' \"$1\" | base64 -d; }\n";

// What a real shell prints of a script that was rendered with these inputs.
std::string run(const std::string& script, const json::object& inputs, const json::object& fence = {}) {
  const auto call = render_call({"sh", kTinyPrelude, script}, inputs, fence, kToken, false);
  if (!call) return "refused: " + call.error().message;
  const TempDir dir;
  write_file(dir.file("input"), call->input());
  return output_of({"/bin/sh", "-c", call->command + " < '" + dir.file("input") + "'"});
}

TEST(RenderCall, HandsValuesToARealShellUnchanged) {
  // given texts full of shell's own characters, when a real sh runs the call, then it sees them as they were
  for (const std::string& text : {std::string("osaka"), std::string("a'b\"c$(touch /x)`id`\\;&|<>*?[]{}!#~ \t z"),
                                  std::string("東京\nzwei"), std::string("-n"), std::string("")}) {
    EXPECT_EQ(run("printf '%s' \"$in_text\"", {{"text", text}}), text);
  }
}

TEST(RenderCall, SpellsEveryTypeAsTheProtocolSays) {
  const json::object hub{{"role", "hub"}, {"address", "10.0.0.1"}, {"name", "tyohub1"}, {"site", "tokyo"}};
  const json::object dc{{"name", "tyodc1"}, {"address", "10.0.0.2"}, {"site", "tokyo"}, {"role", "dc"}};
  const json::object inputs{{"yes", true},
                            {"no", false},
                            {"count", -7},
                            {"wait", 90000},
                            {"host", hub},
                            {"hosts", json::array{hub, dc}},
                            {"to", json::object{{"name", "osaka"}, {"hosts", json::array{dc}}}},
                            {"ids", json::array{"A1", "B 2"}},
                            {"none", json::array{}},
                            {"links", json::array{json::object{{"source", "osadc2"}, {"code", 8457}, {"safe", false}}}},
                            {"unjam_self", hub},
                            {"unjam_time_source", "ntp.example.net"}};
  const std::string show =
      "printf '%s|' \"$in_yes\" \"$in_no\" \"$in_count\" \"$in_wait\" \"$in_host\" \"$in_hosts\" \"$in_to\" "
      "\"$in_to_hosts\" \"$in_ids\" \"$in_none\" \"$in_links\" \"$unjam_self\" \"$unjam_time_source\" \"$unjam_token\" "
      "\"$fence_epoch\" \"$fence_store\"";
  EXPECT_EQ(run(show, inputs, {{"epoch", 3}, {"store", "s-1"}}),
            "true|false|-7|90000|tyohub1\t10.0.0.1\ttokyo\thub|"
            "tyohub1\t10.0.0.1\ttokyo\thub\ntyodc1\t10.0.0.2\ttokyo\tdc|osaka|tyodc1\t10.0.0.2\ttokyo\tdc|A1\nB 2||"
            "osadc2\t8457\tfalse|tyohub1\t10.0.0.1\ttokyo\thub|ntp.example.net|0123456789abcdef|3|s-1|");
}

TEST(RenderCall, RefusesWhatCannotTravel) {
  const auto refused = [](const json::object& inputs) {
    const auto call = render_call({"sh", kTinyPrelude, ":"}, inputs, {}, kToken, false);
    return !call.has_value() && call.error().kind == ErrorKind::invalid;
  };
  EXPECT_TRUE(refused({{"a", std::string("x\0y", 3)}}));
  EXPECT_TRUE(refused({{"a", json::array{"x\ny"}}}));
  EXPECT_TRUE(refused({{"a", json::array{"x\ty"}}}));
  EXPECT_TRUE(refused({{"a", json::array{""}}}));
  EXPECT_TRUE(refused({{"a", json::array{json::object{{"k", "x\ty"}}}}}));
  EXPECT_TRUE(refused({{"a", json::array{json::array{}}}}));
  EXPECT_TRUE(refused({{"a", json::object{{"k", json::object{{"l", 1}}}}}}));
  EXPECT_TRUE(refused({{"a", nullptr}}));
  EXPECT_TRUE(refused({{"a; touch /x", 1}}));
  EXPECT_TRUE(refused({{"", 1}}));
  EXPECT_TRUE(refused({{"to", json::object{{"name", "x"}, {"hosts", json::array{}}}}, {"to_hosts", "y"}}));
  EXPECT_TRUE(refused({{"unjam_token", "ff"}}));
  EXPECT_TRUE(refused({{"a", std::string(kMaxInput, 'x')}}));
  EXPECT_FALSE(refused({{"a", "x\ny\tz"}}));
}

TEST(RenderCall, RefusesATokenThatIsNotHex) {
  for (const char* token : {"", "xyz", "12 34", "$(id)", "ABCDEF"}) {
    EXPECT_FALSE(render_call({"sh", "", ":"}, {}, {}, token, false).has_value()) << token;
  }
}

TEST(RenderCall, HasConstantCommandsWithoutAnyInput) {
  const Script script{"sh", kTinyPrelude, "echo secret-script"};
  const auto plain = render_call(script, {{"a", "secret-input"}}, {}, kToken, false);
  const auto sudo = render_call(script, {{"a", "secret-input"}}, {}, kToken, true);
  EXPECT_EQ(plain->command, "/bin/sh -s");
  EXPECT_EQ(sudo->command, "sudo -n /bin/sh -s");
  EXPECT_EQ(plain->input(), sudo->input());
  EXPECT_TRUE(plain->input().starts_with("unjam_main() {\n" + kTinyPrelude));
  EXPECT_TRUE(plain->input().ends_with("\n}\nunjam_main </dev/null\n"));
}

TEST(RenderCall, RunsNothingOfACutInput) {
  // given every proper beginning of a call, when a real shell gets it, then the script has not run
  const auto call = render_call({"sh", kTinyPrelude, "echo ran"}, {}, {}, kToken, false);
  const std::string input = call->input();
  const TempDir dir;
  for (std::size_t length = 0; length + 3 < input.size(); length += 1 + input.size() / 37) {
    write_file(dir.file("cut"), input.substr(0, length));
    const std::string said = output_of({"/bin/sh", "-c", "/bin/sh -s < '" + dir.file("cut") + "' 2>/dev/null || true"});
    if (length < input.find("\n}\nunjam_main") + 13) {
      EXPECT_EQ(said, "") << length;
    }
  }
}

TEST(RenderCall, GivesTheShippedPreludeWhatItNeeds) {
  // given the shipped prelude and a script that answers, when a real shell runs it, then the answer is classified
  const std::string prelude = read_file(testing_support::source_dir() + "/actions/packs/prelude.sh");
  ASSERT_FALSE(prelude.empty());
  const auto call = render_call({"sh", prelude, "out_text n \"$in_text\"\nbefore_text b x\nanswer\n"},
                                {{"text", "a\"\\\t東京"}}, {}, kToken, false);
  const TempDir dir;
  write_file(dir.file("input"), call->input());
  Reply reply;
  reply.ended = Ended::exited;
  reply.out = output_of({"/bin/sh", "-c", call->command + " < '" + dir.file("input") + "'"});
  ActionSpec spec;
  spec.outputs = {{"n", playbooks::types::text()}};
  const Outcome outcome = classify(reply, kToken, spec);
  ASSERT_EQ(outcome.kind, Outcome::Kind::answered) << outcome.reason << reply.out;
  EXPECT_EQ(*outcome.answer.outputs.as_record()->at("n").as_text(), "a\"\\\t東京");
  EXPECT_EQ(outcome.answer.before.at("b").as_string(), "x");
}

TEST(RenderCall, SendsPowerShellOneLineOfBase64) {
  const auto call =
      render_call({"powershell", "function P {}", "P '東京'"}, {{"to", "o'saka"}}, {{"epoch", 1}}, kToken, false);
  ASSERT_TRUE(call.has_value()) << call.error().message;
  constexpr std::string_view kStart = "powershell.exe -NoProfile -NonInteractive -EncodedCommand ";
  ASSERT_TRUE(call->command.starts_with(kStart));
  EXPECT_LT(call->command.size(), 8191u);  // cmd.exe's limit
  const auto wide = base64_decode(call->command.substr(kStart.size()));
  ASSERT_TRUE(wide.has_value());
  std::string bootstrap;
  for (std::size_t i = 0; i < wide->size(); i += 2) {
    bootstrap += (*wide)[i];
    EXPECT_EQ((*wide)[i + 1], '\0');
  }
  EXPECT_THAT(bootstrap, HasSubstr("$input|Out-String"));
  const std::string input = call->input();
  EXPECT_EQ(input.find('\n'), input.size() - 1);
  const auto script = base64_decode(input.substr(0, input.size() - 1));
  ASSERT_TRUE(script.has_value());
  EXPECT_TRUE(script->starts_with("$UnjamInput = @{\n"));
  EXPECT_THAT(*script, HasSubstr("'in_to' = '" + base64_encode("o'saka") + "'"));
  EXPECT_THAT(*script, HasSubstr("'fence_epoch' = '" + base64_encode("1") + "'"));
  EXPECT_THAT(*script, HasSubstr("'unjam_token' = '" + base64_encode(kToken) + "'"));
  EXPECT_THAT(*script, HasSubstr("function P {}\nP '東京'"));
  EXPECT_FALSE(render_call({"powershell", "", ""}, {}, {}, kToken, true).has_value());
  EXPECT_FALSE(render_call({"cmd", "", ""}, {}, {}, kToken, false).has_value());
}

std::string decoded(const std::string& command) {
  const auto wide = base64_decode(command.substr(command.rfind(' ') + 1));
  std::string narrow;
  for (std::size_t i = 0; wide && i < wide->size(); i += 2) narrow += (*wide)[i];
  return narrow;
}

TEST(TaskCommand, FitsIntoOneLineOfCmdAndNamesTheTask) {
  constexpr std::size_t kMostOfCmd = 8191;
  const std::string command = task_command(std::string(64, 'x'));
  EXPECT_LE(command.size(), kMostOfCmd);
  EXPECT_THAT(decoded(task_command("Unjam")),
              testing::AllOf(HasSubstr("/run /tn 'Unjam'"), testing::Not(HasSubstr("@"))));
}

TEST(TaskCommand, RunsInTheTaskWhatADirectCallRuns) {
  const auto direct = render_call({"powershell", "", ""}, {}, {}, kToken, false);
  ASSERT_TRUE(direct.has_value());
  std::ifstream file(testing_support::source_dir() + "/actions/packs/windows/task-run.ps1");
  const std::string text((std::istreambuf_iterator<char>(file)), {});
  EXPECT_THAT(text, HasSubstr(decoded(direct->command)));
}

// ---- answers

ActionSpec spec() {
  ActionSpec spec;
  spec.name = "mail.queues";
  spec.outputs = {{"stuck", playbooks::types::integer()},
                  {"inside_ok", playbooks::types::boolean()},
                  {"took", playbooks::types::duration()}};
  return spec;
}

std::string frame(const std::string& body, const std::string& token = kToken) {
  const std::string text = base64_encode(body);
  return "UNJAM-BEGIN " + token + "\n" + text + "\nUNJAM-END " + token + " " + std::to_string(text.size()) + "\n";
}

Outcome outcome_of(const std::string& out) {
  Reply reply;
  reply.ended = Ended::exited;
  reply.out = out;
  return classify(reply, kToken, spec());
}

const std::string kGood = R"({"outputs":{"stuck":3,"inside_ok":true,"took":"1.5s"},"before":{"p":"x"},"after":{}})";

TEST(Classify, ReadsTypedOutputs) {
  const Outcome outcome = outcome_of(frame(kGood));
  ASSERT_EQ(outcome.kind, Outcome::Kind::answered) << outcome.reason;
  const auto& fields = *outcome.answer.outputs.as_record();
  EXPECT_EQ(*fields.at("stuck").as_int(), 3);
  EXPECT_EQ(*fields.at("inside_ok").as_bool(), true);
  EXPECT_EQ(*fields.at("took").as_duration(), std::chrono::milliseconds(1500));
  EXPECT_EQ(outcome.answer.before.at("p").as_string(), "x");
}

TEST(Classify, LeavesAnOutputOutThatTheScriptLeftOut) {
  const Outcome outcome = outcome_of(frame(R"({"outputs":{"stuck":3}})"));
  ASSERT_EQ(outcome.kind, Outcome::Kind::answered);
  EXPECT_EQ(outcome.answer.outputs.as_record()->size(), 1u);
}

TEST(Classify, FindsTheFrameInNoise) {
  const std::string good = frame(kGood);
  std::string windows = good;
  for (std::size_t at = 0; (at = windows.find('\n', at)) != std::string::npos; at += 2) windows.replace(at, 1, "\r\n");
  std::string wrapped = good;
  for (std::size_t at = good.find('\n') + 9; at < wrapped.find("\nUNJAM-END"); at += 9) wrapped.insert(at, "\r\n");
  for (const std::string& out :
       {"motd\n" + good + "bye\n", windows, wrapped, "\x1b[?1h" + good, good.substr(0, good.size() - 1),
        frame("{}", "ffff") + good, "UNJAM-BEGIN " + kToken + "\nUNJAM-END " + kToken + " 99\n" + good,
        good + frame(R"({"outputs":{"stuck":4}})")}) {
    const Outcome outcome = outcome_of(out);
    ASSERT_EQ(outcome.kind, Outcome::Kind::answered) << out << outcome.reason;
    EXPECT_EQ(*outcome.answer.outputs.as_record()->at("stuck").as_int(), 3);
  }
}

TEST(Classify, TakesNoBeginningOfAnAnswerForAnAnswer) {
  // given every proper beginning of an answer that does not hold its length, when judged, then unknown
  const std::string whole = frame(kGood);
  const std::string length = std::to_string(base64_encode(kGood).size());
  const std::size_t complete = whole.rfind(length) + length.size();
  for (std::size_t cut = 0; cut < complete; ++cut) {
    EXPECT_EQ(outcome_of(whole.substr(0, cut)).kind, Outcome::Kind::unknown) << whole.substr(0, cut);
  }
}

TEST(Classify, TakesNoDamagedAnswerForAnAnswer) {
  const std::string whole = frame(kGood);
  const std::size_t body = whole.find('\n') + 1;
  const std::size_t end = whole.find("\nUNJAM-END");
  for (std::size_t at = body; at < end; ++at) {
    std::string lost = whole;
    lost.erase(at, 1);
    EXPECT_EQ(outcome_of(lost).kind, Outcome::Kind::unknown) << lost;
    std::string gap = whole;
    gap.insert(at, kGapMark);
    EXPECT_EQ(outcome_of(gap).kind, Outcome::Kind::unknown);
  }
}

TEST(Classify, IsUnknownWhenTheContractIsBroken) {
  for (const char* body :
       {R"({"outputs":{"stuck":"3"}})", R"({"outputs":{"stuck":3.5}})", R"({"outputs":{"inside_ok":1}})",
        R"({"outputs":{"took":"soon"}})", R"({"outputs":{"other":1}})", R"({"outputs":[]})", R"({"more":{}})", R"([])",
        R"({"outputs":{"stuck":3,"stuck":4}})", R"(nothing)", R"({"error":{"kind":"odd","text":"x"}})",
        R"({"error":{"kind":"failed"}})", R"({"error":"failed"})",
        R"({"error":{"kind":"failed","text":"x"},"outputs":{}})"}) {
    const Outcome outcome = outcome_of(frame(body));
    EXPECT_EQ(outcome.kind, Outcome::Kind::unknown) << body;
    EXPECT_FALSE(outcome.reason.empty());
  }
}

TEST(Classify, ReadsTheScriptsOwnRefusal) {
  const Outcome outcome = outcome_of(frame(R"({"error":{"kind":"refused","text":"fence: boot"}})"));
  ASSERT_EQ(outcome.kind, Outcome::Kind::refused);
  EXPECT_EQ(outcome.refusal.kind, Refusal::Kind::refused);
  EXPECT_EQ(outcome.refusal.text, "fence: boot");
}

TEST(Classify, TellsNotSentFromUnknown) {
  const Result<Reply> refused = fail(ErrorKind::not_sent, "connection refused", "tyohub1");
  const Result<Reply> denied = fail(ErrorKind::denied, "host key changed", "tyohub1");
  EXPECT_EQ(classify(refused, kToken, spec()).kind, Outcome::Kind::not_sent);
  EXPECT_FALSE(classify(refused, kToken, spec()).denied);
  EXPECT_THAT(classify(refused, kToken, spec()).reason, HasSubstr("tyohub1"));
  EXPECT_TRUE(classify(denied, kToken, spec()).denied);
  for (const Ended ended : {Ended::exited, Ended::signalled, Ended::cut, Ended::timed_out, Ended::flooded}) {
    Reply reply;
    reply.ended = ended;
    reply.exit_status = 0;
    EXPECT_EQ(classify(reply, kToken, spec()).kind, Outcome::Kind::unknown);
    reply.out = frame(kGood);
    EXPECT_EQ(classify(reply, kToken, spec()).kind, Outcome::Kind::answered);
  }
}

TEST(Classify, RepeatsNoXmlOfWindowsPowerShell) {
  Reply reply;
  reply.ended = Ended::exited;
  reply.exit_status = 1;
  reply.err =
      "#< CLIXML\r\n<Objs Version=\"1.1\"><Obj S=\"progress\"/></Objs>the task did not start\r\n#< CLIXML\r\n<Objs";
  const auto outcome = classify(reply, kToken, spec());
  EXPECT_THAT(outcome.reason, testing::EndsWith("it said: the task did not start"));
}

TEST(Classify, ShowsNoControlCharactersOfTheHost) {
  Reply reply;
  reply.err = "sudo: a password is required\x1b]0;x\x07\r\n";
  const Outcome outcome = classify(reply, kToken, spec());
  EXPECT_THAT(outcome.reason, HasSubstr("a password is required"));
  for (const char c : outcome.reason) EXPECT_GE(static_cast<unsigned char>(c), 0x20);
}

}  // namespace
}  // namespace unjam::actions
