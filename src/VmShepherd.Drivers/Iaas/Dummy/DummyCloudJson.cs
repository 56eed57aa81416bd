using System.Text.Json;
using System.Text.Json.Serialization;
using VmShepherd.Abstractions;

namespace VmShepherd.Drivers.Iaas.Dummy;

/// <summary>How the simulated cloud speaks JSON: in its ledger and over HTTP.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    RespectNullableAnnotations = true,
    RespectRequiredConstructorParameters = true,
    Converters = [typeof(Names<LedgerOp>), typeof(Names<VmState>), typeof(Names<GuestBehaviour>), typeof(Names<IaasFailure>)])]
[JsonSerializable(typeof(LedgerEntry))]
[JsonSerializable(typeof(ScopeMessage))]
[JsonSerializable(typeof(ListMessage))]
[JsonSerializable(typeof(CreateMessage))]
[JsonSerializable(typeof(CreatedMessage))]
[JsonSerializable(typeof(TerminateMessage))]
[JsonSerializable(typeof(FailureMessage))]
[JsonSerializable(typeof(Vm))]
[JsonSerializable(typeof(IReadOnlyList<Vm>))]
[JsonSerializable(typeof(IEnumerable<VmMessage>))]
sealed partial class DummyCloudJson : JsonSerializerContext;

/// <summary>Enums by name, as <c>nearby_shutdown</c>.</summary>
sealed class Names<T>() : JsonStringEnumConverter<T>(JsonNamingPolicy.SnakeCaseLower, allowIntegerValues: false)
    where T : struct, Enum;
