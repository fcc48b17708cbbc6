import type { IncomingMessage } from "node:http";
import { startCwmpGateway, type CwmpGateway } from "../southbound/cwmp/gateway.ts";
import { Engines } from "../southbound/engines.ts";
import { startFileServer } from "../southbound/files/file-server.ts";
import { transferLogin } from "../southbound/files/transfer-login.ts";
import { transferDesk } from "../southbound/files/transfer-desk.ts";
import { startUploadServer } from "../southbound/files/upload-server.ts";
import { startLightGateway, type LightGateway } from "../southbound/light/gateway.ts";
import { lightUrl } from "../southbound/light-url.ts";
import { LoadGate } from "../southbound/load-gate.ts";
import { startListener, type Address, type CertificatePair } from "../southbound/listener.ts";
import { peerOf } from "../southbound/peer.ts";
import type { GatewayPorts } from "../southbound/southbound-ports.ts";
import { startStompListener } from "../southbound/stomp-listener.ts";
import type { StompListener, StompListenerSettings } from "../southbound/stomp-listener.ts";
import { startNotifications } from "../southbound/udp/notifications.ts";
import { startStunServer, type StunServer } from "../southbound/udp/stun-server.ts";
import { startWake } from "../southbound/wake/wake.ts";
import type { Certificate } from "./certificate.ts";
import { LIGHT_KIDS, type Ground } from "./ground.ts";
import { lightKeys, lightTokenVerifier } from "./light-tokens.ts";
import { watchSouthbound } from "./metrics/watch-southbound.ts";
import { authority, reachable, type Listener, type Settings } from "./settings.ts";
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

/** Whom devices are let in as. */
export interface Letting {
  readonly firstContact: FirstContact;
  readonly tls: StartingTls | undefined;
}

export interface Southbound {
  /** What is put into devices. */
  readonly acsUrl: string;
  /** The same with TLS, where there is a certificate and no public URL. */
  readonly secureAcsUrl: string | undefined;
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

/** Starts what devices speak to, as far as it is a role of this process, and what listens for it. */
export async function startSouthbound(ground: Ground, letting: Letting): Promise<Southbound> {
  const { ports, settings, starting } = ground;
  const { tls } = letting;
  const isCwmp = settings.roles.includes("cwmp");
  const isLight = settings.roles.includes("light");
  const udp = isCwmp ? await startCalling(ground) : {};
  const load = new LoadGate({ ...ports, eventLoop: systemEventLoop() });
  const engines = new Engines(ports, { mayFail: settings.nats !== undefined });
  starting.defer(() => engines.close());
  const light = isLight ? startLight(ground, { load, engines }) : undefined;
  const cwmp = isCwmp ? startCwmp(ground, { ...letting, load, engines }) : undefined;
  const transfers = isCwmp ? startTransfers(ground) : undefined;
  const drain = async (): Promise<void> => {
    transfers?.files.close();
    await Promise.all([cwmp?.close(), light?.close()]);
  };
  starting.defer(drain);
  const secure = tls && { ...tls.listener, pair: tls.certificate.pair };
  const gateways = { ...(cwmp && { cwmp }), ...(light && { light }), ...transfers };
  const listener = await startListener(gateways, { ...settings.southbound, ...(secure && { tls: secure }) });
  starting.defer(() => listener.close());
  const stomp = light && (await startStompListener(light, stompSettings(settings, tls?.certificate)));
  starting.defer(() => stomp?.close());
  watchSouthbound({ cwmp, light, load, traffic: { ...listener.traffic, ...stomp?.traffic } }, ports.metrics);
  const use = (pair: CertificatePair): void => {
    listener.useCertificate(pair);
    stomp?.useCertificate(pair);
  };
  const watch = tls?.certificate.watch({ ...ports, use });
  starting.defer(() => watch?.close());
  // Once more, and now first: sessions and connections come to their ends while devices still reach them.
  starting.defer(drain);
  const { address } = listener;
  const secureAddress = listener.secureAddress && named(tls?.certificate.name, listener.secureAddress);
  return {
    ...acsUrls(settings, { address, secureAddress }),
    ...{ address, secureAddress },
    stomp: { address: stomp?.address, secureAddress: stomp?.secureAddress },
    udp: { stun: udp.stun, notifications: udp.notifications },
    sendsAway: () => load.figures.isRefusing,
    reloadCertificate: () => watch?.reload(),
  };
}

type Shared = Pick<GatewayPorts, "load" | "engines">;

function startLight({ ports, settings, secret }: Ground, shared: Shared): LightGateway {
  const { behindProxy } = settings;
  const bounds = { callTimeoutMs: settings.callTimeoutSeconds * 1_000 };
  const tokens = lightTokenVerifier(lightKeys(secret, LIGHT_KIDS).verifying);
  return startLightGateway(
    { ...ports, ...shared, tokens },
    { behindProxy, bounds, lightUrl: (request) => lightUrl(request, peerOf(request, behindProxy), settings) },
  );
}

function startCwmp(
  { ports, settings }: Ground,
  { firstContact, load, engines }: Letting & Shared,
): CwmpGateway {
  const { openEnrolment, behindProxy, insecure } = settings;
  return startCwmpGateway(
    { ...ports, load, engines },
    {
      ...{ firstContact, openEnrolment, behindProxy, insecure },
      lightUrl: (request, peer) => lightUrl(request, peer, settings),
    },
  );
}

/** What calls devices that are not connected, and hears of those behind NATs; gives where datagrams are taken. */
async function startCalling(ground: Ground): Promise<Partial<Southbound["udp"]>> {
  const { ports, settings, starting } = ground;
  const { connectionRequestNetworks } = settings;
  const stun = await startStun(ground);
  const ways = stun === undefined ? {} : { ways: stun };
  const wake = await startWake(ports, { connectionRequestNetworks, ...ways });
  starting.defer(() => wake.close());
  return { stun: stun?.address, notifications: await startHearing(ground) };
}

function acsUrls(
  { publicUrl }: Settings,
  { address, secureAddress }: Pick<Southbound, "address" | "secureAddress">,
): Pick<Southbound, "acsUrl" | "secureAcsUrl"> {
  if (publicUrl !== undefined) return { acsUrl: publicUrl, secureAcsUrl: undefined };
  const acsUrl = `http://${authority(reachable(address))}/`;
  const secureAcsUrl = secureAddress && `https://${authority(reachable(secureAddress))}/`;
  return { acsUrl, secureAcsUrl };
}

/** What serves files to devices, and takes them. */
function startTransfers({ ports, files, links, settings, starting }: Ground) {
  const desk = transferDesk(ports);
  const { clock, log } = ports;
  const { behindProxy, insecure } = settings;
  const isPrivate = (request: IncomingMessage): boolean => {
    const { local, secure } = peerOf(request, behindProxy);
    return local || secure || insecure;
  };
  const login = transferLogin({ ...ports, links, isPrivate });
  starting.defer(() => {
    login.close();
  });
  return {
    files: startFileServer({ files, links, clock, log, login, ...desk }),
    uploads: startUploadServer({ files, links, clock, log, login, ...desk }),
  };
}

async function startStun({ ports, settings: { stun }, starting }: Ground): Promise<StunServer | undefined> {
  if (stun === undefined) return undefined;
  const { listener: at, login } = stun;
  const server = await startStunServer(ports, { at, ...(login && { login }) });
  starting.defer(() => server.close());
  return server;
}

async function startHearing({
  ports,
  settings: { udpNotifications: at },
  starting,
}: Ground): Promise<Address | undefined> {
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
