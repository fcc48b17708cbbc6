import { createHash } from "node:crypto";
import { startNorthbound } from "../northbound/start-northbound.ts";
import type { Store } from "../ports/index.ts";
import { fileComparer } from "../store/files/compare-files.ts";
import type { ClientFile, DataFolder } from "./data-folder.ts";
import { grantTokens } from "./grant-tokens.ts";
import type { Ground } from "./ground.ts";
import { authority, reachable, type Settings } from "./settings.ts";
import type { Southbound } from "./southbound.ts";
import { systemClock } from "./system-clock.ts";
import { systemRandom } from "./system-random.ts";
import { webhookSeal } from "./webhook-secrets.ts";

/** Version of the server as its OpenAPI document says. */
export const VERSION = "0.1.0";

/** Where managers come. */
export interface Managed {
  readonly url: string;
  /** The token of this machine's command line; where `admin-token` is set, that one. */
  readonly token: string;
}

/** Starts what managers speak to. `southbound`: what devices speak to in this process, where they do. */
export async function startNorthboundRole(
  { ports, settings, folder, secret, files, spanning, starting }: Ground,
  southbound: Pick<Southbound, "sendsAway"> | undefined,
): Promise<Managed> {
  const { behindProxy, adminToken } = settings;
  const northbound = await startNorthbound(
    {
      ...ports,
      ...{ files, comparer: fileComparer(files), webhookSecrets: webhookSeal(secret) },
      grantTokens: grantTokens(secret, ports.clock),
      ...(southbound === undefined ? { seesNoDevices: true } : { sendsAway: southbound.sendsAway }),
      ...(spanning && { spans: spanning.spans }),
    },
    {
      ...settings.northbound,
      ...(adminToken === undefined ? {} : { adminToken }),
      hostNames: [settings.northbound.host, ...settings.northboundNames],
      behindProxy,
      version: VERSION,
    },
  );
  starting.defer(() => northbound.close());
  const url = `http://${authority(reachable(northbound.address))}`;
  return { url, token: await localToken({ settings, folder, store: ports.store, url }) };
}

interface LocalToken {
  readonly settings: Settings;
  readonly folder: DataFolder;
  readonly store: Store;
  readonly url: string;
}

/** The token in client.json, made at first start; one that was revoked is replaced. */
async function localToken({ settings, folder, store, url }: LocalToken): Promise<string> {
  const known = folder.readClient();
  const token = settings.adminToken ?? (await goodToken(known, store)) ?? (await makeToken(store));
  const client: ClientFile = { url, token };
  if (known?.url !== client.url || known.token !== client.token) folder.writeClient(client);
  return token;
}

async function goodToken(client: ClientFile | undefined, store: Store): Promise<string | undefined> {
  if (client === undefined) return undefined;
  const kept = await store.apiToken(hashOf(client.token));
  return kept !== undefined && kept.revokedAt === undefined ? client.token : undefined;
}

async function makeToken(store: Store): Promise<string> {
  const token = systemRandom.hex(32);
  const id = systemRandom.hex(8);
  const createdAt = systemClock.now();
  await store.commit("add-token", {
    token: { id, name: "local", role: "admin", hash: hashOf(token), createdAt },
    audit: { at: createdAt, manager: "heliograph", action: "create-token", detail: { id, name: "local" } },
  });
  return token;
}

function hashOf(token: string): string {
  return createHash("sha256").update(token).digest("hex");
}
