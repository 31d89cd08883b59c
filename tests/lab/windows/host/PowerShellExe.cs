// powershell.exe as far as a script called over SSH can tell: its arguments, redirected input as $input, `exit N` as exit code, CLIXML on stderr.
using System;
using System.Collections.Generic;
using System.Globalization;
using System.IO;
using System.Linq;
using System.Management.Automation;
using System.Management.Automation.Host;
using System.Management.Automation.Runspaces;
using System.Reflection;
using System.Text;
using System.Threading;

namespace Unjam.Lab;

class Host : PSHost
{
    readonly CultureInfo culture_;
    public int Code;
    public Host(CultureInfo culture) { culture_ = culture; }
    public override void SetShouldExit(int exitCode) { Code = exitCode; }
    public override CultureInfo CurrentCulture => culture_;
    public override CultureInfo CurrentUICulture => culture_;
    public override Guid InstanceId { get; } = Guid.NewGuid();
    public override string Name => "ConsoleHost";
    public override PSHostUserInterface UI => null;
    public override Version Version => new Version(5, 1);
    public override void EnterNestedPrompt() { throw new NotSupportedException(); }
    public override void ExitNestedPrompt() { }
    public override void NotifyBeginApplication() { }
    public override void NotifyEndApplication() { }
}

static class PowerShellExe
{
    const int kBadUsage = -196608;

    public static int Run(string[] words)
    {
        string text = null;
        for (var i = 0; i < words.Length; i++)
        {
            var word = words[i].ToLowerInvariant();
            if (word is "-noprofile" or "-noninteractive" or "-nologo") continue;
            if (word == "-executionpolicy" && i + 1 < words.Length) { i++; continue; }
            if (word == "-version" && i + 1 < words.Length) { i++; continue; }
            if (word is "-encodedcommand" or "-enc" or "-e" && i + 1 < words.Length) text = Encoding.Unicode.GetString(Convert.FromBase64String(words[++i]));
            else if (word is "-command" or "-c" && i + 1 < words.Length) { text = string.Join(" ", words.Skip(i + 1)); break; }
            else if (word == "-file" && i + 1 < words.Length) { text = File.ReadAllText(words[++i]); break; }
            else
            {
                Console.Error.WriteLine("The argument '" + words[i] + "' is not recognized as the name of a parameter.");
                return kBadUsage;
            }
        }
        if (text == null) { Console.Error.WriteLine("powershell.exe: no command, and no terminal to ask at"); return kBadUsage; }
        // Windows PowerShell writes this into a redirected stderr, even when all is well.
        Console.Error.Write("#< CLIXML\r\n<Objs Version=\"1.1.0.1\" xmlns=\"http://schemas.microsoft.com/powershell/2004/04\"><Obj S=\"progress\" RefId=\"0\">" +
            "<TN RefId=\"0\"><T>System.Management.Automation.PSCustomObject</T></TN><MS><PR N=\"Record\"><AV>Preparing modules for first use.</AV>" +
            "</PR></MS></Obj></Objs>");
        return Invoke(text);
    }

    static int Invoke(string text)
    {
        var culture = Culture();
        Thread.CurrentThread.CurrentCulture = culture;
        CultureInfo.DefaultThreadCurrentCulture = culture;
        var host = new Host(culture);
        using var space = RunspaceFactory.CreateRunspace(host, state_.Value); // gets a copy of its own
        space.Open();
        using var shell = PowerShell.Create();
        shell.Runspace = space;
        shell.AddScript(text, false);
        using var end = Call.Current.Gone.Register(shell.Stop);
        Call.Current.Gone.ThrowIfCancellationRequested();
        try
        {
            var input = text.Contains("$input", StringComparison.OrdinalIgnoreCase) ? Lines() : Enumerable.Empty<object>();
            foreach (var o in shell.Invoke(input)) Console.Out.WriteLine(o);
        }
        catch (RuntimeException e)
        {
            Console.Error.WriteLine(e.Message + " " + e.ErrorRecord?.ScriptStackTrace);
            return 1;
        }
        foreach (var e in shell.Streams.Error) Console.Error.WriteLine(e);
        return host.Code;
    }

    static IEnumerable<object> Lines()
    {
        var input = new StreamReader(Call.Current.Input(), new UTF8Encoding(false));
        for (var line = input.ReadLine(); line != null; line = input.ReadLine()) yield return line;
    }

    // A decimal comma where the host's fact says so: numbers that a script formats by the culture would then be wrong.
    static CultureInfo Culture()
    {
        var culture = (CultureInfo)CultureInfo.InvariantCulture.Clone();
        if (World.Fact("decimal") == ",") { culture.NumberFormat.NumberDecimalSeparator = ","; culture.NumberFormat.NumberGroupSeparator = "."; }
        return culture;
    }

    static readonly Lazy<InitialSessionState> state_ = new(State);

    // [ADSI] is an accelerator of Windows PowerShell that the engine has on Windows only.
    static void AddTypes()
    {
        var accelerators = typeof(PSObject).Assembly.GetType("System.Management.Automation.TypeAccelerators");
        accelerators.GetMethod("Add", BindingFlags.Static | BindingFlags.Public).Invoke(null, new object[] { "adsi", typeof(DirectoryEntry) });
    }

    static InitialSessionState State()
    {
        AddTypes();
        var state = InitialSessionState.CreateDefault2();
        foreach (var type in Assembly.GetExecutingAssembly().GetTypes())
        {
            var name = type.GetCustomAttribute<CmdletAttribute>();
            if (name == null) continue;
            // Exchange's commands are there once a snap-in or a session brings them (ExchangeShell.cs).
            var hidden = type.GetCustomAttribute<ExchangeAttribute>() != null;
            state.Commands.Add(new SessionStateCmdletEntry((hidden ? ExchangeShell.Hidden : "") + name.VerbName + "-" + name.NounName, type, null));
        }
        return state;
    }
}
