// Component states, maintenance and health of an Exchange server.
using System;
using System.Collections.Generic;
using System.Linq;
using System.Management.Automation;

namespace Unjam.Lab;

public enum ServiceState { Active, Inactive, Draining }

public class ServerComponentStatus
{
    public string ServerFqdn { get; init; }
    public string Component { get; init; }
    public ServiceState State { get; init; }
}

// A component is Active only if no requester holds it otherwise.
static class Components
{
    static readonly string[] kAll = { "ServerWideOffline", "HubTransport", "FrontendTransport", "Monitoring", "RecoveryActionsEnabled", "AutoDiscoverProxy", "UMCallRouter" };
    // 2019 has no Unified Messaging.
    public static IEnumerable<string> All => kAll.Where(c => c != "UMCallRouter" || World.Exchange < 2019);
    public static readonly string[] kRequesters = { "HealthAPI", "Maintenance", "Sidelined", "Functional", "Deployment" };

    public static ServiceState Of(View view, string component)
    {
        if (component == "HubTransport" && view.Is("drained") && view.Text("drained_by") != "unjam") return ServiceState.Inactive; // under Functional
        var held = kRequesters.Select(r => view.Disk("component " + component + " " + r)).Where(s => s != null && s != "Active").ToArray();
        return held.Length == 0 ? ServiceState.Active : Enum.Parse<ServiceState>(held[0]);
    }
    public static bool Transport(View view) => Of(view, "HubTransport") == ServiceState.Active && Of(view, "ServerWideOffline") == ServiceState.Active;
}

[Exchange(Since = 2013)] [Cmdlet(VerbsCommon.Get, "ServerComponentState")]
public class GetServerComponentState : PSCmdlet
{
    [Parameter(Position = 0, Mandatory = true)] public string Identity;
    [Parameter] public string Component;
    protected override void EndProcessing()
    {
        ExchangeShell.NeedDirectory(this);
        var other = World.See().Find(Identity);
        if (other == null || other.Role != "hub") Queues.NeedThisServer(this, Identity);
        var view = World.See(other.Name);
        foreach (var name in Components.All.Where(c => string.IsNullOrEmpty(Component) || View.Same(c, Component)))
            WriteObject(ExchangeShell.Shape(new ServerComponentStatus { ServerFqdn = other.Name + "." + World.Domain, Component = name, State = Components.Of(view, name) }));
    }
}

[Exchange(Since = 2013)] [Cmdlet(VerbsCommon.Set, "ServerComponentState", SupportsShouldProcess = true)]
public class SetServerComponentState : PSCmdlet
{
    [Parameter(Position = 0, Mandatory = true)] public string Identity;
    [Parameter(Mandatory = true)] public string Component;
    [Parameter(Mandatory = true)] public ServiceState State;
    [Parameter(Mandatory = true)] public string Requester;
    protected override void EndProcessing()
    {
        ExchangeShell.NeedDirectory(this);
        Queues.NeedThisServer(this, Identity);
        if (!Components.kRequesters.Contains(Requester, StringComparer.OrdinalIgnoreCase)) ThrowTerminatingError(new ErrorRecord(new ArgumentException("Requester " + Requester + " is unknown"), "Requester", ErrorCategory.InvalidArgument, Requester));
        if (!Components.All.Contains(Component, StringComparer.OrdinalIgnoreCase)) ThrowTerminatingError(new ErrorRecord(new ArgumentException("Component " + Component + " is unknown"), "Component", ErrorCategory.InvalidArgument, Component));
        World.Keep("component " + Component + " " + Requester, State == ServiceState.Active ? null : State.ToString(), disk: true);
        World.Note("component", Component + "=" + State + " requester=" + Requester);
    }
}

public class ExchangeServer
{
    public string Name { get; init; }
    public string Fqdn { get; init; }
    public string Site { get; init; }
    public string ServerRole { get; init; }
}

[Exchange] [Cmdlet(VerbsCommon.Get, "ExchangeServer")]
public class GetExchangeServer : PSCmdlet
{
    [Parameter(Position = 0)] public string Identity;
    protected override void EndProcessing()
    {
        ExchangeShell.NeedDirectory(this);
        var hubs = World.See().Others.Where(o => o.Role == "hub" && (string.IsNullOrEmpty(Identity) || View.Same(o.Name, Identity))).ToArray();
        if (hubs.Length == 0) WriteError(new ErrorRecord(new ArgumentException("The operation couldn't be performed because object '" + Identity + "' couldn't be found."), "ManagementObjectNotFoundException", ErrorCategory.InvalidData, Identity));
        foreach (var o in hubs)
            WriteObject(ExchangeShell.Shape(new ExchangeServer { Name = o.Name.ToUpperInvariant(), Fqdn = o.Name + "." + World.Domain, Site = World.Domain + "/Configuration/Sites/" + o.Site, ServerRole = World.Exchange == 2010 ? "HubTransport" : "Mailbox" }));
    }
}

