using System.Net;
using System.Net.Http.Headers;
using System.Text;
using VmShepherd.Server.Tests.Running;

namespace VmShepherd.Server.Tests.Api;

/// <summary>What goes over the wire, byte by byte.</summary>
public sealed class JsonRpcTests(SharedServer shared) : IClassFixture<SharedServer>
{
    const string Invalid = """{"jsonrpc":"2.0","error":{"code":-32600,"message":"Invalid request: """;
    const string Presets = """["<b>bold</b> & \"quoted\"","empty","evil","web"]""";

    static CancellationToken Ct => TestContext.Current.CancellationToken;

    public static TheoryData<string, string> Bodies => new()
    {
        { """{"jsonrpc":"2.0","method":"list_presets","id":1}""", $$"""{"jsonrpc":"2.0","result":{{Presets}},"id":1}""" },
        { """{"method":"list_presets","id":"5f3e"}""", $$"""{"jsonrpc":"2.0","result":{{Presets}},"id":"5f3e"}""" },
        { """{"method":"list_presets","id":null}""", $$"""{"jsonrpc":"2.0","result":{{Presets}},"id":null}""" },
        { """{"method":"list_presets","id":1,"params":null}""", $$"""{"jsonrpc":"2.0","result":{{Presets}},"id":1}""" },
        { """{"method":"list_presets","id":1,"params":{}}""", $$"""{"jsonrpc":"2.0","result":{{Presets}},"id":1}""" },
        { "\uFEFF" + """{"method":"list_presets","id":1}""", $$"""{"jsonrpc":"2.0","result":{{Presets}},"id":1}""" },
        { """{"method":"list_presets","id":12345678901234567890123}""", $$"""{"jsonrpc":"2.0","result":{{Presets}},"id":12345678901234567890123}""" },
        { "", """{"jsonrpc":"2.0","error":{"code":-32700,"message":"Parse error: the body is not valid JSON in UTF-8"},"id":null}""" },
        { "{", """{"jsonrpc":"2.0","error":{"code":-32700,"message":"Parse error: the body is not valid JSON in UTF-8"},"id":null}""" },
        { """[{"method":"list_presets","id":1},{"method"]""", """{"jsonrpc":"2.0","error":{"code":-32700,"message":"Parse error: the body is not valid JSON in UTF-8"},"id":null}""" },
        { "1", Invalid + """a request is a JSON object"},"id":null}""" },
        { "null", Invalid + """a request is a JSON object"},"id":null}""" },
        { "[]", Invalid + """a batch holds 1 to 100 calls"},"id":null}""" },
        { "{}", Invalid + """'method' must be a string"},"id":null}""" },
        { """{"id":3,"method":1}""", Invalid + """'method' must be a string"},"id":3}""" },
        { """{"id":3,"method":"\ud800"}""", Invalid + """'method' must be a string"},"id":3}""" },
        { """{"\ud800aaa":1}""", Invalid + """a member's name is no text"},"id":null}""" },
        { """{"id":true,"method":"list_presets"}""", Invalid + """'id' must be a string, a number or null"},"id":null}""" },
        { """{"id":[1],"method":"list_presets"}""", Invalid + """'id' must be a string, a number or null"},"id":null}""" },
        { """{"id":3,"jsonrpc":"1.1","method":"list_presets"}""", Invalid + """'jsonrpc' must be \"2.0\""},"id":3}""" },
        { """{"id":3,"method":"list_presets","params":"web"}""", Invalid + """'params' must be an array or an object"},"id":3}""" },
        { """{"id":1,"method":"__init__","params":[]}""", """{"jsonrpc":"2.0","error":{"code":-32601,"message":"Method not found"},"id":1}""" },
        { """{"id":1,"method":"LIST_PRESETS"}""", """{"jsonrpc":"2.0","error":{"code":-32601,"message":"Method not found"},"id":1}""" },
        { """{"id":1,"method":"list_presets","params":[1]}""", """{"jsonrpc":"2.0","error":{"code":-32602,"message":"list_presets takes 0 parameters, 1 were given"},"id":1}""" },
        { """{"id":1,"method":"list_vms"}""", """{"jsonrpc":"2.0","error":{"code":-32602,"message":"list_vms needs the parameter 'preset'"},"id":1}""" },
        { """{"id":1,"method":"list_vms","params":[5]}""", """{"jsonrpc":"2.0","error":{"code":-32602,"message":"'preset' must be a string"},"id":1}""" },
        { """{"id":1,"method":"list_vms","params":{"preset":"web","preset_name":"web"}}""", """{"jsonrpc":"2.0","error":{"code":-32602,"message":"'preset' is given twice"},"id":1}""" },
        { """{"id":1,"method":"get_vm_ip","params":{"preset":"web","vm":"x"}}""", """{"jsonrpc":"2.0","error":{"code":-32602,"message":"get_vm_ip has no parameter of that name: it takes preset, vm_id"},"id":1}""" },
        { """{"id":1,"method":"list_vms","params":["nope"]}""", """{"jsonrpc":"2.0","error":{"code":-32000,"message":"unknown preset 'nope'"},"id":1}""" },
        { """{"id":1,"method":"list_vms","params":["empty"]}""", """{"jsonrpc":"2.0","result":[0,{}],"id":1}""" },
        { """[{"method":"list_vms","params":["empty"],"id":1},{"method":"nope"},7,{"method":"nope","id":2}]""", """[{"jsonrpc":"2.0","result":[0,{}],"id":1},""" + Invalid + """a request is a JSON object"},"id":null},{"jsonrpc":"2.0","error":{"code":-32601,"message":"Method not found"},"id":2}]""" },
        { """[{"method":"list_presets"},{"method":"nope"}]""", "[]" },
    };

