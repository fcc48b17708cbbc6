import type { IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import type { RouteName } from "@heliograph/api";
import { admission, turnAwayFor } from "./admission.ts";
import { buildApp } from "./app.ts";
import { approvalHandlers } from "./approval-handlers.ts";
import { authentication, type Authentication } from "./authentication.ts";
import { backupHandlers } from "./backup-handlers.ts";
import { campaignHandlers } from "./campaign-handlers.ts";
import { channelHandlers } from "./channel-handlers.ts";
import { configurationHandlers } from "./configuration-handlers.ts";
import { credentialHandlers } from "./credential-handlers.ts";
import { deviceHandlers } from "./device-handlers.ts";
import { eventHandlers } from "./event-handlers.ts";
import { fileHandlers } from "./file-handlers.ts";
import { grantHandlers } from "./grant-handlers.ts";
import { groupHandlers } from "./group-handlers.ts";
import { journalHandlers } from "./journal-handlers.ts";
import { leaseHandlers } from "./lease-handlers.ts";
import { LiveDevices } from "./live/live-devices.ts";
import { liveHandlers } from "./live/live-handlers.ts";
import { serveManagers } from "./manage/manage-socket.ts";
import { operationHandlers } from "./operation-handlers.ts";
import { passwords, type Passwords } from "./password.ts";
import { refreshHandlers } from "./refresh-handlers.ts";
import { ManagerPaces } from "./pace.ts";
import { policyHandlers } from "./policy-handlers.ts";
import { quirkFileHandlers } from "./quirk-file-handlers.ts";
import { quirkHandlers } from "./quirk-handlers.ts";
import { serveOutsiders } from "./serve-outsiders.ts";
import type { Served } from "./serve.ts";
import { sessionHandlers } from "./session-handlers.ts";
import { serviceHandlers } from "./service-handlers.ts";
import { defaultNorthboundLimits, type NorthboundSettings, type RestPorts } from "./settings.ts";
import { tagHandlers } from "./tag-handlers.ts";
import { tokenHandlers } from "./token-handlers.ts";
import { traceHandlers } from "./trace-handlers.ts";
import { transferHandlers } from "./transfer-handlers.ts";
import { roleHandlers, userHandlers } from "./user-handlers.ts";
import { webhookHandlers } from "./webhook-handlers.ts";

export type { NorthboundLimits, NorthboundPorts, NorthboundSettings, RestPorts } from "./settings.ts";

export interface Northbound {
  readonly address: { readonly host: string; readonly port: number };
  /**
   * Takes no new requests, ends the streams, answers who waits for an operation with what is known of it, and resolves
   * once all connections are closed. Closing twice is no error.
   */
  close(): Promise<void>;
}

/** After this long connections that are still open are cut. */
const CLOSE_MS = 5_000;

/** Starts the managers' side: the REST API of `@heliograph/api`. Rejects where it cannot listen. */
export async function startNorthbound(ports: RestPorts, settings: NorthboundSettings): Promise<Northbound> {
  const limits = { ...defaultNorthboundLimits, ...settings.limits };
  const closing = new AbortController();
  const { signal } = closing;
  const hashing = passwords();
  const known = authentication({ ...ports, passwords: hashing }, settings.adminToken);
  const live = new LiveDevices(ports);
  const paces = new ManagerPaces(ports.clock);
  const served: Readonly<Record<RouteName, Served>> = {
    ...deviceHandlers(ports),
    ...approvalHandlers(ports),
    ...credentialHandlers(ports),
    ...operationHandlers(ports, signal),
    ...refreshHandlers(ports, signal),
    ...fileHandlers(ports, limits.pace),
    ...backupHandlers(ports),
    ...transferHandlers(ports, signal),
    ...fleetHandlers(ports),
    ...channelHandlers(ports, { limits, signal }),
    ...leaseHandlers(ports),
    ...eventHandlers(ports, { limits, signal }),
    ...traceHandlers(ports, { limits, signal }),
    ...liveHandlers(ports, live, { limits, signal }),
    ...journalHandlers(ports),
    ...webhookHandlers(ports),
    ...accessHandlers(ports, { hashing, known }),
    ...serviceHandlers(ports, settings.version),
  };
  const turnAway = turnAwayFor(settings);
  const app = buildApp({
    served: Object.values(served),
    admit: admission({ limits, signal, authentication: known, turnAway, paces }),
    limits,
    behindProxy: settings.behindProxy,
    log: ports.log,
    metrics: ports.metrics,
    ...(ports.spans && { spans: ports.spans }),
  });
  const managers = serveManagers(app.server, {
    ...{ ports, live, paces },
    authentication: known,
    turnAway: ({ headers }) => turnAway(headers),
    addressOf: (request) => addressOf(request, settings.behindProxy),
  });
  await app.listen({ host: settings.host, port: settings.port });
  const outsiders = serveOutsiders({ ports, authentication: known, paces, limits, signal });
  return {
    address: listening(app.server.address()),
    async close() {
      closing.abort();
      outsiders.unsubscribe();
      const cut = ports.clock.after(CLOSE_MS, () => {
        app.server.closeAllConnections();
      });
      await managers.close();
      await app.close();
      cut.cancel();
    },
  };
}

/** What concerns many devices at once. */
function fleetHandlers(ports: RestPorts) {
  return {
    ...groupHandlers(ports),
    ...campaignHandlers(ports),
    ...policyHandlers(ports),
    ...configurationHandlers(ports),
    ...tagHandlers(ports),
    ...quirkHandlers(ports),
    ...quirkFileHandlers(ports),
  };
}

interface Access {
  readonly hashing: Passwords;
  readonly known: Authentication;
}

/** Who comes, and as whom. */
function accessHandlers(ports: RestPorts, { hashing, known }: Access) {
  return {
    ...tokenHandlers(ports),
    ...grantHandlers(ports),
    ...userHandlers(ports, hashing),
    ...roleHandlers(ports),
    ...sessionHandlers(ports, known),
  };
}

/** As the REST API has it: the last of the addresses that our own proxy was told, where there is one. */
function addressOf({ headers, socket }: IncomingMessage, behindProxy: boolean): string {
  const told = behindProxy ? [headers["x-forwarded-for"]].flat().join(",") : "";
  const last = told.split(",").at(-1)?.trim() ?? "";
  return last === "" ? (socket.remoteAddress ?? "") : last;
}

function listening(address: AddressInfo | string | null): Northbound["address"] {
  if (address === null || typeof address === "string")
    throw new Error("the northbound listens on no TCP port");
  return { host: address.address, port: address.port };
}
