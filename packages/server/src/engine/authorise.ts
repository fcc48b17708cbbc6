import { groupedValue, topLevelObject, type DeviceKey, type JsonObject } from "@heliograph/protocol";
import {
  findPrincipal,
  grantOf,
  HIDDEN,
  isSecret,
  may,
  reachOf,
  reachOfRefresh,
  resolvedAlias,
  rightsOn,
  tableOfAlias,
  withPaths,
  type AuditEntry,
  type Clock,
  type DeviceCall,
  type LearnedParameter,
  type LearnedParameters,
  type Principal,
  type Rights,
  type RpcAsk,
  type Store,
} from "../ports/index.ts";
import { writtenValues } from "./written-values.ts";

export interface AuthorisePorts {
  readonly store: AccessStore;
  readonly clock: Pick<Clock, "now">;
}

type AccessStore = Pick<
  Store,
  "grant" | "apiTokenById" | "user" | "role" | "coveredDevices" | "parameters" | "commit"
>;

export type Authorised =
  | {
      readonly type: "authorised";
      /** As it may be carried out: with instances for aliases, in the name of who may. */
      readonly ask: RpcAsk;
      /** When the right to it ends. */
      readonly until?: number;
      /** What it writes over, for the audit log. */
      readonly written?: JsonObject;
    }
  | { readonly type: "refused"; readonly detail: string };

/** Values of one ask that the audit log takes. */
const MOST_WRITTEN = 64;
/** A path has no more aliases. */
const MOST_ALIASES = 16;

/**
 * Looks up what whoever asks may do now, and whether that is enough. Every ask for a device comes through here, from whichever
 * door [LIGHT 7].
 */
export async function authorise(device: DeviceKey, ask: RpcAsk, ports: AuthorisePorts): Promise<Authorised> {
  const { authority } = ask;
  if (authority === undefined) return { type: "authorised", ask };
  const { store, clock } = ports;
  const principal = await findPrincipal(store, authority, clock.now());
  if (principal === undefined) {
    return { type: "refused", detail: "what you ask by is not known, or has expired or was revoked" };
  }
  const judged = await judge(device, ask, { rights: principal.rights, store, clock });
  if (judged.type === "refused") {
    const refusal = refusalOf(device, ask, { principal, reason: judged.detail, at: clock.now() });
    await store.commit("record-audit", { audit: refusal });
    return judged;
  }
  const { rpcs } = judged;
  const until = authority.type === "grant" ? principal.expiresAt : undefined;
  const written = await writtenOver(device, rpcs, store);
  return {
    type: "authorised",
    ask: { ...ask, rpcs, manager: principal.name },
    ...(until === undefined ? {} : { until }),
    ...(written === undefined ? {} : { written }),
  };
}

export type Judged =
  | { readonly type: "allowed"; readonly rpcs: readonly DeviceCall[] }
  | { readonly type: "refused"; readonly detail: string };

/** Whether rights are enough for what is asked, and how it may leave: with instances in place of aliases. */
export async function judge(
  device: DeviceKey,
  ask: Pick<RpcAsk, "rpcs" | "refresh">,
  { rights: given, store, clock }: Judging,
): Promise<Judged> {
  const rights = await rightsOn(given, [device], { store, clock });
  const rpcs = await resolved(device, ask.rpcs, { store, rights, clock });
  const calls = ask.refresh === undefined ? rpcs.map(reachOf) : [reachOfRefresh(ask.refresh)];
  const verdict = may(rights, { type: "call", device, calls });
  return verdict.type === "allowed" ? { type: "allowed", rpcs } : { type: "refused", detail: verdict.reason };
}

interface Judging {
  readonly rights: Rights;
  readonly store: Pick<Store, "parameters" | "coveredDevices">;
  readonly clock: Pick<Clock, "now">;
}

interface Refused {
  readonly principal: Principal;
  readonly reason: string;
  readonly at: number;
}

function refusalOf(
  device: DeviceKey,
  { rpcs, authority }: RpcAsk,
  { principal, reason, at }: Refused,
): AuditEntry {
  const grant = grantOf(authority);
  const detail = { methods: rpcs.map(({ method }) => method), reason };
  const by = { at, manager: principal.name, ...(grant === undefined ? {} : { grant }) };
  return { ...by, action: "refused-call", device, detail };
}

/** With the instances that aliases stand for by what is known, so that what leaves is what was looked at [LIGHT 7]. */
async function resolved(
  device: DeviceKey,
  rpcs: readonly DeviceCall[],
  { store, rights }: Judging,
): Promise<readonly DeviceCall[]> {
  if (rights.read.includes("") && rights.write.includes("")) return rpcs;
  const calls: DeviceCall[] = [];
  for (const rpc of rpcs) {
    const { reads, writes } = reachOf(rpc);
    const paths = new Map<string, string>();
    for (const path of [...reads, ...writes]) paths.set(path, await withoutAliases(device, path, store));
    const isSame = [...paths].every(([path, resolvedPath]) => path === resolvedPath);
    calls.push(isSame ? rpc : withPaths(rpc, (path) => paths.get(path) ?? path));
  }
  return calls;
}

async function withoutAliases(device: DeviceKey, path: string, store: Judging["store"]): Promise<string> {
  let current = path;
  for (let times = 0; times < MOST_ALIASES; times += 1) {
    const table = tableOfAlias(current);
    if (table === undefined) return current;
    const next = resolvedAlias(current, await store.parameters(device, table));
    if (next === undefined) return current;
    current = next;
  }
  return current;
}

/** Each value that is written, with the one that was known. */
async function writtenOver(
  device: DeviceKey,
  rpcs: readonly DeviceCall[],
  store: Judging["store"],
): Promise<JsonObject | undefined> {
  const written = rpcs.flatMap(writtenValues);
  if (written.length === 0) return undefined;
  const shown = written.slice(0, MOST_WRITTEN);
  const known = new Map<string, LearnedParameters>();
  for (const object of new Set(shown.map(([path]) => topLevelObject(path)))) {
    known.set(object, await store.parameters(device, object));
  }
  const set = shown.map(([path, to]) => {
    const before = groupedValue<LearnedParameter>(known.get(topLevelObject(path)) ?? {}, path)?.value;
    const from = before ?? null;
    return [path, isSecret(path) ? { to: HIDDEN } : { from, to }] as const;
  });
  const more = written.length - shown.length;
  return { set: Object.fromEntries(set), ...(more === 0 ? {} : { more }) };
}
