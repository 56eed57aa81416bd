using VmShepherd.Abstractions;

namespace VmShepherd.Drivers.Iaas.Dummy;

/// <summary>Machines by id and by name. The caller holds the cloud's lock.</summary>
sealed class MachineIndex
{
    readonly Dictionary<string, SimulatedMachine> _byId = new(StringComparer.Ordinal);
    readonly Dictionary<string, Group> _byName = new(StringComparer.Ordinal);
    long _looks;

    /// <summary>Machines that exist. Ended ones that lists still show are not among them.</summary>
    public int Count => _byId.Count;

    public IEnumerable<SimulatedMachine> All => _byId.Values.OrderBy(machine => machine.Number);

    public SimulatedMachine? Find(string id) => _byId.GetValueOrDefault(id);

    public void Add(SimulatedMachine machine)
    {
        if (!_byName.TryGetValue(machine.Name, out Group? group)) _byName.Add(machine.Name, group = new Group());
        group.Machines.Add(machine);
        _byId.Add(machine.Id, machine);
    }

    public void End(SimulatedMachine machine, long now)
    {
        machine.End(now);
        _byId.Remove(machine.Id);
        Group group = _byName[machine.Name];
        group.Ended++;

        // Half of it, at least: ending a large group one by one must not cost a walk through all of it each time.
        if (group.Ended * 2 > group.Machines.Count) group.Forget(now);
        if (group.Machines.Count == 0) _byName.Remove(machine.Name);
    }

    public IReadOnlyList<Vm> List(IReadOnlyCollection<string> names, long now)
    {
        long look = ++_looks;
        int atMost = 0;
        foreach (string name in names)
        {
            if (!_byName.TryGetValue(name, out Group? group) || group.Look == look) continue;
            group.Look = look;
            if (group.Ended > 0) group.Forget(now);
            atMost += group.Machines.Count;
        }

        if (atMost == 0) return [];
        var listed = new Vm[atMost];
        int count = 0;
        foreach (string name in names)
        {
            // A name given twice is listed once: taking a group resets its mark.
            if (!_byName.TryGetValue(name, out Group? group) || group.Look != look) continue;
            group.Look = 0;
            foreach (SimulatedMachine machine in group.Machines)
                if (machine.IsListed(now)) listed[count++] = machine.LookAt(now);
        }

        if (count < atMost) Array.Resize(ref listed, count);
        return listed;
    }

    sealed class Group
    {
        public List<SimulatedMachine> Machines { get; } = [];
        public int Ended { get; set; }
        public long Look { get; set; }

        /// <summary>Drops ended machines that no list shows any more.</summary>
        public void Forget(long now) => Ended -= Machines.RemoveAll(machine => machine.ListedUntil <= now);
    }
}
