using System.Text.RegularExpressions;
using Drivers.Tests.Runtime.Postgres;
using VmShepherd.Server.Tests.Running;

namespace Instances.Tests;

/// <summary>What docs/drivers/postgres.md and docs/many-instances.md tell an operator to type, typed against a real server.</summary>
public sealed partial class PostgresPagesTests(OwnPostgres postgres) : IClassFixture<OwnPostgres>
{
    static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    static CancellationToken Ct => TestContext.Current.CancellationToken;

    PostgresServer Server => postgres.Server;

    static string[] Blocks(string page, string heading, string language)
    {
        string text = Checkout.Read(page);
        string section = text[text.IndexOf($"\n{heading}\n", StringComparison.Ordinal)..];
        int next = section.IndexOf("\n## ", 5, StringComparison.Ordinal);
        return [.. Block().Matches(next < 0 ? section : section[..next]).Where(block => block.Groups[1].Value == language).Select(block => block.Groups[2].Value)];
    }

    /// <summary>As the page has it, with the server, the passwords and the folder of ours.</summary>
    Task<string> TypeAsync(string commands, string folder, string user = "admin") => Checkout.ShellAsync(
        $"export PATH=/usr/lib/postgresql/15/bin:$PATH PGHOST=127.0.0.1 PGPORT={Server.Port} PGUSER={user} PGPASSWORD='{PostgresServer.Password}'; mkdir -p {folder}; cd {folder}\n{commands}", Patience);

    static string Sql(string statements) => $"psql -q -v ON_ERROR_STOP=1 -d postgres <<'END'\n{statements.Replace("'...'", $"'{PostgresServer.Password}'", StringComparison.Ordinal)}\nEND\n";

    [Fact]
    public async Task The_role_with_least_rights_works_after_what_the_page_says_and_a_copy_can_be_put_back()
    {
        using var installation = new Installation();
        string[] sql = Blocks("docs/drivers/postgres.md", "## Set-up", "sql"), shell = Blocks("docs/drivers/postgres.md", "## Set-up", "sh");
        Assert.Equal((2, 1), (sql.Length, shell.Length));

        // The short way's role is there already under its name, with a database of its own.
        Assert.Equal("CREATE ROLE shepherd LOGIN PASSWORD '...';\nCREATE DATABASE vmshepherd OWNER shepherd;\n", sql[0]);
        await TypeAsync(Sql(sql[1].Replace("CREATE ROLE shepherd ", "ALTER ROLE shepherd ", StringComparison.Ordinal)), installation.Folder);
        string migrate = shell[0].Replace("/opt/vmshepherd/postgres", Path.Combine(Checkout.Root, "src/VmShepherd.Drivers.Postgres/Migrations"), StringComparison.Ordinal);
        await TypeAsync(migrate, installation.Folder);
        await TypeAsync(migrate, installation.Folder);

        installation.UseRuntime($"{{driver: PostgresDriver, host: 127.0.0.1, port: {Server.Port}, database: vmshepherd, user: shepherd, password: {PostgresServer.Password}}}");
        installation.WritePreset("web", 2);
        await using (VmShepherdProcess process = VmShepherdProcess.Start("-c", installation.SettingsFile, "-1")) Assert.True(await process.ExitsAsync() == 0, process.Errors);
        Assert.Equal("shepherd", (await TypeAsync("psql -At vmshepherd -c \"select current_user from vmshepherd.lease where preset = 'web'\"", installation.Folder, "shepherd")).Trim());
        foreach (string more in (string[])["create table vmshepherd.mine ()", "drop table vmshepherd.request", "create schema mine", "delete from vmshepherd.migration", "create temp table mine ()"])
            Assert.Matches("permission denied|must be owner", await TypeAsync($"psql vmshepherd -c '{more}' 2>&1 || true", installation.Folder, "shepherd"));

        // The copy knows one preset less.
        string[] copy = Blocks("docs/many-instances.md", "## Backup and restore", "sh");
        Assert.Equal(2, copy.Length);
        await TypeAsync(copy[0], installation.Folder);
        installation.WritePreset("later", 1);
        await using (VmShepherdProcess process = VmShepherdProcess.Start("-c", installation.SettingsFile, "-1")) Assert.True(await process.ExitsAsync() == 0, process.Errors);
        const string Presets = "psql -At vmshepherd -c \"select string_agg(preset, ',' order by preset) from vmshepherd.state where preset !~ '^ '\"";
        Assert.Equal("later,web", (await TypeAsync(Presets, installation.Folder)).Trim());
        await TypeAsync(copy[1], installation.Folder);
        Assert.Equal("web", (await TypeAsync(Presets, installation.Folder)).Trim());
        Assert.Equal("1|t", (await TypeAsync("psql -At vmshepherd -c 'select base, lost_at is not null from vmshepherd.store'", installation.Folder)).Trim());

        // Restored as it was: the role still may, and waits for whoever held a lease that was lost.
        await using VmShepherdProcess after = VmShepherdProcess.Start("-c", installation.SettingsFile, "-1");
        Assert.True(await after.ExitsAsync() == 0, after.Errors);
        Assert.DoesNotContain("] web:", after.Errors, StringComparison.Ordinal);
    }

    [GeneratedRegex("^```(sql|sh)\n(.*?)^```", RegexOptions.Singleline | RegexOptions.Multiline)]
    private static partial Regex Block();
}
