using Manifold.Bench;

LayerHashing.Run(Console.Out);
GateCensus.Run(Console.Out);
