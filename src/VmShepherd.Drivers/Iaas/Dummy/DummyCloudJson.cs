using System.Text.Json;
using System.Text.Json.Serialization;
using VmShepherd.Abstractions;

namespace VmShepherd.Drivers.Iaas.Dummy;

/// <summary>How the simulated cloud speaks JSON: in its ledger and over HTTP.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    Converters = [typeof(Names<LedgerOp>), typeof(Names<VmState>), typeof(Names<GuestBehaviour>), typeof(Names<IaasFailure>)])]
[JsonSerializable(typeof(LedgerEntry))]
sealed partial class DummyCloudJson : JsonSerializerContext;

/// <summary>Enums by name, as `nearby_shutdown`.</summary>
sealed class Names<T>() : JsonStringEnumConverter<T>(JsonNamingPolicy.SnakeCaseLower, allowIntegerValues: false)
    where T : struct, Enum;
