// Queues, messages and the tracking log of Exchange 2010 to 2019.
using System;
using System.Collections.Generic;
using System.Linq;
using System.Management.Automation;

namespace Unjam.Lab;

public enum QueueStatus { None, Active, Ready, Retry, Suspended, Connecting }
public enum DeliveryType
{
    Undefined, DnsConnectorDelivery, MapiDelivery, NonSmtpGatewayDelivery, SmartHostConnectorDelivery, SmtpRelayToRemoteAdSite, SmtpRelayToTiRg, SmtpRelayWithinAdSite,
    SmtpRelayWithinAdSiteToEdge, Unreachable, ShadowRedundancy, Heartbeat, DeliveryAgent, SmtpDeliveryToMailbox, SmtpRelayToDag, SmtpRelayToMailboxDeliveryGroup,
    SmtpRelayToConnectorSourceServers, SmtpRelayToServers, SmtpRelayToRemoteForest
}

public class QueueIdentity
{
    readonly string text_;
    public QueueIdentity(string text) { text_ = text; }
    public override string ToString() => text_;
}

public class ExtensibleQueueInfo
{
    public QueueIdentity Identity { get; init; }
    public DeliveryType DeliveryType { get; init; }
    public string NextHopDomain { get; init; }
    public string NextHopCategory { get; init; }
    public QueueStatus Status { get; init; }
    public int MessageCount { get; init; }
    public string LastError { get; init; }
    public DateTime? LastRetryTime { get; init; }
    public DateTime? NextRetryTime { get; init; }
    public double Velocity { get; init; }
}
public class ExtensibleMessageInfo
{
    public string Identity { get; init; }
    public QueueIdentity Queue { get; init; }
    public string InternetMessageId { get; init; }
    public string Status { get; init; }
}

static class Queues
{
    static string Server => World.Host.ToUpperInvariant();

    // What the receiver said, as the sender keeps it. English on every system.
    static string Said(string fault, View view, string site)
    {
        var kind = World.Fact("refusal_text", fault);
        return kind switch {
            "auth" => "454 4.7.0 Temporary authentication failure.",
            "tls" => "454 4.7.0 Temporary authentication failure because negotiated Tls cipher strength is too weak",
            "5.7.3" => "451 5.7.3 Cannot achieve Exchange Server authentication.",
            "authorization" => "454 4.7.0 Temporary authorization failure",
            "dns" => "DNS query failed. The error was: SMTPSEND.DNS.NonExistentDomain; nonexistent domain",
            _ => "" };
    }
    static string Error(string fault, View view, string site)
    {
        if (fault == "none") return "";
        var far = view.Others.First(o => o.Role == "hub" && o.Site == site);
        var inner = Said(fault, view, site);
        var text = fault == "dns" ? "451 4.4.0 " + inner
            : fault == "unreachable"
                ? "441 4.4.1 Error encountered while communicating with primary target IP address: \"Failed to connect. Winsock error code: 10060, Win32 error code: 10060.\" Attempted failover to alternate host, but that did not succeed. The last endpoint attempted was " + far.Address + ":25"
                : "451 4.4.0 Primary target IP address responded with: \"" + inner + "\" Attempted failover to alternate host, but that did not succeed. Either there are no alternate hosts, or delivery failed to all alternate hosts.";
        var when = view.LocalNow;
        var fqdn = far.Name + "." + World.Domain;
        // The time is in the culture of the Exchange process, whatever that is.
        var local = World.Japanese ? when.ToString("yyyy/MM/dd HH:mm:ss") : when.ToString("dd.MM.yyyy HH:mm:ss");
        return World.Exchange switch {
            2010 => text,
            2016 => "[{LRT=" + local + "};{LED=" + text + "};{FQDN=" + fqdn + "};{IP=" + far.Address + "}]",
            _ => "[{LED=" + text + "};{MSG=};{FQDN=" + fqdn + "};{IP=" + far.Address + "};{LRT=" + local + "}]" };
    }
    static (DeliveryType, string) Way(string site) => World.Exchange switch {
        2010 => (DeliveryType.SmtpRelayToRemoteAdSite, site),
        2016 => (DeliveryType.SmtpRelayToDag, "DAG-" + site.ToUpperInvariant()),
        _ => (DeliveryType.SmtpRelayToMailboxDeliveryGroup, "Site:" + char.ToUpperInvariant(site[0]) + site[1..] + ";Version:15") };

