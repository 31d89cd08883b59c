// Services of this host: running unless somebody stopped or paused them since the boot; Exchange's and the directory's are up when the model says so.
using System;
using System.Collections.Generic;
using System.Linq;
using System.Management.Automation;

namespace Unjam.Lab;

public enum ServiceControllerStatus { Stopped = 1, StartPending, StopPending, Running, ContinuePending, PausePending, Paused }

public class ServiceController
{
    public string Name { get; init; }
    public string ServiceName => Name;
    public string DisplayName { get; init; }
    public ServiceControllerStatus Status { get; init; }
    public override string ToString() => Name;
}

static class Services
{
    static readonly (string, string, string)[] kAll = {
        ("W32Time", "Windows Time", "any"), ("Netlogon", "Netlogon", "any"), ("EventLog", "Windows Event Log", "any"), ("sshd", "OpenSSH SSH Server", "any"),
        ("NTDS", "Active Directory Domain Services", "dc"), ("Kdc", "Kerberos Key Distribution Center", "dc"),
        ("MSExchangeTransport", "Microsoft Exchange Transport", "hub"), ("MSExchangeADTopology", "Microsoft Exchange Active Directory Topology", "hub"),
        ("MSExchangeFrontEndTransport", "Microsoft Exchange Frontend Transport", "hub 2013") };

    public static IEnumerable<ServiceController> All()
    {
        var view = World.See();
        foreach (var (name, display, where) in kAll)
        {
            if (!where.StartsWith("any") && !where.StartsWith(view.Text("role"))) continue;
            if (where.EndsWith("2013") && World.Exchange < 2013) continue;
            yield return new ServiceController { Name = name, DisplayName = World.Japanese ? "サービス " + display : display, Status = StatusOf(view, name, where) };
        }
    }
    static ServiceControllerStatus StatusOf(View view, string name, string where)
    {
        if (!where.StartsWith("any") && !view.Is("services")) return ServiceControllerStatus.StartPending;
        var kept = view.Memory("service " + name);
        return kept == null ? ServiceControllerStatus.Running : Enum.Parse<ServiceControllerStatus>(kept);
    }
    public static bool Runs(string name) => All().Any(s => View.Same(s.Name, name) && s.Status == ServiceControllerStatus.Running);

    public static void Set(string name, ServiceControllerStatus status)
    {
        World.Keep("service " + name, status.ToString());
        World.Note("service", "name=" + name + " " + status);
        if (!View.Same(name, "MSExchangeTransport")) return;
        // The transport reads the states of its components when it starts: that is what begins or ends the draining.
        var active = World.Exchange < 2013 || Components.Transport(World.See());
        if (status == ServiceControllerStatus.Running && active) World.Do("resume", ("by", "unjam"));
        else if (status != ServiceControllerStatus.Stopped) World.Do("drain", ("by", "unjam"));
    }
}

[Cmdlet(VerbsCommon.Get, "Service")]
public class GetService : PSCmdlet
{
    [Parameter(Position = 0)] public string[] Name;
    protected override void EndProcessing()
    {
        var all = Services.All().ToArray();
        if (Name == null) { WriteObject(all, true); return; }
        foreach (var name in Name)
        {
            var pattern = new WildcardPattern(name, WildcardOptions.IgnoreCase);
            var found = all.Where(s => pattern.IsMatch(s.Name)).ToArray();
            if (found.Length == 0 && !WildcardPattern.ContainsWildcardCharacters(name))
                WriteError(new ErrorRecord(new InvalidOperationException("Cannot find any service with service name '" + name + "'."),
                    "NoServiceFoundForGivenName,Microsoft.PowerShell.Commands.GetServiceCommand", ErrorCategory.ObjectNotFound, name));
            WriteObject(found, true);
        }
    }
}

public abstract class ServiceChange : PSCmdlet
{
    [Parameter(Position = 0, Mandatory = true)] public string[] Name;
    [Parameter] public SwitchParameter PassThru;

    protected abstract void Change(ServiceController service);
    protected void Refuse(string name, string why) => ThrowTerminatingError(new ErrorRecord(new InvalidOperationException("Service '" + name + "' " + why), "ServiceCommandError", ErrorCategory.CloseError, name));
    protected override void EndProcessing()
    {
        foreach (var name in Name)
        {
            var found = Services.All().FirstOrDefault(s => View.Same(s.Name, name));
            if (found == null) Refuse(name, "was not found");
            Change(found);
        }
    }
}

[Cmdlet(VerbsLifecycle.Stop, "Service")]
public class StopService : ServiceChange
{
    [Parameter] public SwitchParameter Force;
    protected override void Change(ServiceController s) { if (s.Status != ServiceControllerStatus.Stopped) Services.Set(s.Name, ServiceControllerStatus.Stopped); }
}
[Cmdlet(VerbsLifecycle.Start, "Service")]
public class StartService : ServiceChange
{
    protected override void Change(ServiceController s)
    {
        if (World.Fact("cannot_start") == s.Name) Refuse(s.Name, "cannot be started");
        if (s.Status != ServiceControllerStatus.Running) Services.Set(s.Name, ServiceControllerStatus.Running);
    }
}
[Cmdlet(VerbsLifecycle.Restart, "Service")]
public class RestartService : ServiceChange
{
    [Parameter] public SwitchParameter Force;
    protected override void Change(ServiceController s) { Services.Set(s.Name, ServiceControllerStatus.Stopped); Services.Set(s.Name, ServiceControllerStatus.Running); }
}
[Cmdlet(VerbsLifecycle.Suspend, "Service")]
public class SuspendService : ServiceChange
{
    protected override void Change(ServiceController s)
    {
        if (s.Name != "MSExchangeTransport") Refuse(s.Name, "cannot be suspended because the service does not support being suspended or resumed.");
        if (s.Status != ServiceControllerStatus.Running) Refuse(s.Name, "cannot be suspended because it is not currently running.");
        Services.Set(s.Name, ServiceControllerStatus.Paused);
    }
}
[Cmdlet(VerbsLifecycle.Resume, "Service")]
public class ResumeService : ServiceChange
{
    protected override void Change(ServiceController s)
    {
        if (s.Status != ServiceControllerStatus.Paused) Refuse(s.Name, "cannot be resumed because it is not paused.");
        Services.Set(s.Name, ServiceControllerStatus.Running);
    }
}
