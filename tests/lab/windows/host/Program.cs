// winhost powershell ARGUMENTS..      as powershell.exe
// winhost tool NAME ARGUMENTS..       as NAME.exe: w32tm, net, repadmin, nltest, setspn, klist, shutdown, schtasks
// winhost serve                       both, one call after the other or many at once, as client.c asks for them
// winhost check FLOOR FILE..          syntax errors, and what Windows PowerShell FLOOR (2.0 or 3.0) does not know; exit code 1 if any
using System;
using System.Linq;
using System.Text;

namespace Unjam.Lab;

static class Program
{
    static int Main(string[] words)
    {
        Encoding.RegisterProvider(CodePagesEncodingProvider.Instance);
        if (words.Length == 1 && words[0] == "serve") return Server.Run();
        Call.Current = new Call { Output = Console.OpenStandardOutput(), Errors = Console.OpenStandardError(), Input = Console.OpenStandardInput };
        if (Begin(words) is int code) return code;
        if (words.Length > 2 && words[0] == "check") return Check.Run(words[1], words.Skip(2).ToArray());
        Console.Error.WriteLine("usage: winhost powershell ARGUMENTS.. | tool NAME ARGUMENTS.. | check FLOOR FILE..");
        return 2;
    }

    // As an own process or as a call of the server; null if the words ask for neither.
    public static int? Begin(string[] words)
    {
        if (words.Length > 0 && words[0] == "powershell") return PowerShellExe.Run(words.Skip(1).ToArray());
        if (words.Length > 1 && words[0] == "tool") return Tools.Run(words[1], words.Skip(2).ToArray());
        return null;
    }
}
