import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { tempDir } from "@heliograph/testkit";
import { Ajv } from "ajv";
import type { IContainer, IPodSpec } from "kubernetes-models/v1";
import { allRoles } from "../../src/main/roles.ts";
import { settingRows } from "../../src/main/setting-rows.ts";
import { readSettings, type Settings } from "../../src/main/settings.ts";
import {
  ingressesOf,
  podsOf,
  policiesOf,
  selects,
  servicesOf,
  strangeFields,
  validate,
  type Pods,
} from "./cluster.ts";
import { GoRenderer, isRecord, REPOSITORY, withoutGo, type Rendered } from "./go-renderer.ts";

const CHART = `${REPOSITORY}/packaging/helm/heliograph`;
const PUBLIC = { publicUrl: "https://acs.example/" } as const;
const ROLES = { ...PUBLIC, mode: "roles", existingSecret: "heliograph" } as const;

const everything = {
  existingSecret: "heliograph",
  image: {
    repository: "registry.example/acs",
    digest: `sha256:${"0".repeat(64)}`,
    pullSecrets: ["registry"],
  },
  settings: { "light-grace": 60, "connection-request-networks": "192.0.2.0/24", "open-enrolment": "none" },
  mounts: [
    { name: "database-ca", mountPath: "/etc/heliograph/database", secretName: "database-ca" },
    { name: "nats-ca", mountPath: "/etc/heliograph/nats", configMapName: "nats-ca" },
  ],
  southboundIngress: { tlsSecret: "acs-tls" },
  northboundIngress: { enabled: true, host: "managers.example", tlsSecret: "managers-tls" },
  direct: {
    ...{ tls: true, stomp: true, certificateSecret: "acs-tls", clientCaSecret: "devices-ca" },
    annotations: { "example.net/pool": "acs" },
    loadBalancerSourceRanges: ["192.0.2.0/24"],
  },
  serviceMonitor: { enabled: true, labels: { release: "prometheus" } },
  networkPolicy: {
    enabled: true,
    southboundFrom: [{ namespaceSelector: { matchLabels: { name: "ingress-nginx" } } }],
    metricsFrom: [{ ipBlock: { cidr: "192.0.2.0/24" } }],
  },
  podAnnotations: { "example.net/seen": "yes" },
  podLabels: { team: "access" },
  priorityClassName: "high",
} as const;

const placement = {
  autoscaling: { enabled: true, min: 3, max: 9, cpu: 60 },
  nodeSelector: { pool: "acs" },
  tolerations: [{ key: "acs", operator: "Exists", effect: "NoSchedule" }],
  affinity: {
    podAntiAffinity: {
      requiredDuringSchedulingIgnoredDuringExecution: [
        { topologyKey: "kubernetes.io/hostname", labelSelector: { matchLabels: { team: "access" } } },
      ],
    },
  },
} as const;

/** What is shown of the chart, by what somebody wants of it. */
const wishes = {
  "one pod": PUBLIC,
  "one pod with a claim that is there": { ...PUBLIC, single: { storage: { existingClaim: "acs-data" } } },
  "one pod with everything": { ...PUBLIC, ...everything },
  "pods for each role": ROLES,
  "pods for each role without an Ingress": { ...ROLES, southboundIngress: { enabled: false } },
  "pods for each role with everything": {
    ...ROLES,
    ...everything,
    roles: { cwmp: placement, light: placement, engine: placement, api: placement },
  },
} as const satisfies Readonly<Record<string, Readonly<Record<string, unknown>>>>;

