using System.Security.Cryptography;
using System.Text;
using VmShepherd.Core.Configuration;

namespace VmShepherd.Server.Access;

/// <summary>The tokens that are let in, as hashes: the tokens themselves are not kept.</summary>
sealed class TokenTable
{
    const int MinLength = 16;
    const int MaxBytes = 4096;

    readonly IReadOnlyList<KnownToken> _tokens;

    TokenTable(IReadOnlyList<KnownToken> tokens) => _tokens = tokens;

    public bool IsEmpty => _tokens.Count == 0;

    /// <exception cref="AccessException">A file can't be read, or what it holds is no token.</exception>
    public static TokenTable Read(IReadOnlyList<AccessToken> tokens, string baseDirectory) =>
        new([.. tokens.Select(token => new KnownToken(token.Name, token.MayWrite, Hash(ReadToken(token, baseDirectory))))]);

    /// <summary>Every entry is compared, and in constant time: how long it takes tells nothing.</summary>
    public KnownToken? Find(string token)
    {
        byte[] hash = Hash(token);
        KnownToken? found = null;
        foreach (KnownToken known in _tokens)
        {
            if (CryptographicOperations.FixedTimeEquals(known.Hash, hash)) found = known;
        }

        return found;
    }

    static byte[] Hash(string token) => SHA256.HashData(Encoding.UTF8.GetBytes(token));

    static string ReadToken(AccessToken token, string baseDirectory)
    {
        string path = Path.Combine(baseDirectory, token.File);
        string text;
        try
        {
            if (new FileInfo(path).Length > MaxBytes)
                throw new AccessException($"http.access.tokens: the file of '{token.Name}', {path}, is larger than {MaxBytes} bytes: it must hold the token and nothing else");
            text = File.ReadAllText(path).Trim();
        }
        catch (Exception failed) when (failed is IOException or UnauthorizedAccessException)
        {
            throw new AccessException($"http.access.tokens: the file of '{token.Name}' can't be read: {failed.Message}");
        }

        return text.Length < MinLength || text.Any(char.IsWhiteSpace)
            ? throw new AccessException($"http.access.tokens: the file of '{token.Name}', {path}, must hold one token of at least {MinLength} characters without spaces (openssl rand -hex 32)")
            : text;
    }
}

/// <summary>A token that is let in, and what for.</summary>
sealed record KnownToken(string Name, bool MayWrite, byte[] Hash);

/// <summary>Access as it is configured can't be put in force.</summary>
sealed class AccessException(string message) : Exception(message);
