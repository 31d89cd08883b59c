// winhost powershell ARGUMENTS..      as powershell.exe
// winhost tool NAME ARGUMENTS..       as NAME.exe: w32tm, net, repadmin, nltest, setspn, klist, shutdown, schtasks
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
        if (words.Length > 0 && words[0] == "powershell") return PowerShellExe.Run(words.Skip(1).ToArray());
        if (words.Length > 1 && words[0] == "tool") return Tools.Run(words[1], words.Skip(2).ToArray());
        if (words.Length > 2 && words[0] == "check") return Check.Run(words[1], words.Skip(2).ToArray());
        Console.Error.WriteLine("usage: winhost powershell ARGUMENTS.. | tool NAME ARGUMENTS.. | check FLOOR FILE..");
        return 2;
    }
}
