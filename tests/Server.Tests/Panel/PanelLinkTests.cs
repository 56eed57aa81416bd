using VmShepherd.Server.Panel;

namespace VmShepherd.Server.Tests.Panel;

public sealed class PanelLinkTests
{
    [Theory]
    [InlineData("http://{ip}:80/", "10.0.0.1", "http://10.0.0.1:80/")]
    [InlineData("http://ip:80/", "10.0.0.1", "http://10.0.0.1:80/")]
    [InlineData("http://ip/description?zip=1", "10.0.0.1", "http://10.0.0.1/description?zip=1")]
    [InlineData("https://console.example/?host=ip", "10.0.0.1", "https://console.example/?host=10.0.0.1")]
    [InlineData("http://{ip}/ip", "10.0.0.1", "http://10.0.0.1/ip")]
    [InlineData("ssh://root@ip", "10.0.0.1", "ssh://root@10.0.0.1")]
    [InlineData("http://{ip}:80/", "fd00::1", "http://[fd00::1]:80/")]
    [InlineData("http://[{ip}]:80/", "fd00::1", "http://[fd00::1]:80/")]
    [InlineData("javascript:alert(1)//{ip}", "10.0.0.1", null)]
    [InlineData("data:text/html,{ip}", "10.0.0.1", null)]
    [InlineData("{ip}", "10.0.0.1", null)]
    [InlineData("http://{ip}/", "javascript:alert(1)", null)]
    [InlineData("http://{ip}/", null, null)]
    public void A_link_has_the_address_in_it_or_is_none(string pattern, string? address, string? link) =>
        Assert.Equal(link, PanelLink.Make(pattern, address));
}
