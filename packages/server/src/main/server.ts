import { startProcess, type Adaptation, type RunningProcess } from "./process.ts";
import { isWhole } from "./roles.ts";
import type { Settings } from "./settings.ts";
import type { FirstContact, Southbound } from "./southbound.ts";

export interface RunningServer {
  /** What to put into a device: the ACS URL, and the shared first-contact secret. */
  readonly acsUrl: string;
  /** The ACS URL with TLS, where there is a certificate and no public URL. */
  readonly secureAcsUrl?: string;
  readonly firstContact: FirstContact;
  readonly northboundUrl: string;
  /** Where devices may speak STOMP without a WebSocket; undefined where that is nowhere. */
  readonly stomp: Southbound["stomp"];
  /** Where datagrams of devices are taken; undefined where that is nowhere. */
  readonly udp: Southbound["udp"];
  /** The token of this machine's command line; where `admin-token` is set, that one. */
  readonly token: string;
  /** Reads the certificate's files now; without one there is nothing to read. */
  reloadCertificate(): void;
  /** Stops taking work, ends what runs, commits what waits. Stopping twice is no error. */
  close(): Promise<void>;
}

/** Starts the whole ACS in this process; rejects as {@link startProcess} does. */
export async function startServer(settings: Settings, adaptation: Adaptation = {}): Promise<RunningServer> {
  const running = await startProcess(settings, adaptation);
  const server = wholeServer(running);
  if (server !== undefined && isWhole(settings.roles)) return server;
  await running.close();
  throw new TypeError(`${settings.roles.join(",")} is not the whole ACS`);
}

/** Undefined where it lacks a side. */
export function wholeServer(running: RunningProcess): RunningServer | undefined {
  const { southbound, northbound, firstContact } = running;
  if (southbound === undefined || northbound === undefined) return undefined;
  const { acsUrl, secureAcsUrl, stomp, udp } = southbound;
  return {
    ...{ acsUrl, firstContact, stomp, udp },
    ...(secureAcsUrl === undefined ? {} : { secureAcsUrl }),
    northboundUrl: northbound.url,
    token: northbound.token,
    reloadCertificate: () => {
      southbound.reloadCertificate();
    },
    close: () => running.close(),
  };
}
