import {
  decodeDeviceRequest,
  grouped,
  groupedEntries,
  resolveTypes,
  splitPath,
  typedText,
  type CompactValue,
  type DeviceKey,
  type DeviceParams,
  type ValueType,
} from "@heliograph/protocol";
import type {
  Clock,
  DeviceCall,
  LearnedParameters,
  OperationId,
  QuirkBook,
  Random,
  Store,
  TransferUrls,
  Vault,
} from "../ports/index.ts";
import { credentialsCall, newSecrets, withoutPassword } from "./credentials.ts";
import { withLink } from "./transfer-links.ts";

interface CallPorts {
  readonly store: Store;
  readonly clock: Clock;
  readonly urls: TransferUrls;
  readonly quirks: QuirkBook;
}

interface CredentialPorts {
  readonly store: Store;
  readonly random: Random;
  readonly vault: Vault;
}

/**
 * The call as the device must get it: bare integers of a SetParameterValues take the type the device itself reported for
 * them [LIGHT 3], times have no fractions where the device refuses them, and files of ours are named by links.
 */
export async function prepareCall(
  device: DeviceKey,
  asked: { readonly operation: OperationId; readonly call: DeviceCall },
  ports: CallPorts,
): Promise<DeviceCall> {
  const { call } = asked;
  if (call.method !== "SetParameterValues") return withLink(device, asked, ports);
  const decoded = decodeDeviceRequest(call.method, call.params);
  if (!decoded.ok || decoded.value.method !== "SetParameterValues") return call;
  const { params } = decoded.value;
  return {
    method: call.method,
    params: await inSeconds(device, await inTypes(device, params, ports), ports),
  };
}

type SetParams = DeviceParams<"SetParameterValues">;

async function inTypes(device: DeviceKey, params: SetParams, { store }: CallPorts): Promise<SetParams> {
  const objects = Object.entries(params.ParameterList)
    .filter(([, leaves]) => Object.values(leaves).some((value) => typeof value === "number"))
    .map(([object]) => object);
  if (objects.length === 0) return params;
  const known = await Promise.all(objects.map((object) => store.parameters(device, object)));
  return resolveTypes(params, (path) => typeFrom(known, path));
}

/** Without the fractions of a second that some devices refuse. */
async function inSeconds(
  device: DeviceKey,
  params: SetParams,
  { store, quirks }: CallPorts,
): Promise<SetParams> {
  const entries = [...groupedEntries(params.ParameterList)];
  if (!entries.some(([, value]) => hasFraction(value))) return params;
  const record = await store.device(device);
  if (record === undefined || quirks.of(record).values.fractions === "kept") return params;
  const ParameterList = grouped(entries.map(([path, value]) => [path, withoutFraction(value)] as const));
  return { ...params, ParameterList };
}

const FRACTION = /\.[0-9]+/;

function hasFraction(value: CompactValue): boolean {
  return typeof value === "object" && value?.[1] === "dateTime" && FRACTION.test(value[0]);
}

function withoutFraction(value: CompactValue): CompactValue {
  if (typeof value !== "object" || value === null || value[1] !== "dateTime") return value;
  const [text, type] = value;
  return [text.replace(FRACTION, ""), type];
}

function typeFrom(known: readonly LearnedParameters[], path: string): ValueType | undefined {
  const { object, leaf } = splitPath(path);
  for (const parameters of known) {
    const value = parameters[object]?.[leaf]?.value;
    if (value !== undefined && value !== null) return typedText(value)?.type;
  }
  return undefined;
}

/** The RPC that gives a device its credentials; what is sent is staged first, since the device may hold it from then on. */
export async function stagedCall(device: DeviceKey, ports: CredentialPorts): Promise<DeviceCall | undefined> {
  const { store, random, vault } = ports;
  const record = await store.device(device);
  const root = record?.facts.root;
  if (root === undefined) return undefined;
  const { staged } = (await store.credentials(device)) ?? {};
  if (staged !== undefined) return credentialsCall(root, vault.unseal(staged));
  const secrets = newSecrets(device, random, vault);
  const { held } = await store.commit("stage-credentials", { device, sealed: vault.seal(secrets) });
  return held ? credentialsCall(root, secrets) : undefined;
}

/**
 * Keeps what the device made of its credentials. True where it confirmed some that replace others, so that tokens made before
 * are no longer good.
 */
export async function settleCredentials(
  device: DeviceKey,
  { accepted, detail, now }: { readonly accepted: boolean; readonly detail: string; readonly now: number },
  { store, vault }: CredentialPorts,
): Promise<boolean> {
  const { staged, confirmed } = (await store.credentials(device)) ?? {};
  if (staged === undefined) return false;
  if (accepted) {
    const sealed = vault.seal(withoutPassword(vault.unseal(staged)));
    const events = [{ at: now, device, name: "credentials-confirmed", data: {} }];
    const { held } = await store.commit("confirm-credentials", { device, staged, sealed, at: now, events });
    return held && confirmed !== undefined;
  }
  const events = [{ at: now, device, name: "credentials-refused", data: { detail } }];
  await store.commit("refuse-credentials", { device, staged, events });
  return false;
}