test("the chart", { skip: withoutGo() }, async (t) => {
  using folder = tempDir();
  const renderer = GoRenderer.build(folder);
  const rendered = Object.entries(wishes).map(([wish, values]) => [wish, renderer.chart(values)] as const);
  const isGood = valuesSchema();

  for (const [wish, chart] of rendered) {
    await t.test(`${wish}: values and objects are as their schemas say`, () => {
      assert.ok(isGood(chart.values), isGood.errors?.map(({ message = "" }) => message).join());
      for (const object of builtIn(chart)) validate(object);
    });
    await t.test(`${wish}: what an object names is there`, () => {
      for (const pods of podsOf(chart.objects)) holdTogether(pods);
      for (const service of servicesOf(chart.objects)) leadsToPods(service, podsOf(chart.objects));
      for (const ingress of ingressesOf(chart.objects)) leadsToServices(ingress, chart);
      for (const policy of policiesOf(chart.objects)) namesPorts(policy, podsOf(chart.objects));
      watchesServices(chart);
    });
    await t.test(`${wish}: the server takes what each pod tells it`, () => {
      for (const { spec } of podsOf(chart.objects)) listensWhereAsked(spec, settingsOf(spec));
    });
    await t.test(`${wish}: no pod has more than it needs`, () => {
      for (const { spec } of podsOf(chart.objects)) isConfined(spec);
    });
  }

  await t.test("no object has a field that Kubernetes does not know", () => {
    assert.deepEqual(strangeFields(rendered.flatMap(([, chart]) => builtIn(chart))), []);
  });

  await t.test("each role has pods of its own, and all of them together are the ACS", () => {
    const told = podsOf(renderer.chart(ROLES).objects).map(({ spec }) => settingsOf(spec).roles);
    assert.deepEqual(told.map((roles) => roles.join()).sort(), [...allRoles].sort());
    const [single] = podsOf(renderer.chart(PUBLIC).objects);
    assert.ok(single !== undefined);
    assert.deepEqual(settingsOf(single.spec).roles, allRoles);
  });

  await t.test("a release of any name has other names, and an address that managers may use", () => {
    const named = renderer.chart(ROLES, "heliograph");
    const names = servicesOf(named.objects).map(({ metadata }) => metadata?.name);
    assert.deepEqual(names, ["heliograph-cwmp", "heliograph-light", "heliograph-api"]);
    const api = podsOf(named.objects).find(({ owner }) => owner === "heliograph-api");
    assert.ok(api !== undefined);
    const { northboundNames } = settingsOf(api.spec);
    assert.ok(northboundNames.includes("heliograph-api.devices.svc"));
    assert.ok(northboundNames.includes("192.0.2.7"), "its own address, by which metrics are read");
  });

  await t.test("it says what it needs", () => {
    assert.throws(() => renderer.chart({}), /publicUrl is needed/);
    assert.throws(() => renderer.chart({ ...PUBLIC, mode: "roles" }), /existingSecret is needed/);
    const direct = { ...ROLES, direct: { tls: true } };
    assert.throws(() => renderer.chart(direct), /certificateSecret is needed/);
    const open = { ...ROLES, northboundIngress: { enabled: true, host: "managers.example" } };
    assert.throws(() => renderer.chart(open), /tlsSecret is needed/);
  });

  await t.test("values that are none are refused", () => {
    const { values } = renderer.chart(PUBLIC);
    assert.ok(isRecord(values));
    const strange = [
      { mode: "double" },
      { replicas: 2 },
      { publicUrl: "acs.example" },
      { settings: { roles: "api" } },
      { settings: { "database-url": "postgres://localhost/acs" } },
      { mounts: [{ name: "ca", mountPath: "/etc/ca" }] },
      { drain: { beforeSeconds: 0 } },
    ];
    for (const each of strange) assert.ok(!isGood({ ...values, ...each }), JSON.stringify(each));
  });
});

test("the chart is of the version of the ACS, and its pods run as the image's account", () => {
  const chart = readFileSync(`${CHART}/Chart.yaml`, "utf8");
  const manifest: unknown = JSON.parse(readFileSync(`${REPOSITORY}/package.json`, "utf8"));
  assert.ok(isRecord(manifest));
  assert.equal(/^appVersion: "(.*)"$/m.exec(chart)?.[1], manifest["version"]);
  const dockerfile = readFileSync(`${REPOSITORY}/packaging/docker/Dockerfile`, "utf8");
  assert.match(dockerfile, /useradd --uid 7547 /);
});

function valuesSchema() {
  const schema: unknown = JSON.parse(readFileSync(`${CHART}/values.schema.json`, "utf8"));
  assert.ok(isRecord(schema));
  return new Ajv({ allErrors: true, allowUnionTypes: true }).compile(schema);
}

/** Those whose schema is Kubernetes' own. */
function builtIn({ objects }: Rendered): readonly unknown[] {
  return objects.filter((object) => isRecord(object) && object["kind"] !== "ServiceMonitor");
}

function containerOf({ containers }: IPodSpec): IContainer {
  const [container, ...others] = containers;
  assert.ok(container !== undefined && others.length === 0);
  return container;
}

/** What a Secret has under these keys, in a cluster where it is complete. */
const SECRETS: Readonly<Record<string, string>> = {
  "secret-key": "0".repeat(64),
  "database-url": "postgres://acs@db.example/acs?sslmode=verify-full",
  "nats-url": "tls://acs:secret@nats.example",
  "admin-token": "0123456789abcdef",
  "device-password": "secret",
};

const VARIABLES = settingRows.map(({ name }) => `HELIOGRAPH_${name.replaceAll("-", "_").toUpperCase()}`);

/** As the process reads them. */
function settingsOf(spec: IPodSpec): Settings {
  const environment: Record<string, string> = {};
  for (const { name, value, valueFrom } of containerOf(spec).env ?? []) {
    assert.equal(environment[name], undefined, `${name} is said twice`);
    assert.ok(name === "POD_IP" || VARIABLES.includes(name), `${name} is no setting`);
    if (valueFrom?.fieldRef !== undefined) environment[name] = "192.0.2.7";
    else if (valueFrom?.secretKeyRef !== undefined)
      environment[name] = SECRETS[valueFrom.secretKeyRef.key] ?? "";
    else environment[name] = (value ?? "").replaceAll("$(POD_IP)", environment["POD_IP"] ?? "");
  }
  return readSettings({ flags: {}, environment, file: {} });
}

