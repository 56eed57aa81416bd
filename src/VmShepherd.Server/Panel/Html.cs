using System.Security.Cryptography;
using System.Text;
using System.Text.Encodings.Web;

namespace VmShepherd.Server.Panel;

/// <summary>Writes HTML in which every text is encoded: tags are ours, words never are.</summary>
sealed class Html
{
    const string Style =
        """
        :root{color-scheme:light dark}body{font:15px/1.45 system-ui,sans-serif;margin:2rem;max-width:90rem}
        h1{font-size:1.4rem}h2{font-size:1.1rem;margin-top:2rem}table{border-collapse:collapse;width:100%}
        th,td{text-align:left;padding:.3rem .8rem .3rem 0;border-bottom:1px solid #8884;vertical-align:top;overflow-wrap:anywhere}
        .bad{color:#c62828}.warn{color:#b26a00}.quiet{opacity:.7}a{margin-right:.6rem}ul{margin:.2rem 0;padding-left:1.2rem}
        """;

    static readonly string StyleHash = Convert.ToBase64String(SHA256.HashData(Encoding.UTF8.GetBytes(Style)));

    readonly StringBuilder _text = new();

    /// <summary>Nothing is loaded, run, framed or posted: only our one style sheet is followed.</summary>
    public static string ContentSecurityPolicy { get; } =
        $"default-src 'none'; style-src 'sha256-{StyleHash}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

    public Html Head(string title) => Tag("<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\">")
        .Tag("<meta name=\"viewport\" content=\"width=device-width\"><meta http-equiv=\"refresh\" content=\"10\"><title>").Text(title)
        .Tag("</title><style>" + Style + "</style></head><body>");

    /// <summary>Our own markup: never with a value in it.</summary>
    public Html Tag(string tag)
    {
        _text.Append(tag);
        return this;
    }

    public Html Text(string text)
    {
        _text.Append(HtmlEncoder.Default.Encode(text));
        return this;
    }

    public Html Cell(string text) => Tag("<td>").Text(text).Tag("</td>");

    public Html Link(string target, string label) =>
        Tag("<a rel=\"noreferrer\" href=\"").Text(target).Tag("\">").Text(label).Tag("</a>");

    public Html Row(params string[] headings)
    {
        Tag("<tr>");
        foreach (string heading in headings) Tag("<th>").Text(heading).Tag("</th>");
        return Tag("</tr>");
    }

    public Html Lines(string cssClass, IEnumerable<string> lines)
    {
        foreach (string line in lines) Tag("<div class=\"" + cssClass + "\">").Text(line).Tag("</div>");
        return this;
    }

    public override string ToString() => _text.ToString();
}
