namespace VmShepherd.Core.Configuration.Yaml;

/// <summary>A composed tree to one with values: merge keys written out, scalars constructed, duplicate keys settled. Collects every mistake.</summary>
sealed class YamlConstructor(DiagnosticList problems, YamlWork work)
{
    readonly HashSet<YamlNode> _done = [];
    readonly HashSet<YamlMapping> _flat = [];

    internal void Construct(YamlNode node, string path)
    {
        if (!_done.Add(node)) return;
        switch (node)
        {
            case YamlScalar scalar: Scalar(scalar, path); break;
            case YamlSequence sequence: Sequence(sequence, path); break;
            case YamlMapping mapping: Mapping(mapping, path); break;
        }
    }

    void Scalar(YamlScalar scalar, string path)
    {
        try
        {
            scalar.Value = YamlValues.Construct(scalar.Tag, scalar.Text);
        }
        catch (FormatException e)
        {
            problems.Error(scalar, path, e.Message);
        }
    }

    void Sequence(YamlSequence sequence, string path)
    {
        if (sequence.Tag is YamlResolver.OrderedMap or YamlResolver.Pairs)
        {
            foreach (YamlNode item in sequence.Items)
                if (item is not YamlMapping { Pairs.Count: 1 }) problems.Error(item, path, $"expected a mapping with one key, as the tag '{sequence.Tag}' asks for");
        }
        else if (sequence.Tag != YamlResolver.Seq)
        {
            problems.Error(sequence, path, WrongTag(sequence));
        }
        for (int i = 0; i < sequence.Items.Count; i++) Construct(sequence.Items[i], $"{path}[{i}]");
    }

    void Mapping(YamlMapping mapping, string path)
    {
        if (mapping.Tag is not (YamlResolver.Map or YamlResolver.Set)) problems.Error(mapping, path, WrongTag(mapping));
        HashSet<YamlNode> own = [.. mapping.Pairs.Select(p => p.Key)];
        Flatten(mapping, path);

        // Python's dict: a key keeps the place where it first stood, the last value wins.
        var entries = new OrderedDictionary<object, YamlEntry>(mapping.Pairs.Count, PythonKeys.Comparer);
        foreach ((YamlNode keyNode, YamlNode value) in mapping.Pairs)
        {
            Construct(keyNode, path);
            if (keyNode is not YamlScalar key)
            {
                problems.Error(keyNode, path, $"{keyNode.Kind} can't be a key: did you forget quotes around {{{{ ... }}}}?");
                continue;
            }
            string name = PythonText.Of(key.Value);
            Construct(value, DiagnosticList.Join(path, name));
            object identity = key.Value ?? PythonKeys.Null;
            if (entries.TryGetValue(identity, out YamlEntry? earlier))
            {
                if (own.Contains(key) && own.Contains(earlier.Key))
                    problems.Warn(key, DiagnosticList.Join(path, name), $"the key stands twice, first in line {earlier.Key.Line}: this one counts");
                // The position of the own key, unless only its type makes it another text (1 and true).
                entries[identity] = new YamlEntry(own.Contains(key) && Equals(key.Value, earlier.Key.Value) ? key : earlier.Key, value);
            }
            else
            {
                entries.Add(identity, new YamlEntry(key, value));
            }
        }
        mapping.Entries = [.. entries.Values];
    }

    /// <summary>Writes out <c>&lt;&lt;</c>: what is merged comes first, so that the mapping's own keys win.</summary>
    void Flatten(YamlMapping mapping, string path)
    {
        if (!_flat.Add(mapping)) return;
        List<(YamlNode, YamlNode)> merged = [], rest = [];
        foreach ((YamlNode key, YamlNode value) in mapping.Pairs)
        {
            switch (key, value)
            {
                case ({ Tag: YamlResolver.Merge }, YamlMapping source):
                    merged.AddRange(Merged(source, path));
                    break;
                case ({ Tag: YamlResolver.Merge }, YamlSequence list):
                    foreach (YamlNode wrong in list.Items.Where(i => i is not YamlMapping)) problems.Error(wrong, path, $"'<<' merges mappings, this is {Described(wrong)}");
                    // Of several sources the first wins, so it comes last.
                    foreach (YamlMapping source in list.Items.OfType<YamlMapping>().Reverse()) merged.AddRange(Merged(source, path));
                    break;
                case ({ Tag: YamlResolver.Merge }, _):
                    problems.Error(value, path, $"'<<' merges a mapping or a list of mappings, this is {Described(value)}");
                    break;
                case (YamlScalar { Tag: YamlResolver.Value } equals, _):
                    rest.Add((new YamlScalar(YamlResolver.Str, equals.Text, equals.IsPlain, equals.File, equals.Line, equals.Column), value));
                    break;
                default:
                    rest.Add((key, value));
                    break;
            }
        }
        mapping.Pairs = [.. merged, .. rest];
    }

    List<(YamlNode, YamlNode)> Merged(YamlMapping source, string path)
    {
        Flatten(source, path);
        work.Merged += source.Pairs.Count;
        if (work.Merged <= YamlComposer.MaxAliased) return source.Pairs;
        problems.Error(source, path, $"merge keys add more than {YamlComposer.MaxAliased} values to this file");
        return [];
    }

    static string Described(YamlNode node) => node is YamlScalar ? "a single value" : node.Kind;

    static string WrongTag(YamlNode node) => $"the tag '{node.Tag}' does not fit {node.Kind}: remove it";
}