/** Probes and ports are where the process listens. */
function listensWhereAsked(spec: IPodSpec, settings: Settings): void {
  const { ports = [], startupProbe, livenessProbe, readinessProbe, args } = containerOf(spec);
  assert.deepEqual(args, ["serve"]);
  const has = (role: (typeof allRoles)[number]): boolean => settings.roles.includes(role);
  const listeners: Readonly<Record<string, number | undefined>> = {
    ...(has("cwmp") || has("light") ? { southbound: settings.southbound.port } : {}),
    ...(has("api") ? { northbound: settings.northbound.port } : { health: settings.health.port }),
    ...(settings.tls && has("cwmp") ? { "southbound-tls": settings.tls.listener.port } : {}),
    ...(settings.stompTls ? { "stomp-tls": settings.stompTls.port } : {}),
  };
  const named = Object.fromEntries(ports.map(({ name = "", containerPort }) => [name, containerPort]));
  assert.deepEqual(named, listeners);
  for (const probe of [startupProbe, livenessProbe, readinessProbe])
    assert.equal(probe?.httpGet?.port, has("api") ? "northbound" : "health");
}

function holdTogether({ owner, labels, selector, spec }: Pods): void {
  assert.ok(selects(selector, labels), owner);
  const { volumeMounts = [], lifecycle } = containerOf(spec);
  const volumes = (spec.volumes ?? []).map(({ name }) => name);
  assert.equal(new Set(volumes).size, volumes.length);
  const claimed = owner.endsWith("-single") && !volumes.includes("data") ? ["data"] : [];
  assert.deepEqual(volumeMounts.map(({ name }) => name).sort(), [...volumes, ...claimed].sort());
  const [, before = ""] = lifecycle?.preStop?.exec?.command ?? [];
  assert.ok((spec.terminationGracePeriodSeconds ?? 0) >= Number(before) + 30, "time to send devices away");
}

function leadsToPods({ metadata, spec }: ReturnType<typeof servicesOf>[number], all: readonly Pods[]): void {
  const pods = all.filter(({ labels }) => selects(spec?.selector ?? {}, labels));
  for (const { targetPort } of spec?.ports ?? []) {
    const there = pods.filter((each) => portsOf(each).includes(String(targetPort)));
    assert.ok(there.length > 0, `${metadata?.name ?? ""} leads to ${String(targetPort)}, which no pod has`);
  }
}

function leadsToServices({ spec }: ReturnType<typeof ingressesOf>[number], { objects }: Rendered): void {
  const paths = (spec?.rules ?? []).flatMap(({ http }) => http?.paths ?? []);
  assert.ok(paths.length > 0);
  for (const { backend } of paths) {
    const service = servicesOf(objects).find(({ metadata }) => metadata?.name === backend.service?.name);
    const ports = (service?.spec?.ports ?? []).map(({ name }) => name);
    assert.ok(ports.includes(backend.service?.port?.name), backend.service?.name);
  }
}

function namesPorts({ spec }: ReturnType<typeof policiesOf>[number], all: readonly Pods[]): void {
  const pods = all.filter(({ labels }) => selects(spec?.podSelector.matchLabels ?? {}, labels));
  assert.equal(pods.length, 1);
  const [ports] = pods.map(portsOf);
  for (const { port } of (spec?.ingress ?? []).flatMap((rule) => rule.ports ?? []))
    assert.ok(ports?.includes(String(port)), String(port));
}

/** Each ServiceMonitor finds one Service, with the port that it names. */
function watchesServices({ objects }: Rendered): void {
  for (const object of objects) {
    if (!isRecord(object) || object["kind"] !== "ServiceMonitor") continue;
    const { spec } = object;
    assert.ok(isRecord(spec) && isRecord(spec["selector"]) && Array.isArray(spec["endpoints"]));
    const labels = Object.entries(spec["selector"]["matchLabels"] ?? {});
    const wanted = Object.fromEntries(labels.map(([name, value]) => [name, String(value)]));
    const ports = servicesOf(objects)
      .filter(({ metadata }) => selects(wanted, metadata?.labels ?? {}))
      .flatMap((service) => service.spec?.ports ?? [])
      .map(({ name }) => name);
    for (const endpoint of spec["endpoints"]) {
      assert.ok(isRecord(endpoint));
      assert.equal(ports.filter((name) => name === endpoint["port"]).length, 1);
    }
  }
}

function portsOf({ spec }: Pods): readonly (string | undefined)[] {
  return (containerOf(spec).ports ?? []).map(({ name }) => name);
}

function isConfined(spec: IPodSpec): void {
  const { securityContext, resources } = containerOf(spec);
  assert.equal(spec.automountServiceAccountToken, false);
  assert.equal(spec.securityContext?.runAsNonRoot, true);
  assert.equal(securityContext?.readOnlyRootFilesystem, true);
  assert.equal(securityContext.allowPrivilegeEscalation, false);
  assert.deepEqual(securityContext.capabilities, { drop: ["ALL"] });
  assert.ok(resources?.limits?.["memory"] !== undefined);
}