    public static List<(ExtensibleQueueInfo, List<Waiting>)> All()
    {
        var view = World.See();
        var all = new List<(ExtensibleQueueInfo, List<Waiting>)>();
        var number = 100 + (int)view.Boots * 10;
        foreach (var group in view.Queue.GroupBy(w => w.To))
        {
            var (type, domain) = Way(group.Key);
            var fault = group.Select(w => w.Fault).FirstOrDefault(f => f != "none") ?? "none";
            var retry = fault != "none";
            all.Add((new ExtensibleQueueInfo { Identity = new QueueIdentity(Server + "\\" + ++number), DeliveryType = type, NextHopDomain = domain,
                NextHopCategory = "Internal", Status = retry ? QueueStatus.Retry : QueueStatus.Active, MessageCount = group.Count(),
                LastError = Error(fault, view, group.Key), LastRetryTime = view.LocalNow.AddMinutes(-2), NextRetryTime = view.LocalNow.AddMinutes(8), Velocity = 0 }, group.ToList()));
        }
        all.Add(Simple("Submission", DeliveryType.Undefined, "Submission", QueueStatus.Ready, 0, ""));
        all.Add(Simple("Shadow\\" + (number + 5), DeliveryType.ShadowRedundancy, "peer." + World.Domain, QueueStatus.Ready, 3, ""));
        if (!view.Is("inside_ok"))
            all.Add(Simple((number + 6).ToString(), World.Exchange == 2010 ? DeliveryType.MapiDelivery : DeliveryType.SmtpDeliveryToMailbox, "db1", QueueStatus.Retry, 4, "432 4.2.0 STOREDRV.Deliver.Exception:StorageTransientException"));
        if (!view.Is("outbound_ok"))
            all.Add(Simple((number + 7).ToString(), DeliveryType.DnsConnectorDelivery, "example.org", QueueStatus.Retry, 2, "441 4.4.1 Connection timed out"));
        return all;
    }
    static (ExtensibleQueueInfo, List<Waiting>) Simple(string id, DeliveryType type, string domain, QueueStatus status, int count, string error) =>
        (new ExtensibleQueueInfo { Identity = new QueueIdentity(Server + "\\" + id), DeliveryType = type, NextHopDomain = domain, NextHopCategory = "Internal",
            Status = status, MessageCount = count, LastError = error }, new List<Waiting>());

    public static void NeedThisServer(PSCmdlet from, string server)
    {
        if (string.IsNullOrEmpty(server) || View.Same(server, Server) || View.Same(server, Server + "." + World.Domain)) return;
        from.ThrowTerminatingError(new ErrorRecord(new ArgumentException("The server '" + server + "' wasn't found."), "ManagementObjectNotFound", ErrorCategory.ObjectNotFound, server));
    }
    public static void NeedTransport(PSCmdlet from)
    {
        ExchangeShell.NeedDirectory(from);
        if (Services.All().Any(s => s.Name == "MSExchangeTransport" && s.Status is ServiceControllerStatus.Running or ServiceControllerStatus.Paused)) return;
        from.ThrowTerminatingError(new ErrorRecord(new InvalidOperationException("The Microsoft Exchange Transport service on server " + Server + " is unavailable (RPC_S_SERVER_UNAVAILABLE)."), "QueueViewerRpc", ErrorCategory.OpenError, null));
    }
}

