// The world behind this host: the model fleet, asked over a socket (../world/answers.h), and the facts of the host, which do not change.
using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Unjam.Lab;

static class World
{
    public static readonly string Folder = Environment.GetEnvironmentVariable("UNJAM_LAB") ?? "";
    public static readonly string Host = Environment.GetEnvironmentVariable("UNJAM_LAB_HOST") ?? "";
    public const string Domain = "lab.example";
    public const string NetBios = "LAB";

    static readonly Lazy<Dictionary<string, string>> facts_ = new(Facts);

    static Dictionary<string, string> Facts()
    {
        var facts = new Dictionary<string, string>();
        var file = Path.Combine(Folder, Host, "facts");
        if (!File.Exists(file)) return facts;
        foreach (var line in File.ReadAllLines(file))
        {
            var at = line.IndexOf('=');
            if (at > 0) facts[line[..at]] = line[(at + 1)..];
        }
        return facts;
    }
    // `exchange` 2010 | 2016 | 2019 | none, `language` en | ja, and oddities of this host, each by a name that the lab's README tells.
    public static string Fact(string name, string otherwise = "") => facts_.Value.TryGetValue(name, out var value) ? value : otherwise;
    public static bool Japanese => Fact("language") == "ja";
    public static int Exchange => int.TryParse(Fact("exchange"), out var year) ? year : 0;

    public static JsonObject Ask(JsonObject request)
    {
        request["host"] ??= Host;
        using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        socket.ReceiveTimeout = 60_000;
        socket.Connect(new UnixDomainSocketEndPoint(Path.Combine(Folder, "socket")));
        socket.Send(Encoding.UTF8.GetBytes(request.ToJsonString() + "\n"));
        using var reader = new StreamReader(new NetworkStream(socket), Encoding.UTF8);
        var answer = JsonNode.Parse(reader.ReadToEnd()).AsObject();
        if (answer["error"] != null) throw new InvalidOperationException("the lab's world: " + (string)answer["error"]);
        return answer;
    }
    public static JsonObject Do(string verb, params (string, JsonNode)[] with)
    {
        var request = new JsonObject { ["do"] = verb };
        foreach (var (name, value) in with) request[name] = value;
        return Ask(request);
    }
    public static View See() => new View(Do("see"));
    public static View See(string host) => new View(Do("see", ("host", host)));
    public static void Note(string word, string detail) => Do("note", ("word", word), ("detail", detail));
    public static void Keep(string name, string text, bool disk = false) =>
        Do("put", (disk ? "disk" : "memory", new JsonObject { [name] = text }));

    // How this call got in (../client.c): a key logon has no credentials for other machines, a password has, and SYSTEM is the computer's account.
    public static string Logon() => Environment.GetEnvironmentVariable("UNJAM_LAB_LOGON") ?? "console";
    public static bool HasCredentials => Logon() != "key";
}

class Other
{
    public string Name, Site, Role, Address;
    public double Offset;
    public bool Synced, Serves, AnswersTime, InboundOff, OutboundOff;
}

class Waiting
{
    public string Id, To, Fault;
}

class LinkInto
{
    public string Source, Site, Partition;
    public int Code;
}

class Refusal
{
    public long Id;
    public string Address;
    public DateTime When;
}

// What the world said, as a shim sees it.
class View
{
    readonly JsonObject all_;
    public View(JsonObject all) { all_ = all; }

    public string Text(string name) => (string)all_[name];
    public bool Is(string name) => (bool)all_[name];
    public double Number(string name) => (double)all_[name];
    public string Memory(string name) => (string)all_["memory"][name];
    public string Disk(string name) => (string)all_["disk"][name];
    public IEnumerable<KeyValuePair<string, string>> DiskTexts => all_["disk"].AsObject().Select(e => KeyValuePair.Create(e.Key, (string)e.Value));
    public long Boots => (long)all_["boots"];
    public string[] Comments => all_["comments"].AsArray().Select(c => (string)c).ToArray();
    public DateTime LocalNow => DateTime.UnixEpoch.AddMilliseconds((double)all_["now"]).AddSeconds(Number("offset"));

    public List<Waiting> Queue => all_["queue"].AsArray().Select(q => new Waiting {
        Id = (string)q["id"], To = (string)q["to"], Fault = (string)q["fault"] }).ToList();
    public List<Refusal> Refusals => all_["refusals"].AsArray().Select(r => new Refusal {
        Id = (long)r["id"], Address = (string)r["address"], When = DateTime.UnixEpoch.AddMilliseconds((double)r["when"]) }).ToList();
    public List<LinkInto> Links => all_["links"].AsArray().Select(l => new LinkInto {
        Source = (string)l["source"], Site = (string)l["site"], Partition = (string)l["partition"], Code = (int)l["code"] }).ToList();
    public List<Other> Others => all_["others"].AsArray().Select(o => new Other {
        Name = (string)o["name"], Site = (string)o["site"], Role = (string)o["role"], Address = (string)o["address"], Offset = (double)o["offset"],
        Synced = (bool)o["synced"], Serves = (bool)o["serves"], AnswersTime = (bool)o["time"],
        InboundOff = (bool)o["inbound_off"], OutboundOff = (bool)o["outbound_off"] }).ToList();

    // By short name, DNS name or address, in any case; null if there is none.
    public Other Find(string name)
    {
        var plain = name.TrimStart('\\');
        return Others.FirstOrDefault(o => o.Address == plain || Same(o.Name, plain) || Same(o.Name + "." + World.Domain, plain));
    }
    public static bool Same(string a, string b) => string.Equals(a, b, StringComparison.OrdinalIgnoreCase);
    // The controller that this host uses: of its own site if that serves.
    public Other Controller => Others.Where(o => o.Role == "dc" && o.AnswersTime && o.Serves).OrderBy(o => o.Site == Text("site") ? 0 : 1).FirstOrDefault();
}
