import { routes, type ConfigurationRequest } from "@heliograph/api";
import type { DeviceKey } from "@heliograph/protocol";
import {
  may,
  OWN_POLICY,
  OWN_PRIORITY,
  privateChannel,
  subjects,
  type AuditEntry,
  type PolicyContent,
  type PolicyVersion,
  type Rights,
} from "../ports/index.ts";
import type { Manager } from "./authentication.ts";
import { desiredState } from "./desired-state.ts";
import { findDevice, unknownDevice } from "./device-handlers.ts";
import { newEpoch } from "./publish.ts";
import { pathsSetBy, readContent } from "./read-policy.ts";
import { isRefusal, refuse, type Refusal } from "./refusal.ts";
import { give, serve } from "./serve.ts";
import type { RestPorts } from "./settings.ts";
import { showConfiguration, showConfigurationVersion } from "./show-configuration.ts";

/** What single devices are to hold, by the same means as the policies of groups. */
export function configurationHandlers(ports: RestPorts) {
  const { store } = ports;
  return {
    getConfiguration: serve(routes.getConfiguration, async ({ input: { params }, manager }) => {
      const device = await findDevice(ports, params.key);
      return device === undefined ? unknownDevice(params.key) : show(ports, device.key, manager);
    }),

    setConfiguration: serve(routes.setConfiguration, async ({ input: { params, body }, manager }) => {
      const device = await findDevice(ports, params.key);
      if (device === undefined) return unknownDevice(params.key);
      return setConfiguration(ports, { device: device.key, body, manager });
    }),

    removeConfiguration: serve(routes.removeConfiguration, async ({ input: { params }, manager }) => {
      const device = await findDevice(ports, params.key);
      if (device === undefined) return unknownDevice(params.key);
      return removeConfiguration(ports, device.key, manager);
    }),

    listConfigurationVersions: serve(
      routes.listConfigurationVersions,
      async ({ input: { params }, manager }) => {
        const device = await findDevice(ports, params.key);
        if (device === undefined) return unknownDevice(params.key);
        const versions = await store.configurations(device.key);
        return give(200, {
          items: versions.map((version) => showConfigurationVersion(version, manager.rights)),
        });
      },
    ),

    getDesiredState: serve(routes.getDesiredState, async ({ input: { params }, manager }) => {
      const device = await findDevice(ports, params.key);
      if (device === undefined) return unknownDevice(params.key);
      return give(200, await desiredState(store, device.key, manager.rights));
    }),
  };
}

interface Wish {
  readonly device: DeviceKey;
  readonly body: ConfigurationRequest;
  readonly manager: Manager;
}

async function setConfiguration(ports: RestPorts, { device, body, manager }: Wish) {
  const content = readContent({ ...body, priority: OWN_PRIORITY });
  if (isRefusal(content)) return content;
  const refusal = notWithin(manager.rights, device, content);
  if (refusal !== undefined) return refusal;
  const audit = auditOf(ports, manager, { device, action: "set-configuration", content });
  const epoch = newEpoch(ports.random);
  const set = await ports.store.commit("set-configuration", { device, content, epoch, at: audit.at, audit });
  if (set.type === "refused") return set.reason === "removed" ? notConfigured(device) : unknownDevice(device);
  await tell(ports, device);
  return show(ports, device, manager);
}

async function removeConfiguration(ports: RestPorts, device: DeviceKey, manager: Manager) {
  const known = await ports.store.configuration(device);
  if (known === undefined) return notConfigured(device);
  const { content } = known;
  const refusal = notWithin(manager.rights, device, content);
  if (refusal !== undefined) return refusal;
  const audit = auditOf(ports, manager, { device, action: "remove-configuration", content });
  const epoch = newEpoch(ports.random);
  const { held } = await ports.store.commit("remove-configuration", { device, epoch, at: audit.at, audit });
  if (!held) return notConfigured(device);
  await tell(ports, device);
  return give(204, undefined);
}

/** Whoever configures a device has it written to. */
function notWithin(rights: Rights, device: DeviceKey, content: PolicyContent): Refusal | undefined {
  const methods = ["SetParameterValues", ...(content.objects.length === 0 ? [] : ["AddObject"])];
  const calls = methods.map((method) => ({ method, reads: [], writes: pathsSetBy(content) }));
  const verdict = may(rights, { type: "call", device, calls });
  return verdict.type === "allowed" ? undefined : refuse("not-allowed", verdict.reason);
}

async function show({ store }: RestPorts, device: DeviceKey, { rights }: Manager) {
  const known = await store.configuration(device);
  const standings = await store.complianceOf(device);
  const standing = standings.find(({ policy }) => policy === OWN_POLICY);
  if (known === undefined || standing === undefined) return notConfigured(device);
  return give(200, showConfiguration({ version: known, standing }, rights));
}

/** The device is told, and what it is to hold besides is looked at anew. */
async function tell({ bus, store }: RestPorts, device: DeviceKey): Promise<void> {
  bus.publish(subjects.membersChanged, { devices: [device] });
  const sequence = await store.lastPublication();
  bus.publish(subjects.published, { channel: privateChannel(device, "config"), sequence });
}

interface Audited extends Pick<PolicyVersion, "content"> {
  readonly device: DeviceKey;
  readonly action: "set-configuration" | "remove-configuration";
}

function auditOf(
  { clock }: RestPorts,
  { name: manager }: Manager,
  { device, action, content }: Audited,
): AuditEntry {
  return { at: clock.now(), manager, action, device, detail: { paths: pathsSetBy(content) } };
}

function notConfigured(device: DeviceKey): Refusal {
  return refuse("not-configured", `${device} holds what policies of its groups say, and nothing besides`);
}