[Exchange] [Cmdlet(VerbsCommon.Get, "Queue")]
public class GetQueue : PSCmdlet
{
    [Parameter(Position = 0)] [AllowNull] [AllowEmptyString] public string Identity;
    [Parameter] public string Server;
    [Parameter] public object ResultSize;
    [Parameter] public string Filter;
    protected override void EndProcessing()
    {
        Queues.NeedTransport(this);
        Queues.NeedThisServer(this, Server);
        var all = Queues.All().Select(q => q.Item1);
        // An identity that is empty or unknown gives every queue, as if it had not been given.
        if (!string.IsNullOrEmpty(Identity) && all.Any(q => View.Same(q.Identity.ToString(), Identity))) all = all.Where(q => View.Same(q.Identity.ToString(), Identity));
        foreach (var q in all.Take(Sizes.Of(this, ResultSize))) WriteObject(ExchangeShell.Shape(q));
    }
}

[Exchange] [Cmdlet("Retry", "Queue", SupportsShouldProcess = true)]
public class RetryQueue : PSCmdlet
{
    [Parameter(Position = 0, Mandatory = true)] public string Identity;
    [Parameter] public bool Resubmit;
    [Parameter] public string Server;
    protected override void EndProcessing()
    {
        Queues.NeedTransport(this);
        var (queue, waiting) = Queues.All().FirstOrDefault(q => View.Same(q.Item1.Identity.ToString(), Identity));
        if (queue == null) ThrowTerminatingError(new ErrorRecord(new ArgumentException("There's no queue that corresponds to the identity '" + Identity + "'."), "ObjectNotFound", ErrorCategory.ObjectNotFound, Identity));
        if (queue.Status != QueueStatus.Retry) ThrowTerminatingError(new ErrorRecord(new InvalidOperationException("The queue isn't in the Retry state."), "InvalidOperation", ErrorCategory.InvalidOperation, Identity));
        foreach (var site in waiting.Select(w => w.To).Distinct()) World.Do("retry", ("site", site));
    }
}

[Exchange] [Cmdlet(VerbsCommon.Get, "Message")]
public class GetMessage : PSCmdlet
{
    [Parameter(Position = 0)] public string Identity;
    [Parameter] public string Queue;
    [Parameter] public string Server;
    [Parameter] public object ResultSize;
    protected override void EndProcessing()
    {
        Queues.NeedTransport(this);
        Queues.NeedThisServer(this, Server);
        var all = Queues.All().Where(q => string.IsNullOrEmpty(Queue) || View.Same(q.Item1.Identity.ToString(), Queue))
            .SelectMany(q => q.Item2.Select(w => new ExtensibleMessageInfo { Identity = q.Item1.Identity + "\\" + w.Id, Queue = q.Item1.Identity, InternetMessageId = w.Id, Status = "Ready" }));
        foreach (var m in all.Take(Sizes.Of(this, ResultSize))) WriteObject(ExchangeShell.Shape(m));
    }
}

public class TrackingRecord
{
    public DateTime Timestamp { get; init; }
    public string EventId { get; init; }
    public string MessageId { get; init; }
}

[Exchange] [Cmdlet(VerbsCommon.Get, "MessageTrackingLog")]
public class GetMessageTrackingLog : PSCmdlet
{
    [Parameter] public string Server;
    [Parameter] public string MessageId;
    [Parameter] public object ResultSize;
    protected override void EndProcessing()
    {
        ExchangeShell.NeedDirectory(this);
        Queues.NeedThisServer(this, Server);
        Sizes.Of(this, ResultSize);
        var found = World.Do("track", ("id", MessageId));
        var state = (string)found["state"];
        // What was redirected was sent on, to the hub that has it now.
        var moved = state != "absent" && (string)found["at"] != World.Host && MessageId.EndsWith("@" + World.Host + "." + World.Domain + ">");
        if (state == "absent" || ((string)found["at"] != World.Host && !moved)) return;
        if (moved) state = "delivered";
        WriteObject(ExchangeShell.Shape(new TrackingRecord { EventId = "RECEIVE", MessageId = MessageId }));
        if (state == "delivered") WriteObject(ExchangeShell.Shape(new TrackingRecord { EventId = "SEND", MessageId = MessageId }));
        if (state == "queued") WriteObject(ExchangeShell.Shape(new TrackingRecord { EventId = "DEFER", MessageId = MessageId }));
        if (state == "withdrawn") WriteObject(ExchangeShell.Shape(new TrackingRecord { EventId = "FAIL", MessageId = MessageId }));
    }
}
