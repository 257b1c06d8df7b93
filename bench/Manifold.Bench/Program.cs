using Manifold.Bench;

LayerHashing.Run(Console.Out);
