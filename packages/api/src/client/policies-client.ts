import type {
  ComplianceFilter,
  ComplianceList,
  CompliancePage,
  Policy,
  PolicyList,
  PolicyPreview,
  PolicyRequest,
  PolicyVersionList,
  PreviewRequest,
  RollbackRequest,
} from "../policies.ts";
import type { CallOptions } from "./call-options.ts";
import { askJson, segments, type Transport } from "./transport.ts";

/** What groups of devices are to hold, and how far that has come. */
export interface PoliciesClient {
  list(options?: CallOptions): Promise<PolicyList>;
  get(name: string, options?: CallOptions): Promise<Policy>;
  /** Makes the policy, or changes what is published next. */
  set(name: string, request: PolicyRequest, options?: CallOptions): Promise<Policy>;
  remove(name: string, options?: CallOptions): Promise<void>;
  preview(name: string, request?: PreviewRequest, options?: CallOptions): Promise<PolicyPreview>;
  publish(name: string, options?: CallOptions): Promise<Policy>;
  pause(name: string, options?: CallOptions): Promise<Policy>;
  resume(name: string, options?: CallOptions): Promise<Policy>;
  rollBack(name: string, request?: RollbackRequest, options?: CallOptions): Promise<Policy>;
  versions(name: string, options?: CallOptions): Promise<PolicyVersionList>;
  compliance(name: string, query?: ComplianceFilter, options?: CallOptions): Promise<CompliancePage>;
  /** Where a device stands with each of its policies. */
  of(device: string, options?: CallOptions): Promise<ComplianceList>;
}

export function policiesClient(transport: Transport): PoliciesClient {
  const policy = (...rest: readonly string[]): string => segments("policies", ...rest);
  const post = (name: string, act: string, { signal }: CallOptions) =>
    ({ method: "POST", path: policy(name, act), signal }) as const;
  return {
    list: ({ signal } = {}) => askJson(transport, { method: "GET", path: "policies", signal }),
    get: (name, { signal } = {}) => askJson(transport, { method: "GET", path: policy(name), signal }),
    set: (name, body, { signal } = {}) =>
      askJson(transport, { method: "PUT", path: policy(name), body, signal }),
    async remove(name, { signal } = {}) {
      await transport({ method: "DELETE", path: policy(name), signal });
    },
    preview: (name, body = {}, options = {}) =>
      askJson(transport, { ...post(name, "preview", options), body }),
    publish: (name, options = {}) => askJson(transport, post(name, "publish", options)),
    pause: (name, options = {}) => askJson(transport, post(name, "pause", options)),
    resume: (name, options = {}) => askJson(transport, post(name, "resume", options)),
    rollBack: (name, body = {}, options = {}) =>
      askJson(transport, { ...post(name, "rollback", options), body }),
    versions: (name, { signal } = {}) =>
      askJson(transport, { method: "GET", path: policy(name, "versions"), signal }),
    compliance: (name, query, { signal } = {}) =>
      askJson(transport, { method: "GET", path: policy(name, "compliance"), query: { ...query }, signal }),
    of: (device, { signal } = {}) =>
      askJson(transport, { method: "GET", path: segments("devices", device, "policies"), signal }),
  };
}
