using System.Text;

namespace Core.Tests.Configuration.Fuzzing;

/// <summary>Good documents to spoil. Short ones: each change then meets something that matters.</summary>
static class Corpus
{
    internal static IReadOnlyList<byte[]> Documents { get; } = [.. new[]
    {
        """
        # settings
        worker_interval: 5
        log_level: INFO
        http:
          listen_port: 8888
          api: {allowed_methods: [list_presets, list_vms]}
          access: {tokens: [{name: ci, file: ci.token, role: write}]}
        runtime: {driver: InMemoryDriver}
        presets: {driver: DirectoryDriver, path: presets, may_override: [connect]}
        defaults:
          iaas: {driver: DummyIaasDriver, boot_time: 2, serve_http: 18080, lost_requests: 0.5}
          healthcheck: {driver: HttpHealthcheck, port: 80, path: /, terminate_health_failed_delay: 5}
        """,
        "worker_interval: 5\r\nruntime:\r\n  driver: InMemoryDriver\r\npresets:\r\n  driver: DirectoryDriver\r\n  path: \"a \\\r\n    b \\u263A\"\r\ncanaries: [http://127.0.0.1/ok]\r\nself_suspicion: 30 %\r\nend_budget: 7\r\nmetrics: {per_preset: true}\r\n",
        """
        name: web
        count: 3
        image: debian-12
        flavor: m1.small
        manage_interval: 1:30
        network:
          security_groups: [default, 5]
          subnets:
            - net-id: 6d6357ac-0f70
            - b
        healthcheck: {port: 8080, terminate_heatlh_failed_delay: 60.5}
        meta_tags: {role: http, on: yes, 7: seven, ~: none, y: n}
        panel_links: {page: "http://{ip}:8080/"}
        """,
        """
        name: 010
        count: 0x10
        image: &img "ubuntu 16.04"
        flavour: 'm1.small'
        unmanaged: off
        userdata: |
          #cloud-config
          {% for k, v in meta_tags.items() %}
          {{ k }}: {{ v }}
          {% endfor %}
        max_dead: 40%
        scale_in: newest
        previous_names: [old]
        iaas: {visibility_grace: 5, quota: 3, again: *img}
        """,
        """
        base: &base {a: 1, b: 2}
        other: &other {b: 3, c: 4}
        both: {<<: [*base, *other], a: 5}
        one: {<<: *base, role: other, when: 2026-01-31, at: 2026-01-31T12:00:00.5+02:00}
        again: [*base, *other]
        """,
        """
        folded: >-
          one
          two

          three
        kept: |+
          x

        quoted: "c\x41\n\"\u00e9"
        single: 'it''s'
        ? complex
        : !!str 12
        """,
        """
        numbers: [1e3, 1.5e+3, .inf, -.INF, .nan, 09, 0b101, 1_000.5, 0744, -0x1f, 190:20:30, 123_456_789_012_345_678_901]
        tags: [!!map {a: b}, !!float 3, !!binary aGVsbG8=, !!set {x, y}, !!pairs [a: 1, a: 2], !!omap [a: 1], ! '12']
        nulls: [~, null, '', ]
        """,
        "- a\n- - b\n  - c: d\n    e:\n    - f\n-\n  g: [h, {i: j, k: }]\n- \"\"\n- ü € 😀\n",
        "%YAML 1.1\n---\n{a: 1, b: [c, {d: e}], \"f\": 'g', ? h : i}\n...\n",
    }.Select(Encoding.UTF8.GetBytes)];
}
