import type { IncomingMessage } from "node:http";
import type { FileLinks, FileStore, Metrics, TokenVerifier } from "../ports/index.ts";
import { startCwmpGateway } from "../southbound/cwmp/gateway.ts";
import { startFileServer } from "../southbound/files/file-server.ts";
import { transferLogin } from "../southbound/files/transfer-login.ts";
import { transferDesk } from "../southbound/files/transfer-desk.ts";
import { startUploadServer } from "../southbound/files/upload-server.ts";
import { startLightGateway } from "../southbound/light/gateway.ts";
import { lightUrl } from "../southbound/light-url.ts";
import { LoadGate } from "../southbound/load-gate.ts";
import { startListener, type Address, type CertificatePair } from "../southbound/listener.ts";
import { peerOf } from "../southbound/peer.ts";
import { startStompListener } from "../southbound/stomp-listener.ts";
import type { StompListener, StompListenerSettings } from "../southbound/stomp-listener.ts";
import type { SouthboundPorts } from "../southbound/southbound-ports.ts";
import { startNotifications } from "../southbound/udp/notifications.ts";
import { startStunServer, type StunServer } from "../southbound/udp/stun-server.ts";
import { startWake } from "../southbound/wake/wake.ts";
import type { Certificate } from "./certificate.ts";
import { watchSouthbound } from "./metrics/watch-southbound.ts";
import type { Listener, Settings } from "./settings.ts";
import { systemEventLoop } from "./system-event-loop.ts";

/** The shared first-contact secret. */
export interface FirstContact {
  readonly username: string;
  readonly password: string;
}

/** Where to listen with TLS. */
export interface StartingTls {
  readonly listener: Listener;
  readonly certificate: Certificate;
}

export interface StartingSouthbound {
  readonly settings: Settings;
  readonly firstContact: FirstContact;
  readonly tokens: TokenVerifier;
  readonly tls: StartingTls | undefined;
  readonly files: FileStore;
  readonly links: FileLinks;
  readonly metrics: Metrics;
  /** What has started so far, to be stopped again. */
  readonly starting: AsyncDisposableStack;
}

export interface Southbound {
  readonly address: Address;
  /** With TLS, by a name of the certificate where it has one; undefined without. */
  readonly secureAddress: Address | undefined;
  /** Where STOMP is spoken without a WebSocket; undefined where that is nowhere. */
  readonly stomp: Pick<StompListener, "address" | "secureAddress">;
  /** Where datagrams are taken; undefined where that is nowhere. */
  readonly udp: { readonly stun: Address | undefined; readonly notifications: Address | undefined };
  /** Whether newcomers are told to come later, because the ACS cannot keep up. */
  readonly sendsAway: () => boolean;
  /** Reads the certificate's files now. */
  reloadCertificate(): void;
}

/** Starts what devices speak to: connection requests, both gateways, and what listens for them. */
export async function startSouthbound(
  ports: SouthboundPorts,
  start: StartingSouthbound,
): Promise<Southbound> {
  const { settings, firstContact, tokens, tls, starting } = start;
  const { connectionRequestNetworks, openEnrolment, behindProxy, insecure } = settings;
  const stun = await startStun(ports, start);
  const ways = stun === undefined ? {} : { ways: stun };
  const wake = await startWake(ports, { connectionRequestNetworks, ...ways });
  starting.defer(() => wake.close());
  const notificationsAddress = await startHearing(ports, start);
  const bounds = { callTimeoutMs: settings.callTimeoutSeconds * 1_000 };
  const load = new LoadGate({ ...ports, eventLoop: systemEventLoop() });
  const light = startLightGateway(
    { ...ports, tokens, load },
    { behindProxy, bounds, lightUrl: (request) => lightUrl(request, peerOf(request, behindProxy), settings) },
  );
  const cwmp = startCwmpGateway(
    { ...ports, load },
    {
      ...{ firstContact, openEnrolment, behindProxy, insecure },
      lightUrl: (request, peer) => lightUrl(request, peer, settings),
    },
  );
  const { files, uploads } = startTransfers(ports, start);
  const drain = async (): Promise<void> => {
    files.close();
    await Promise.all([cwmp.close(), light.close()]);
  };
  starting.defer(drain);
  const secure = tls && { ...tls.listener, pair: tls.certificate.pair };
  const listener = await startListener(
    { cwmp, light, files, uploads },
    { ...settings.southbound, ...(secure && { tls: secure }) },
  );
  starting.defer(() => listener.close());
  const stomp = await startStompListener(light, stompSettings(settings, tls?.certificate));
  starting.defer(() => stomp.close());
  const traffic = { ...listener.traffic, ...stomp.traffic };
  watchSouthbound({ cwmp, light, load, traffic }, start.metrics);
  const use = (pair: CertificatePair): void => {
    listener.useCertificate(pair);
    stomp.useCertificate(pair);
  };
  const watch = tls?.certificate.watch({ ...ports, use });
  starting.defer(() => watch?.close());
  // Once more, and now first: sessions and connections come to their ends while devices still reach them.
  starting.defer(drain);
  return {
    address: listener.address,
    secureAddress: listener.secureAddress && named(tls?.certificate.name, listener.secureAddress),
    stomp,
    udp: { stun: stun?.address, notifications: notificationsAddress },
    sendsAway: () => load.figures.isRefusing,
    reloadCertificate: () => watch?.reload(),
  };
}

/** What serves files to devices, and takes them. */
function startTransfers(ports: SouthboundPorts, { files, links, settings }: StartingSouthbound) {
  const desk = transferDesk(ports);
  const { clock, log, random } = ports;
  const { behindProxy, insecure } = settings;
  const isPrivate = (request: IncomingMessage): boolean => {
    const { local, secure } = peerOf(request, behindProxy);
    return local || secure || insecure;
  };
  const login = transferLogin({ links, clock, random, isPrivate });
  return {
    files: startFileServer({ files, links, clock, log, login, ...desk }),
    uploads: startUploadServer({ files, links, clock, log, login, ...desk }),
  };
}

async function startStun(
  ports: SouthboundPorts,
  { settings: { stun }, starting }: StartingSouthbound,
): Promise<StunServer | undefined> {
  if (stun === undefined) return undefined;
  const { listener: at, login } = stun;
  const server = await startStunServer(ports, { at, ...(login && { login }) });
  starting.defer(() => server.close());
  return server;
}

async function startHearing(
  ports: SouthboundPorts,
  { settings: { udpNotifications: at }, starting }: StartingSouthbound,
): Promise<Address | undefined> {
  if (at === undefined) return undefined;
  const notifications = await startNotifications(ports, { at });
  starting.defer(() => notifications.close());
  return notifications.address;
}

function stompSettings(
  { stomp, stompTls }: Settings,
  certificate: Certificate | undefined,
): StompListenerSettings {
  return {
    ...(stomp && { plain: stomp }),
    ...(stompTls && certificate && { tls: { ...stompTls, pair: certificate.pair } }),
  };
}

function named(name: string | undefined, { host, port }: Address): Address {
  return { host: name ?? host, port };
}
