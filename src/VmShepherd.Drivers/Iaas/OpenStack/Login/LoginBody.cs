using System.Buffers;
using System.Text.Json;

namespace VmShepherd.Drivers.Iaas.OpenStack.Login;

/// <summary>What keystone is asked with: <c>POST /v3/auth/tokens</c>.</summary>
static class LoginBody
{
    const string DefaultDomain = "default";

    public static ReadOnlyMemory<byte> Of(CloudLogin login)
    {
        var bytes = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(bytes))
        {
            json.WriteStartObject();
            json.WriteStartObject("auth");
            json.WriteStartObject("identity");
            WriteIdentity(json, login.Identity);
            json.WriteEndObject();

            // An application credential is for one project by itself; a scope beside it is refused.
            if (!login.Identity.IsCredential && login.Project.IsGiven) WriteScope(json, login.Project);
            json.WriteEndObject();
            json.WriteEndObject();
        }

        return bytes.WrittenMemory;
    }

    static void WriteIdentity(Utf8JsonWriter json, Identity who)
    {
        string method = who.IsCredential ? "application_credential" : who.IsToken ? "token" : "password";
        json.WriteStartArray("methods");
        json.WriteStringValue(method);
        json.WriteEndArray();
        json.WriteStartObject(method);
        switch (method)
        {
            case "token":
                json.WriteString("id", who.Token);
                break;
            case "application_credential":
                if (who.CredentialId is { } id)
                {
                    json.WriteString("id", id);
                }
                else
                {
                    json.WriteString("name", who.CredentialName);
                    WriteUser(json, who, password: null);
                }

                json.WriteString("secret", who.CredentialSecret);
                break;
            default:
                WriteUser(json, who, who.Password);
                break;
        }

        json.WriteEndObject();
    }

    static void WriteUser(Utf8JsonWriter json, Identity who, string? password)
    {
        json.WriteStartObject("user");
        if (who.UserId is { } id)
        {
            json.WriteString("id", id);
        }
        else
        {
            json.WriteString("name", who.Username);
            WriteDomain(json, who.UserDomainId, who.UserDomainName);
        }

        if (password is not null) json.WriteString("password", password);
        json.WriteEndObject();
    }

    static void WriteScope(Utf8JsonWriter json, ProjectScope project)
    {
        json.WriteStartObject("scope");
        json.WriteStartObject("project");
        if (project.Id is { } id)
        {
            json.WriteString("id", id);
        }
        else
        {
            json.WriteString("name", project.Name);
            WriteDomain(json, project.DomainId, project.DomainName);
        }

        json.WriteEndObject();
        json.WriteEndObject();
    }

    static void WriteDomain(Utf8JsonWriter json, string? id, string? name)
    {
        json.WriteStartObject("domain");
        if (id is null && name is not null) json.WriteString("name", name);
        else json.WriteString("id", id ?? DefaultDomain);
        json.WriteEndObject();
    }
}
