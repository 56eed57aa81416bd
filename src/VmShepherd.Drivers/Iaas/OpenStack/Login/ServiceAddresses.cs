using VmShepherd.Abstractions;

namespace VmShepherd.Drivers.Iaas.OpenStack.Login;

/// <summary>The services that are spoken to.</summary>
enum Service
{
    Identity,
    Compute,
    Image,
    Network,
}

/// <summary>Where the services are: what the login overrides, else the catalog's line by type, region and interface.</summary>
static class ServiceAddresses
{
    /// <summary>The root of the service's own API, without a slash at the end.</summary>
    /// <exception cref="IaasException">The catalog has none, or several.</exception>
    public static string Of(Service service, Token token, CloudLogin login)
    {
        string root = (Overridden(service, login) ?? FromCatalog(service, token, login).Url).TrimEnd('/');
        return service switch
        {
            Service.Image => WithVersion(root, "/v2"),
            Service.Network => WithVersion(root, "/v2.0"),
            _ => root,
        };
    }

    /// <summary>The region in force: the one asked for, which must be there, else the only one there is.</summary>
    public static string Region(Token token, CloudLogin login) =>
        login.ComputeEndpoint is null ? FromCatalog(Service.Compute, token, login).Region : login.Region ?? "";

    static string? Overridden(Service service, CloudLogin login) => service switch
    {
        Service.Compute => login.ComputeEndpoint,
        Service.Image => login.ImageEndpoint,
        _ => login.NetworkEndpoint,
    };

    static CatalogEndpoint FromCatalog(Service service, Token token, CloudLogin login)
    {
        string type = service.ToString().ToLowerInvariant();
        if (token.ProjectId is null)
            throw new IaasException(IaasFailure.Unauthorized, $"the login at {login.AuthUrl} is for no project: give project_name (or project_id)");

        CatalogEndpoint[] ofType = [.. token.Endpoints.Where(endpoint => endpoint.Type == type)];
        CatalogEndpoint[] here = [.. ofType.Where(endpoint => endpoint.Interface == login.Interface && (login.Region is null || endpoint.Region == login.Region))];
        string wanted = $"{type}, interface {login.Interface}{(login.Region is null ? "" : $", region {login.Region}")}";
        if (here.Length == 0)
        {
            string there = ofType.Length == 0 ? $"no {type} service at all" : string.Join("; ", ofType.Select(endpoint => $"{endpoint.Interface} in {endpoint.Region}"));
            throw new IaasException(IaasFailure.Rejected, $"the catalog of {login.AuthUrl} has nothing for {wanted}. It has {there}: check region_name and interface");
        }

        string[] regions = [.. here.Select(endpoint => endpoint.Region).Distinct()];
        return regions.Length == 1 ? here[0]
            : throw new IaasException(IaasFailure.Rejected, $"the catalog of {login.AuthUrl} has several regions for {wanted}: give region_name, one of {string.Join(", ", regions)}");
    }

    static string WithVersion(string root, string version)
    {
        string last = root[(root.LastIndexOf('/') + 1)..];
        return last.Length > 1 && last[0] == 'v' && char.IsAsciiDigit(last[1]) ? root : root + version;
    }
}
