import assert from "node:assert/strict";
import { Deployment, StatefulSet } from "kubernetes-models/apps/v1";
import { HorizontalPodAutoscaler } from "kubernetes-models/autoscaling/v2";
import {
  Ingress,
  NetworkPolicy,
  type IIngress,
  type INetworkPolicy,
} from "kubernetes-models/networking.k8s.io/v1";
import { PodDisruptionBudget } from "kubernetes-models/policy/v1";
import { Service, ServiceAccount, type IPodSpec, type IService } from "kubernetes-models/v1";
import ts from "typescript";
import { isRecord, REPOSITORY } from "./go-renderer.ts";

type Labels = Readonly<Record<string, string>>;

/** The pods of one Deployment or StatefulSet. */
export interface Pods {
  readonly owner: string;
  readonly labels: Labels;
  /** By what its owner knows its pods. */
  readonly selector: Labels;
  readonly spec: IPodSpec;
}

const KINDS = [
  Deployment,
  StatefulSet,
  HorizontalPodAutoscaler,
  Ingress,
  NetworkPolicy,
  PodDisruptionBudget,
  Service,
  ServiceAccount,
] as const;

/** Holds an object against the schema that Kubernetes publishes for its kind. Throws where it is not as that says. */
export function validate(object: unknown): void {
  if (Deployment.is(object)) new Deployment(object).validate();
  else if (StatefulSet.is(object)) new StatefulSet(object).validate();
  else if (HorizontalPodAutoscaler.is(object)) new HorizontalPodAutoscaler(object).validate();
  else if (Ingress.is(object)) new Ingress(object).validate();
  else if (NetworkPolicy.is(object)) new NetworkPolicy(object).validate();
  else if (PodDisruptionBudget.is(object)) new PodDisruptionBudget(object).validate();
  else if (Service.is(object)) new Service(object).validate();
  else if (ServiceAccount.is(object)) new ServiceAccount(object).validate();
  else assert.fail(`no schema for ${JSON.stringify(object).slice(0, 100)}`);
}

/** Every field that no such object has, and every value that a field does not take: the schemas let both pass. */
export function strangeFields(objects: readonly unknown[]): readonly string[] {
  const imports = KINDS.map(({ apiVersion, kind }) => {
    return `import type { I${kind} } from "kubernetes-models/${apiVersion}/${kind}";`;
  });
  const checked = objects.map((object, index) => {
    assert.ok(isRecord(object));
    return `export const object${index}: I${String(object["kind"])} = ${JSON.stringify(object, undefined, 1)};`;
  });
  const path = `${REPOSITORY}/packages/server/test/packaging/rendered.ts`;
  const text = [...imports, ...checked].join("\n");
  const options: ts.CompilerOptions = {
    ...{ strict: true, noEmit: true, skipLibCheck: true, types: [] },
    module: ts.ModuleKind.NodeNext,
    target: ts.ScriptTarget.ESNext,
  };
  const base = ts.createCompilerHost(options);
  const host: ts.CompilerHost = {
    ...base,
    fileExists: (name) => name === path || base.fileExists(name),
    getSourceFile: (name, version) =>
      name === path ? ts.createSourceFile(path, text, version) : base.getSourceFile(name, version),
  };
  const program = ts.createProgram([path], options, host);
  return ts
    .getPreEmitDiagnostics(program, program.getSourceFile(path))
    .map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, "\n"));
}

export function podsOf(objects: readonly unknown[]): readonly Pods[] {
  return objects.flatMap((object) => {
    if (!Deployment.is(object) && !StatefulSet.is(object)) return [];
    const { metadata, spec } = object;
    const template = spec?.template;
    assert.ok(template?.spec !== undefined);
    return {
      owner: metadata?.name ?? "",
      labels: template.metadata?.labels ?? {},
      selector: spec?.selector.matchLabels ?? {},
      spec: template.spec,
    };
  });
}

export function servicesOf(objects: readonly unknown[]): readonly IService[] {
  return objects.filter((object) => Service.is(object));
}

export function ingressesOf(objects: readonly unknown[]): readonly IIngress[] {
  return objects.filter((object) => Ingress.is(object));
}

export function policiesOf(objects: readonly unknown[]): readonly INetworkPolicy[] {
  return objects.filter((object) => NetworkPolicy.is(object));
}

/** Whether a selector finds what has these labels. */
export function selects(selector: Labels, labels: Labels): boolean {
  return Object.entries(selector).every(([name, value]) => labels[name] === value);
}
