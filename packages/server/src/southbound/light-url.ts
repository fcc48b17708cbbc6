import type { IncomingMessage } from "node:http";
import { TLSSocket } from "node:tls";
import { plainAddress } from "./address.ts";
import type { Peer } from "./peer.ts";

/** The path of the light transport, beside that of the ACS. */
export const LIGHT_PATH = "/light";

export interface LightUrlSettings {
  /** The ACS URL that devices are told, where one is set. */
  readonly publicUrl?: string;
  /** Refers devices without TLS all the same. */
  readonly allowPlainLight: boolean;
}

/**
 * The URL that a device is referred to which came by this request; undefined where it may not be referred [LIGHT 1.2]. Who
 * reads a token is the device: it travels without TLS, here or there, only within this machine or where the settings say so.
 */
export function lightUrl(
  request: IncomingMessage,
  peer: Peer,
  { publicUrl, allowPlainLight }: LightUrlSettings,
): string | undefined {
  const mayBeRead = peer.local || allowPlainLight;
  if (!peer.secure && !mayBeRead) return undefined;
  const url = publicUrl === undefined ? ownUrl(request, peer) : publicLightUrl(publicUrl);
  return url?.protocol === "wss:" || mayBeRead ? url?.href : undefined;
}

/** At the origin of the ACS URL, whatever the path of that is. */
function publicLightUrl(publicUrl: string): URL {
  const { protocol, host } = new URL(publicUrl);
  return new URL(LIGHT_PATH, `${protocol === "https:" ? "wss" : "ws"}://${host}`);
}

/**
 * Where the request's own connection ended: what its Host header says proves nothing. Behind a proxy nobody but the proxy
 * could call there.
 */
function ownUrl({ socket }: IncomingMessage, { direct }: Peer): URL | undefined {
  const address = plainAddress(socket.localAddress ?? "");
  if (!direct || address === undefined || socket.localPort === undefined) return undefined;
  const host = coveredName(socket) ?? (address.includes(":") ? `[${address}]` : address);
  const scheme = socket instanceof TLSSocket ? "wss" : "ws";
  return new URL(LIGHT_PATH, `${scheme}://${host}:${socket.localPort}`);
}

/** The name by which the device called us, as far as our certificate has it. */
function coveredName(socket: IncomingMessage["socket"]): string | undefined {
  if (!(socket instanceof TLSSocket) || typeof socket.servername !== "string") return undefined;
  const isCovered = socket.getX509Certificate()?.checkHost(socket.servername) !== undefined;
  return isCovered ? socket.servername : undefined;
}