    [Theory, MemberData(nameof(Bodies))]
    public async Task Each_body_has_its_answer(string body, string expected)
    {
        using HttpResponseMessage response = await shared.Server.Http.PostAsync("/api", RunningServer.Json(body), Ct);

        Assert.Equal(expected, await response.Content.ReadAsStringAsync(Ct));
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal("application/json", response.Content.Headers.ContentType!.ToString());
    }

    [Theory]
    [InlineData("""{"jsonrpc":"2.0","method":"list_presets"}""")]
    [InlineData("""{"jsonrpc":"2.0","method":"no_such_method"}""")]
    [InlineData("""{"jsonrpc":"2.0","method":"list_vms","params":[]}""")]
    public async Task A_notification_is_answered_with_204_and_nothing(string body)
    {
        using HttpResponseMessage response = await shared.Server.Http.PostAsync("/api", RunningServer.Json(body), Ct);

        Assert.Equal(HttpStatusCode.NoContent, response.StatusCode);
        Assert.Empty(await response.Content.ReadAsByteArrayAsync(Ct));
    }

    [Theory]
    [InlineData("text/plain", HttpStatusCode.UnsupportedMediaType)]
    [InlineData("application/x-www-form-urlencoded", HttpStatusCode.UnsupportedMediaType)]
    [InlineData("application/json; charset=latin1", HttpStatusCode.UnsupportedMediaType)]
    [InlineData(null, HttpStatusCode.UnsupportedMediaType)]
    [InlineData("application/json", HttpStatusCode.OK)]
    [InlineData("application/json; charset=UTF-8", HttpStatusCode.OK)]
    [InlineData("application/json-rpc", HttpStatusCode.OK)]
    [InlineData("application/vnd.x+json", HttpStatusCode.OK)]
    public async Task Only_JSON_is_read(string? contentType, HttpStatusCode expected)
    {
        using var content = new ByteArrayContent("""{"method":"list_presets","id":1}"""u8.ToArray());
        content.Headers.ContentType = contentType is null ? null : MediaTypeHeaderValue.Parse(contentType);

        using HttpResponseMessage response = await shared.Server.Http.PostAsync("/api", content, Ct);

        Assert.Equal(expected, response.StatusCode);
    }

    [Fact]
    public async Task Bytes_that_are_no_UTF_8_are_a_parse_error()
    {
        using var content = new ByteArrayContent([.. """{"method":"list_presets","id":"""u8, (byte)'"', 0xFF, (byte)'"', (byte)'}']);
        content.Headers.ContentType = MediaTypeHeaderValue.Parse("application/json");

        using HttpResponseMessage response = await shared.Server.Http.PostAsync("/api", content, Ct);

        Assert.Contains("-32700", await response.Content.ReadAsStringAsync(Ct), StringComparison.Ordinal);
    }

    /// <summary>And the client is told so, however much it still has to send.</summary>
    [Theory]
    [InlineData(false, 1)]
    [InlineData(true, 1)]
    [InlineData(false, 8)]
    [InlineData(true, 8)]
    public async Task A_body_beyond_one_mebibyte_is_refused(bool chunked, int mebibytes)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/api") { Content = RunningServer.Json("\"" + new string('x', mebibytes * 1024 * 1024) + "\"") };
        request.Headers.TransferEncodingChunked = chunked;
        using HttpResponseMessage response = await shared.Server.Http.SendAsync(request, Ct);

        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, response.StatusCode);
    }

    [Fact]
    public async Task Deep_nesting_is_a_parse_error_and_no_crash()
    {
        using HttpResponseMessage response = await shared.Server.Http.PostAsync("/api", RunningServer.Json(new string('[', 100_000)), Ct);

        Assert.Contains("-32700", await response.Content.ReadAsStringAsync(Ct), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_batch_beyond_100_calls_is_one_error()
    {
        string body = $"[{string.Join(',', Enumerable.Repeat("""{"method":"list_presets","id":1}""", 101))}]";
        using HttpResponseMessage response = await shared.Server.Http.PostAsync("/api", RunningServer.Json(body), Ct);

        Assert.Equal(Invalid + """a batch holds 1 to 100 calls"},"id":null}""", await response.Content.ReadAsStringAsync(Ct));
    }

    [Fact]
    public async Task Only_POST_is_answered()
    {
        using HttpResponseMessage response = await shared.Server.Http.GetAsync(new Uri("/api", UriKind.Relative), Ct);

        Assert.Equal(HttpStatusCode.MethodNotAllowed, response.StatusCode);
    }

    [Fact]
    public async Task A_body_that_comes_in_small_pieces_is_read_whole()
    {
        using var content = new PushedContent("""{"method":"list_vms","params":["empty"],"id":1}""");

        using HttpResponseMessage response = await shared.Server.Http.PostAsync("/api", content, Ct);

        Assert.Equal("""{"jsonrpc":"2.0","result":[0,{}],"id":1}""", await response.Content.ReadAsStringAsync(Ct));
    }

    sealed class PushedContent : HttpContent
    {
        readonly string _body;

        public PushedContent(string body)
        {
            _body = body;
            Headers.ContentType = new MediaTypeHeaderValue("application/json");
        }

        protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context)
        {
            foreach (byte b in Encoding.UTF8.GetBytes(_body))
            {
                await stream.WriteAsync(new[] { b });
                await stream.FlushAsync();
            }
        }

        protected override bool TryComputeLength(out long length)
        {
            length = 0;
            return false;
        }
    }
}