public class MailboxServer
{
    public string Name { get; init; }
    public string DatabaseAvailabilityGroup { get; init; }
    public string DatabaseCopyAutoActivationPolicy { get; init; }
}

[Exchange] [Cmdlet(VerbsCommon.Get, "MailboxServer")]
public class GetMailboxServer : PSCmdlet
{
    [Parameter(Position = 0)] public string Identity;
    protected override void EndProcessing()
    {
        ExchangeShell.NeedDirectory(this);
        Queues.NeedThisServer(this, Identity);
        if (World.Exchange == 2010) // a hub without the mailbox role
        {
            WriteError(new ErrorRecord(new ArgumentException("The operation couldn't be performed because object '" + Identity + "' couldn't be found on the domain controller."), "ManagementObjectNotFoundException", ErrorCategory.InvalidData, Identity));
            return;
        }
        WriteObject(ExchangeShell.Shape(new MailboxServer { Name = World.Host.ToUpperInvariant(), DatabaseAvailabilityGroup = World.Fact("dag"),
            DatabaseCopyAutoActivationPolicy = World.See().Disk("activation") ?? World.Fact("activation", "Unrestricted") }));
    }
}

[Exchange(Since = 2010)] [Cmdlet(VerbsCommon.Set, "MailboxServer", SupportsShouldProcess = true)]
public class SetMailboxServer : PSCmdlet
{
    [Parameter(Position = 0, Mandatory = true)] public string Identity;
    [Parameter] [ValidateSet("Blocked", "IntrasiteOnly", "Unrestricted")] public string DatabaseCopyAutoActivationPolicy;
    protected override void EndProcessing()
    {
        ExchangeShell.NeedDirectory(this);
        Queues.NeedThisServer(this, Identity);
        World.Keep("activation", DatabaseCopyAutoActivationPolicy, disk: true);
        World.Note("activation", DatabaseCopyAutoActivationPolicy);
    }
}

// What the DAG's own maintenance scripts do here: they block activation, and set it to Unrestricted afterwards, whatever it was.
[Cmdlet("Set", "LabDagMaintenance")]
public class SetLabDagMaintenance : PSCmdlet
{
    [Parameter(Mandatory = true)] public bool On;
    protected override void EndProcessing()
    {
        World.Keep("activation", On ? "Blocked" : "Unrestricted", disk: true);
        World.Keep("cluster node", On ? "Paused" : null, disk: true);
        World.Note("dag", On ? "maintenance-started" : "maintenance-stopped");
    }
}

[Exchange(Since = 2013)] [Cmdlet("Redirect", "Message", SupportsShouldProcess = true, ConfirmImpact = ConfirmImpact.High)]
public class RedirectMessage : PSCmdlet
{
    [Parameter(Mandatory = true)] public string Server;
    [Parameter(Mandatory = true)] public string Target;
    protected override void EndProcessing()
    {
        Queues.NeedTransport(this);
        Queues.NeedThisServer(this, Server);
        if (!MyInvocation.BoundParameters.ContainsKey("Confirm"))
            ThrowTerminatingError(new ErrorRecord(new InvalidOperationException("Windows PowerShell is in NonInteractive mode. Read and Prompt functionality is not available."), "NonInteractive", ErrorCategory.InvalidOperation, null));
        if (!Target.Contains('.')) ThrowTerminatingError(new ErrorRecord(new ArgumentException("The target must be a fully qualified domain name."), "Target", ErrorCategory.InvalidArgument, Target));
        var to = World.See().Find(Target);
        if (to == null || to.Role != "hub") ThrowTerminatingError(new ErrorRecord(new ArgumentException("The target server '" + Target + "' wasn't found."), "Target", ErrorCategory.ObjectNotFound, Target));
        World.Do("redirect", ("to", to.Name));
    }
}

public class ServiceHealth
{
    public string Role { get; init; }
    public bool RequiredServicesRunning { get; init; }
    public string[] ServicesRunning { get; init; }
    public string[] ServicesNotRunning { get; init; }
}

[Exchange] [Cmdlet(VerbsDiagnostic.Test, "ServiceHealth")]
public class TestServiceHealth : PSCmdlet
{
    [Parameter] public string Server;
    protected override void EndProcessing()
    {
        ExchangeShell.NeedDirectory(this);
        Queues.NeedThisServer(this, Server);
        var all = Services.All().Where(s => s.Name.StartsWith("MSExchange")).ToArray();
        var down = all.Where(s => s.Status != ServiceControllerStatus.Running).Select(s => s.Name).ToArray();
        WriteObject(ExchangeShell.Shape(new ServiceHealth { Role = "Hub Transport Server Role", RequiredServicesRunning = down.Length == 0,
            ServicesRunning = all.Select(s => s.Name).Except(down).ToArray(), ServicesNotRunning = down }));
    }
}
