import type { IncomingMessage } from "node:http";
import { TLSSocket } from "node:tls";
import { plainAddress } from "./address.ts";
import type { Peer } from "./peer.ts";

/** The path of the light transport, beside that of the ACS. */
export const LIGHT_PATH = "/light";

export interface LightUrlSettings {
  /** The ACS URL that devices are told, where one is set. */
  readonly publicUrl?: string;
  /** Where the light transport is, where that is not beside the ACS. */
  readonly lightUrl?: string;
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
  settings: LightUrlSettings,
): string | undefined {
  const mayBeRead = peer.local || settings.allowPlainLight;
  if (!peer.secure && !mayBeRead) return undefined;
  const url = toldUrl(settings) ?? ownUrl(request, peer);
  return url?.protocol === "wss:" || mayBeRead ? url?.href : undefined;
}

/** Unless it is told, at the origin of the ACS URL, whatever the path of that is; undefined where nothing is told. */
function toldUrl({ publicUrl, lightUrl: told }: LightUrlSettings): URL | undefined {
  if (told !== undefined) return new URL(told);
  if (publicUrl === undefined) return undefined;
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
