// How Exchange's commands come into a session: by the snap-in of the installed version, or by RemoteExchange.ps1 and Connect-ExchangeServer, which is
// remote PowerShell: its results are deserialised, and it needs credentials.
using System;
using System.Collections.Concurrent;
using System.Collections.Generic;
using System.Linq;
using System.Management.Automation;
using System.Reflection;

namespace Unjam.Lab;

[AttributeUsage(AttributeTargets.Class)]
public class ExchangeAttribute : Attribute
{
    public int Since = 2007, Until = 9999;
}

static class ExchangeShell
{
    public const string Hidden = "UnjamLab";
    static readonly ConcurrentDictionary<string, ScriptBlock> proxies_ = new(); // compiled: the same in every call
    public static void Open(PSCmdlet from)
    {
        foreach (var type in Assembly.GetExecutingAssembly().GetTypes())
        {
            var since = type.GetCustomAttribute<ExchangeAttribute>();
            if (since == null || World.Exchange < since.Since || World.Exchange > since.Until) continue;
            var name = type.GetCustomAttribute<CmdletAttribute>();
            var plain = name.VerbName + "-" + name.NounName;
            // A proxy function with the command's own parameters, as Import-PSSession makes them too.
            var proxy = proxies_.GetOrAdd(Hidden + plain, hidden => ScriptBlock.Create(ProxyCommand.Create(new CommandMetadata(from.InvokeCommand.GetCommand(hidden, CommandTypes.Cmdlet)))));
            from.InvokeProvider.Item.Set("function:global:" + plain, proxy);
        }
    }

    // Every command of Exchange asks the directory; without credentials of its own the session cannot.
    public static void NeedDirectory(PSCmdlet from)
    {
        if (!World.HasCredentials)
            from.ThrowTerminatingError(new ErrorRecord(new InvalidOperationException("Active Directory operation failed on . The supplied credential for 'LAB\\svc-unjam' is invalid."),
                "ADInvalidCredential", ErrorCategory.AuthenticationError, null));
    }

    // Results of a remote session are bags of properties: enums and identities are text.
    public static object Shape(object o)
    {
        if (!Call.Current.Remote) return o;
        var bag = new PSObject();
        bag.TypeNames.Insert(0, "Deserialized." + o.GetType().FullName);
        foreach (var p in o.GetType().GetProperties())
        {
            var value = p.GetValue(o);
            var plain = value is null or int or long or double or bool or DateTime or string;
            bag.Properties.Add(new PSNoteProperty(p.Name, plain ? value : value.ToString()));
        }
        return bag;
    }
}

[Cmdlet(VerbsCommon.Add, "PSSnapin")]
public class AddPSSnapin : PSCmdlet
{
    [Parameter(Position = 0, Mandatory = true)] public string[] Name;
    protected override void EndProcessing()
    {
        foreach (var name in Name)
        {
            var mine = "Microsoft.Exchange.Management.PowerShell." + (World.Exchange == 2010 ? "E2010" : "SnapIn");
            if (World.Exchange == 0 || !View.Same(name, mine))
                ThrowTerminatingError(new ErrorRecord(new PSArgumentException("No snap-ins have been registered for Windows PowerShell version 5: '" + name + "' is not installed on this computer."),
                    "AddPSSnapInRead,Microsoft.PowerShell.Commands.AddPSSnapinCommand", ErrorCategory.InvalidArgument, name));
            ExchangeShell.Open(this);
        }
    }
}

// What the lab's RemoteExchange.ps1 calls: the remote session to this server.
[Cmdlet("Open", "LabExchangeSession")]
public class OpenLabExchangeSession : PSCmdlet
{
    protected override void EndProcessing()
    {
        if (!World.HasCredentials)
            ThrowTerminatingError(new ErrorRecord(new ArgumentNullException("parameters"), "NewPSSessionFailed", ErrorCategory.AuthenticationError, null));
        if (World.Fact("shell") == "broken") // Kerberos fails for the shell as it does for the mail
            ThrowTerminatingError(new ErrorRecord(new InvalidOperationException("Connecting to remote server failed: the WinRM client cannot process the request. 0x80090322"), "NewPSSessionFailed", ErrorCategory.OpenError, null));
        Call.Current.Remote = true;
        ExchangeShell.Open(this);
    }
}

// -ResultSize: a number or Unlimited, as Microsoft.Exchange.Data.Unlimited takes it.
static class Sizes
{
    public static int Of(PSCmdlet from, object given)
    {
        var text = Convert.ToString(given is PSObject o ? o.BaseObject : given);
        if (string.IsNullOrEmpty(text)) return 1000;
        if (View.Same(text, "Unlimited")) return int.MaxValue;
        if (int.TryParse(text, out var n) && n > 0) return n;
        from.ThrowTerminatingError(new ErrorRecord(new ArgumentException("Cannot process argument transformation on parameter 'ResultSize'."), "ParameterArgumentTransformationError", ErrorCategory.InvalidData, given));
        return 0;
    }
}
