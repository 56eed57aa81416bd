namespace Bench;

/// <summary><c>list_vms</c> of 1,000 machines over HTTP. Floor: bare Kestrel that answers as many constant bytes.</summary>
static class ListVms
{
    const int Machines = 1000, Count = 7;

    public static async Task<IReadOnlyList<Row>> MeasureAsync()
    {
        using var workspace = new Workspace(presets: 1, Machines, manageInterval: "1", workerInterval: "1");
        using Product product = Product.Start(workspace);
        await product.SaidAsync(Workspace.Name(0));
        byte[] request = HttpLoad.Post("/api", $$"""{"jsonrpc":"2.0","id":1,"method":"list_vms","params":["{{Workspace.Name(0)}}"]}""");
        await Product.UntilAsync(async () => await product.MetricAsync("vmshepherd_machines", "\"running\"") == Machines, TimeSpan.FromSeconds(60));
        string answer = HttpLoad.Once(product.Port, request);

        (Child bare, int port) = await BareWeb.StartAsync(answer.Length);
        using Child floor = bare;
        List<double> calls = [], costs = [], floorCalls = [], floorCosts = [];
        for (int i = -1; i < Count; i++)
        {
            (double rate, double cost) = HttpLoad.Run(product.Process, product.Port, request);
            (double floorRate, double floorCost) = HttpLoad.Run(floor, port, request);
            if (i < 0) continue; // warm-up
            calls.Add(rate);
            costs.Add(cost);
            floorCalls.Add(floorRate);
            floorCosts.Add(floorCost);
        }

        return
        [
            new Row($"list_vms of 1,000 ({answer.Length / 1000} kB): calls/s", new Series(calls), new Series(floorCalls), Bound.AtLeast, 3000),
            new Row("list_vms of 1,000: us of server CPU a call", new Series(costs), new Series(floorCosts)),
        ];
    }
}
