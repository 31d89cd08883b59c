#include <gtest/gtest.h>

#include "tests/playbooks/expr_world.h"

namespace unjam::playbooks {
namespace {

CheckedExprPtr check(const std::string& text, Diagnostics& out, const TypePtr& want = nullptr,
                     const TestNames& names = flagship_names()) {
  return check_expr(expr_text(text), want, names, out);
}

std::string rendered(const Diagnostics& out) {
  std::string all;
  for (const Diagnostic& d : out.all()) all += render(d);
  return all;
}

struct Good {
  std::string text;
  std::string type;
};

// Given the expressions that the flagship uses; when they are checked; then each has its type.
TEST(ExprCheck, TypesTheExpressionsOfTheFlagship) {
  const std::vector<Good> cases{
      {R"(hosts.filter(h, h.role == "hub" and h.site in [params.from, params.to]))", "set<host>"},
      {"hubs.filter(h, h.site == params.from)", "set<host>"},
      {"hubs + dcs", "set<host>"},
      {"senders.filter(h, queue(h).stuck > 0)", "set<host>"},
      {R"(senders.filter(h, queue(h).fault != "auth"))", "set<host>"},
      {"senders.size() == 0", "bool"},
      {"receivers.exists(r, senders.exists(s, s.address in refusal(r).sources))", "bool"},
      {"senders.all(h, queue(h).inside_ok and queue(h).outbound_ok)", "bool"},
      {"everyone.filter(h, abs(clock(h).offset) > params.max_skew)", "set<host>"},
      {"dcs.filter(d, sure(clock(d).synced and abs(clock(d).offset) <= params.agree\n"
       "  and (dcs.filter(x, sure(abs(clock(d).peers[x]) <= params.agree)).size() + 1) * 2 > dcs.size() + 1))",
       "set<host>"},
      {"dcs.filter(d, repl(d).failing.size() > 0)", "set<host>"},
      {"dcs.exists(d, repl(d).failing.exists(l, l.code == 8457 and not l.safe))", "bool"},
      {"not host in senders", "bool"},
      {"hubs.without(host).first()", "host"},
      {"dcs.first().name", "text"},
      {"host.role", "role"},
      {"sites.without(params.from)", "set<site>"},
      {"-hub(host).queued", "int"},
      {"(senders + receivers).filter(h, h.site == host.site and sure(hub(h).serving))", "set<host>"},
      {"senders.all(h, probe(h).arrived)", "bool"},
      {"senders.map(h, queue(h).stuck)", "list<int>"},
      {"2 * params.min_healthy", "int"},
      {"30s + params.agree", "duration"},
      {R"(queue(senders.first()).fault in ["auth", "tls"])", "bool"},
      {R"("auth" == queue(senders.first()).fault)", "bool"},
      {R"(params.word == "" ? "none" : params.word)", "text"},
      {"clock(host).peers", "map<host, duration>"},
      {"known(hub(host).ready) ? hub(host).queued : 0", "int"},
  };
  for (const Good& c : cases) {
    Diagnostics out;
    const CheckedExprPtr checked = check(c.text, out);
    ASSERT_TRUE(checked) << c.text << "\n" << rendered(out);
    EXPECT_EQ(spell(*checked->type), c.type) << c.text;
    EXPECT_FALSE(out.failed());
  }
}

struct Bad {
  std::string text;
  std::string shown;  // all of what is printed
};

// Given one expression per fault; when it is checked; then code, words, place and help are these.
TEST(ExprCheck, TellsEachFaultAtItsPlace) {
  const std::vector<Bad> cases{
      {"1 + 2.0",
       "play.yaml:1:1: error UJ0301: no `+` of int and double\n"
       "    1 + 2.0\n"
       "    ^~~~~~~\n"
       "    help: convert one: double(x) or int(x)\n"},
      {"hub(host).load > 1",
       "play.yaml:1:1: error UJ0301: no order between double and int\n"
       "    hub(host).load > 1\n"
       "    ^~~~~~~~~~~~~~~~~~\n"
       "    help: convert one: double(x) or int(x)\n"},
      {"senderz.size() == 0",
       "play.yaml:1:1: error UJ0302: unknown name 'senderz'\n"
       "    senderz.size() == 0\n"
       "    ^~~~~~~\n"
       "    help: did you mean 'senders'?\n"},
      {"senders.all(h, queue(h).stcuk > 0)",
       "play.yaml:1:25: error UJ0303: mail.queues has no field 'stcuk'\n"
       "    senders.all(h, queue(h).stcuk > 0)\n"
       "                            ^~~~~\n"
       "    help: did you mean 'stuck'?\n"},
      {R"(queue(senders.first()).fault == "Auth")",
       "play.yaml:1:33: error UJ0304: never \"Auth\": did you mean \"auth\"?\n"
       "    queue(senders.first()).fault == \"Auth\"\n"
       "                                    ^~~~~~\n"
       "    help: one of none, auth, authorization, tls, unreachable, dns, refused, other\n"},
      {R"(host.role == "hubs")",
       "play.yaml:1:14: error UJ0304: never \"hubs\": did you mean \"hub\"?\n"
       "    host.role == \"hubs\"\n"
       "                 ^~~~~~\n"
       "    help: one of dc, hub\n"},
      {"senders.all(h, refusal(h).last > 0)",
       "play.yaml:1:24: error UJ0305: refusal is asked of receivers; this host is of senders\n"
       "    senders.all(h, refusal(h).last > 0)\n"
       "                           ^\n"
       "    help: define the target of this host as receivers.filter(..)\n"},
      {"hosts.all(h, hub(h).ready)",
       "play.yaml:1:18: error UJ0305: hub is asked of hubs; this host is of the inventory\n"
       "    hosts.all(h, hub(h).ready)\n"
       "                     ^\n"
       "    help: define the target of this host as hubs.filter(..)\n"},
      {R"(params.password == "x")",
       "play.yaml:1:1: error UJ0307: a secret may only be handed to a secret input\n"
       "    params.password == \"x\"\n"
       "    ^~~~~~~~~~~~~~~\n"
       "    help: nothing may be computed from it or print it\n"},
      {"senders.size( > 0",
       "play.yaml:1:15: error UJ0308: expected a value, not '>'\n"
       "    senders.size( > 0\n"
       "                  ^\n"},
      {"senders.size() == 0 and true",
       "play.yaml:1:25: error UJ0309: a constant in and/or decides nothing or everything\n"
       "    senders.size() == 0 and true\n"
       "                            ^~~~\n"
       "    help: leave it out, or say what is meant\n"},
      {"senders.size() == 0 or 1 < 2",
       "play.yaml:1:24: error UJ0309: a constant in and/or decides nothing or everything\n"
       "    senders.size() == 0 or 1 < 2\n"
       "                           ^~~~~\n"
       "    help: leave it out, or say what is meant\n"},
  };
  for (const Bad& c : cases) {
    Diagnostics out;
    EXPECT_FALSE(check(c.text, out)) << c.text;
    EXPECT_EQ(rendered(out), c.shown);
  }
}

struct Refused {
  std::string text;
  std::string code;
  std::string part;  // of the message
};

// Given expressions that are wrong in many ways; when they are checked; then the code and the words say which.
TEST(ExprCheck, RefusesWhatIsNotWellTyped) {
  const std::vector<Refused> cases{
      {"senders == 1", "UJ0301", "set<host> never equals int"},
      {"host.site == params.word", "UJ0301", "site never equals text"},
      {"host == \"tyohub1\"", "UJ0301", "host never equals text"},
      {"params.word and senders.size() == 0", "UJ0301", "join bool, this is text"},
      {"not senders", "UJ0301", "no `not` of set<host>"},
      {"-params.agree", "UJ0301", "no `-` of duration"},
      {"params.agree * 2", "UJ0301", "no `*` of duration and int"},
      {"senders - receivers", "UJ0301", "no `-` of set<host> and set<host>"},
      {"senders[0]", "UJ0301", "set<host> has no [ ]"},
      {"queue(senders.first()).ids[\"a\"]", "UJ0301", "a place in a list is int"},
      {"clock(host).peers[1]", "UJ0301", "the keys are host"},
      {"1 in senders", "UJ0301", "int is never in set<host>"},
      {"\"a\" in params.word", "UJ0301", "nothing is `in` text"},
      {"[1, \"a\"]", "UJ0301", "a list of int cannot hold text"},
      {"{1: 2, \"a\": 3}", "UJ0301", "the keys of this map are int"},
      {"{1.5: 2}", "UJ0301", "double cannot be a key"},
      {"senders.size() > 0 ? 1 : \"a\"", "UJ0301", "one case is int, the other text"},
      {"1 ? 2 : 3", "UJ0301", "the condition of ? : is bool"},
      {"params.word.all(c, c == \"a\")", "UJ0301", "all goes over a set, list or map"},
      {"senders.filter(h, h.name)", "UJ0301", "filter wants a bool"},
      {"queue", "UJ0301", "'queue' is asked of a host"},
      {"senders(host)", "UJ0301", "'senders' is a value"},
      {"hub(1).ready", "UJ0301", "hub is asked of a host, this is int"},
      {"hub(host, host).ready", "UJ0301", "hub is asked of one host"},
      {"abs(\"x\")", "UJ0301", "no abs of text"},
      {"host.name.contains(1)", "UJ0301", "no contains of text, int"},
      {"host.name.matches(\"(\")", "UJ0301", "is no pattern"},
      {"duration(\"5 minutes\") > 1s", "UJ0301", "is no duration"},
      {"sure(host.name)", "UJ0301", "sure asks a bool, this is text"},
      {"host.site < params.to", "UJ0301", "no order between site and site"},
      {"senders.first(1)", "UJ0301", "first takes no arguments"},
      {"senders.without(1)", "UJ0301", "int is never in set<host>"},
      {"dyn(1) == 1", "UJ0302", "CEL's 'dyn' is not part"},
      {"host.name.contain(\"a\")", "UJ0302", "unknown function 'contain'"},
      {"sizes(senders)", "UJ0302", "unknown function 'sizes'"},
      {"params.form == params.to", "UJ0303", "params has no field 'form'"},
      {"host.adress == \"\"", "UJ0303", "host has no field 'adress'"},
      {"queue(senders.first()).fault in [\"auth\", \"tsl\"]", "UJ0304", "never \"tsl\": did you mean \"tls\"?"},
      {"queue(senders.first()).fault == \"broken\"", "UJ0304", "never \"broken\""},
      {"(senders + receivers).all(h, queue(h).stuck > 0)", "UJ0305", "queue is asked of senders"},
      {"[senders.first(), dcs.first()].all(h, hub(h).ready)", "UJ0305", "this host is of dcs + senders"},
      {"string(params.password)", "UJ0307", "secret"},
      {"[params.password]", "UJ0307", "secret"},
      {"known(params.password)", "UJ0307", "secret"},
      {"senders.exists(h, h.name == params.password)", "UJ0307", "secret"},
      {"hubs.all(host, hub(host).ready)", "UJ0204", "the name 'host' is taken"},
      {"hubs.all(senders, hub(senders).ready)", "UJ0204", "the name 'senders' is taken"},
      {"hubs.all(h, hubs.all(h, hub(h).ready))", "UJ0204", "the name 'h' is taken"},
      {"hub(host).ready or not false", "UJ0309", "constant"},
      {"hub(host).ready and [1, 2].exists(x, x == 1)", "UJ0309", "constant"},
      {"hub(host).ready or sure(false)", "UJ0309", "constant"},
      {"hub(host).ready and always", "UJ0309", "constant"},
      {"_size(host)", "UJ0302", "unknown function '_size'"},
  };
  TestNames names = flagship_names();
  names.value("always", types::boolean());
  names.names["always"].uses = std::make_shared<const ExprUses>();
  for (const Refused& c : cases) {
    Diagnostics out;
    EXPECT_FALSE(check(c.text, out, nullptr, names)) << c.text;
    ASSERT_EQ(out.all().size(), 1u) << c.text << "\n" << rendered(out);
    EXPECT_EQ(out.all()[0].code, c.code) << c.text << "\n" << rendered(out);
    EXPECT_NE(out.all()[0].message.find(c.part), std::string::npos) << rendered(out);
  }
}

// Given a wish; when the type is another; then it is refused at the whole expression, and literals take the wish.
TEST(ExprCheck, HoldsAgainstTheWantedType) {
  Diagnostics out;
  EXPECT_TRUE(check("senders.filter(h, queue(h).stuck > 0)", out, types::set_of(types::host())));
  EXPECT_TRUE(check("params.password", out, types::secret()));
  EXPECT_TRUE(check("[]", out, types::list_of(types::text())));
  const CheckedExprPtr word = check("\"dc\"", out, types::enumeration("role", {"dc", "hub"}));
  ASSERT_TRUE(word);
  EXPECT_NE(std::get_if<EnumValue>(&word->tree->literal.data()), nullptr);
  EXPECT_FALSE(out.failed());
  EXPECT_FALSE(check("senders.first()", out, types::set_of(types::host())));
  EXPECT_EQ(out.all().back().message, "expected set<host>, this is host");
  EXPECT_FALSE(check("params.password", out, types::text()));
  EXPECT_EQ(out.all().back().code, "UJ0307");
  EXPECT_FALSE(check("\"word\"", out, types::secret()));
  EXPECT_EQ(out.all().back().code, "UJ0301");
}

// Given enumerated sites; when a literal is none of them; then it is never that.
TEST(ExprCheck, KnowsTheSitesOfTheInventory) {
  TestNames names = flagship_names();
  names.site = types::site({"tokyo", "osaka"});
  Diagnostics out;
  EXPECT_TRUE(check("host.site == \"tokyo\"", out, nullptr, names));
  EXPECT_FALSE(check("host.site in [\"tokio\"]", out, nullptr, names));
  EXPECT_EQ(out.all().back().message, "never \"tokio\": did you mean \"tokyo\"?");
}

// Given a step that may be skipped; when its output is read bare; then UJ0402, and inside sure or known it is fine.
TEST(ExprCheck, ReadsConditionalOutputsOnlyInsideSureOrKnown) {
  TestNames names = flagship_names();
  names.names["probe"].conditional = true;
  names.value("mark", types::record("", {{"last", types::integer()}}));
  names.names["mark"].conditional = true;
  Diagnostics out;
  EXPECT_TRUE(check("sure(senders.all(h, probe(h).arrived))", out, nullptr, names));
  EXPECT_TRUE(check("known(mark.last)", out, nullptr, names));
  EXPECT_FALSE(out.failed());
  EXPECT_FALSE(check("senders.all(h, probe(h).arrived)", out, nullptr, names));
  EXPECT_FALSE(check("mark.last > 0", out, nullptr, names));
  ASSERT_EQ(out.all().size(), 2u);
  EXPECT_EQ(out.all()[0].code, "UJ0402");
  EXPECT_EQ(out.all()[1].message, "'mark' may have been skipped");
}

// Given names that exist elsewhere; when they are used here; then their own reason is told.
TEST(ExprCheck, SaysWhyANameCannotBeUsedHere) {
  TestNames names = flagship_names();
  names.names.erase("host");
  names.elsewhere["host"] = {"UJ0403", "there is no `host` outside of a rollout"};
  names.elsewhere["late"] = {"UJ0401", "'late' is not available on every way to here"};
  Diagnostics out;
  EXPECT_FALSE(check("host.name == \"x\"", out, nullptr, names));
  EXPECT_FALSE(check("late.size() == 0", out, nullptr, names));
  ASSERT_EQ(out.all().size(), 2u);
  EXPECT_EQ(out.all()[0].code, "UJ0403");
  EXPECT_EQ(out.all()[0].message, "there is no `host` outside of a rollout");
  EXPECT_EQ(out.all()[1].code, "UJ0401");
}

// Given several faults in one expression; when it is checked; then all of them are told.
TEST(ExprCheck, ReportsAllFaultsAtOnce) {
  Diagnostics out;
  EXPECT_FALSE(check("senderz.size() == 0 and queue(senders.first()).stuk > 0 and true", out));
  ASSERT_EQ(out.all().size(), 3u) << rendered(out);
}

// Given what sets lie in; when they are joined, filtered and cut; then the bounds follow.
TEST(ExprCheck, CarriesTheTargetsThatASetLiesIn) {
  const auto within = [](const std::string& text) {
    Diagnostics out;
    const CheckedExprPtr checked = check(text, out);
    return checked ? checked->type->within : Within{"not well typed"};
  };
  EXPECT_EQ(within("senders + receivers"), (Within{"receivers", "senders"}));
  EXPECT_EQ(within("senders.filter(h, true)"), (Within{"senders"}));
  EXPECT_EQ(within("everyone.without(host)"), (Within{"dcs", "hubs"}));
  EXPECT_EQ(within("everyone.without(dcs)"), (Within{"dcs", "hubs"}));
  EXPECT_EQ(within("senders + hosts"), Within{});
  EXPECT_EQ(within("dcs.first()"), (Within{"dcs"}));
  EXPECT_EQ(within("senders.size() > 0 ? senders : dcs"), (Within{"dcs", "senders"}));
}

// Given expressions over facts and lets; when they are checked; then what they ask is told, through lets too.
TEST(ExprCheck, TellsWhatAnExpressionAsks) {
  TestNames names = flagship_names();
  Diagnostics out;
  const CheckedExprPtr jammed = check("senders.filter(h, queue(h).stuck > 0)", out, nullptr, names);
  ASSERT_TRUE(jammed);
  names.value("jammed", hosts_in({"senders"}));
  names.names["jammed"].uses = std::make_shared<const ExprUses>(jammed->uses);

  const CheckedExprPtr gate = check(
      "not hub(host).ready and hub(host).queued > 0 and jammed.exists(s, queue(s).fault == \"auth\")\n"
      "and hubs.all(h, hub(h).serving) and senders.all(s, probe(s).arrived) and params.min_healthy > 0",
      out, nullptr, names);
  ASSERT_TRUE(gate) << rendered(out);
  ASSERT_EQ(gate->uses.facts.size(), 2u);
  EXPECT_EQ(gate->uses.facts[0].fact, "hub");
  EXPECT_EQ(gate->uses.facts[0].fields, (std::vector<std::string>{"queued", "ready", "serving"}));
  EXPECT_FALSE(gate->uses.facts[0].host_only);
  EXPECT_EQ(gate->uses.facts[1].fact, "queue");
  EXPECT_EQ(gate->uses.facts[1].fields, (std::vector<std::string>{"fault", "stuck"}));
  EXPECT_TRUE(gate->uses.host);
  EXPECT_EQ(gate->uses.names,
            (std::vector<std::string>{"host", "hubs", "jammed", "params.min_healthy", "probe", "senders"}));

  const CheckedExprPtr own = check("hub(host).ready", out, nullptr, names);
  ASSERT_TRUE(own);
  EXPECT_TRUE(own->uses.facts[0].host_only);
  const CheckedExprPtr whole = check("senders.map(s, queue(s))", out, nullptr, names);
  ASSERT_TRUE(whole);
  EXPECT_TRUE(whole->uses.facts[0].fields.empty());
}

// Given prose; when it is checked; then pieces alternate, $${ is plain, and faults are placed inside of it.
TEST(ExprCheckText, CutsProseIntoPieces) {
  Diagnostics out;
  const auto text = check_text(expr_text("from ${params.from}: ${ {\"}\": 1}.size() } $${x}"), flagship_names(), out);
  ASSERT_TRUE(text) << rendered(out);
  ASSERT_EQ(text->pieces.size(), 5u);
  EXPECT_EQ(text->pieces[0].plain, "from ");
  EXPECT_TRUE(text->pieces[1].expr);
  EXPECT_EQ(text->pieces[4].plain, " ${x}");
  EXPECT_EQ(text->uses.names, (std::vector<std::string>{"params.from"}));

  EXPECT_FALSE(check_text(expr_text("from ${params.form} to ${nobody}"), flagship_names(), out));
  EXPECT_FALSE(check_text(expr_text("never closed ${params.from"), flagship_names(), out));
  EXPECT_FALSE(check_text(expr_text("${params.password}"), flagship_names(), out));
  EXPECT_FALSE(check_text(expr_text("${}"), flagship_names(), out));
  ASSERT_EQ(out.all().size(), 5u) << rendered(out);
  EXPECT_EQ(out.all()[0].span, (Span{1, 15, 4}));
  EXPECT_EQ(out.all()[1].span, (Span{1, 26, 6}));
  EXPECT_EQ(out.all()[2].message, "the expression ends too early: expected an operator or the closing '}'");
  EXPECT_EQ(out.all()[3].code, "UJ0307");
  EXPECT_EQ(out.all()[4].message, "an expression is missing here");
}

}  // namespace
}  // namespace unjam::playbooks
