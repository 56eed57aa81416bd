namespace OpenStack.Tests.Outages;

/// <summary>Tests that stop a part of the cloud: nobody else may be at work meanwhile.</summary>
[CollectionDefinition(nameof(Outages), DisableParallelization = true)]
public sealed class Outages;
