using Manifold.Bench;

LayerHashing.Run(Console.Out);
GateCensus.Run(Console.Out);
await RunNetworkCost.RunAsync(Console.Out);
