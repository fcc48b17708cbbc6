import type { Socket } from "node:net";
import type { DeviceKey, SoapHeader, WebSocketReference } from "@heliograph/protocol";
import { connectionId, factsOf } from "../../ports/index.ts";
import type {
  AnnounceReply,
  Announcement,
  KnownDevice,
  GatewayId,
  QuirkHolder,
  ResolvedQuirks,
} from "../../ports/index.ts";
import { isCertified } from "../client-certificate.ts";
import { offerOf } from "../light-offer.ts";
import type { Peer } from "../peer.ts";
import type { GatewayPorts } from "../southbound-ports.ts";
import { Door } from "./admit.ts";
import type { Admission, Arrival } from "./admit.ts";
import type { Challenges } from "./challenges.ts";
import type { Conversation } from "./conversation.ts";
import { sessionCookie, sessionId } from "./cookie.ts";
import type { CwmpBounds, CwmpSettings } from "./cwmp-settings.ts";
import { mannerOf, probesAtFirst } from "./habits.ts";
import { writeFault, writeInformResponse } from "./messages.ts";
import { Owner } from "./owner.ts";
import type { Inform } from "./reading.ts";
import { last, plain, soap, unavailable, withHeader } from "./reply.ts";
import type { Reply } from "./reply.ts";
import type { Session, Sessions } from "./sessions.ts";

/** Who brought an Inform, as far as HTTP and TCP say. */
export interface Visitor {
  readonly peer: Peer;
  readonly authorization: string | undefined;
  /** Undefined where the connection is a proxy's. */
  readonly socket: Socket | undefined;
  /** Whether it came with empty POSTs first, only to be challenged. */
  readonly probes: boolean;
  /** Where a device that came this way finds the light transport; undefined where it may not be referred. */
  readonly lightUrl: () => string | undefined;
}

export interface OpeningMeans {
  readonly gateway: GatewayId;
  readonly ports: GatewayPorts;
  readonly settings: CwmpSettings;
  readonly bounds: CwmpBounds;
  readonly sessions: Sessions;
  readonly conversation: Conversation;
  readonly challenges: Challenges;
}

/** Events that say no more than that the device is alive: their Inform is answered before it is stored. */
const ROUTINE: ReadonlySet<string> = new Set(["2 PERIODIC", "14 HEARTBEAT"]);
/** Until somebody has looked through the devices that wait. */
const FULL_RETRY_SECONDS = 3600;

/** Opens sessions: admits the device, announces it to an engine, answers its Inform. */
export class Opening {
  readonly #means: OpeningMeans;
  readonly #door: Door;

  constructor(means: OpeningMeans) {
    const { vault } = means.ports;
    const { firstContact } = means.settings;
    this.#means = means;
    this.#door = new Door(
      means.ports,
      firstContact === undefined
        ? undefined
        : { username: firstContact.username, ha1: vault.ha1(firstContact.username, firstContact.password) },
    );
  }

  /** Answers an Inform, whatever session its device had before. */
  open(inform: Inform, visitor: Visitor): Promise<Reply> {
    return this.#means.ports.load.during(this.#open(inform, visitor));
  }

  /** The ACS cannot take the session now; the devices that are told so shall not all return at once. */
  busy(line: string): Reply {
    const { load, random } = this.#means.ports;
    return unavailable(line, 5 + Math.floor(load.sendAway() * random.fraction()));
  }

  async #open(inform: Inform, visitor: Visitor): Promise<Reply> {
    const { key } = inform;
    if (key === undefined) {
      return soap(
        writeFault(inform, inform.id, { code: 8003, detail: "DeviceId has no usable SerialNumber" }),
      );
    }
    if (inform.version.type === "incompatible") return soap(writeFault(inform, inform.id, { code: 8006 }));
    const admission = await this.#door.admit(this.#arrival(key, inform, visitor));
    switch (admission.type) {
      case "challenge":
        return this.#challenge({ inform, visitor }, admission);
      case "forbidden":
        return plain(403, "this device was rejected");
      case "foreign":
        return plain(403, "the certificate is another device's");
      case "full":
        return unavailable("too many devices wait for approval", FULL_RETRY_SECONDS);
      case "guessing":
        return last(unavailable("too many wrong answers came from there", admission.retryAfterSeconds));
      case "claimant":
        return this.#hearOut(key, inform, visitor);
      case "admitted":
        return await this.#begin(inform, visitor, admission.device);
    }
  }

  #challenge(
    { inform, visitor }: { readonly inform: Inform; readonly visitor: Visitor },
    { stale, device }: Extract<Admission, { readonly type: "challenge" }>,
  ): Reply {
    const { challenges, ports } = this.#means;
    const { digest } = ports.quirks.of(holder(inform, device)).values;
    return challenges.reply(visitor.peer, { stale, digest });
  }

  /** Somebody who claims the device is answered, and no more: nothing that is the device's is touched. */
  #hearOut(key: DeviceKey, inform: Inform, visitor: Visitor): Reply {
    const { ports, sessions } = this.#means;
    if (sessions.isFull) return this.busy("too many sessions");
    const quirks = ports.quirks.of(holder(inform));
    const session = this.#session({ key, inform, visitor, owner: undefined, quirks });
    sessions.addClaimant(session, visitor.socket);
    sessions.release(session);
    return this.#welcome(session, inform);
  }

  #arrival(key: DeviceKey, { deviceId, events }: Inform, { peer, authorization }: Visitor): Arrival {
    const { challenges, settings } = this.#means;
    const { openEnrolment } = settings;
    const { accepts, unsure } = challenges.acceptance();
    return {
      key,
      deviceId,
      address: peer.address,
      proof: {
        authorization,
        certificate: peer.certified && (isCertified(key, peer.certified) ? "own" : "foreign"),
        accepts,
        unsure,
        basicAllowed: challenges.isBasicAllowed(peer),
        covered: openEnrolment === "all" || (openEnrolment === "loopback" && peer.local),
        bootstrap: events.some(({ code }) => code === "0 BOOTSTRAP"),
      },
    };
  }

  async #begin(inform: Inform, visitor: Visitor, device: KnownDevice): Promise<Reply> {
    const { ports, sessions, conversation } = this.#means;
    const { key } = device;
    // A device has one session: the earlier is over, and its engine hears of that first. Others may open meanwhile.
    for (let earlier = sessions.of(key); earlier !== undefined; earlier = sessions.of(key)) {
      sessions.remove(earlier);
      await conversation.tell(earlier, { type: "cut", detail: "the device opened another session" });
    }
    if (sessions.isFull) return this.busy("too many sessions");
    const announcement = this.#announcement(device, inform, visitor);
    const owner = device.approval === "approved" ? new Owner(ports, announcement) : undefined;
    const session = this.#session({
      key,
      inform,
      visitor,
      owner,
      quirks: ports.quirks.of(holder(inform, device)),
    });
    sessions.add(session, visitor.socket);
    try {
      const mayWait = isRoutine(inform) && announcement.offer === undefined;
      if (owner === undefined) return this.#welcome(session, inform);
      const announcing = ports.load.during(owner.announced);
      if (mayWait) return this.#welcome(session, inform);
      const announced = await announcing;
      if (announced.type === "owned" || announced.type === "noted") {
        return this.#welcome(session, inform, referenceOf(announcement, announced));
      }
      sessions.remove(session);
      return this.busy("no engine takes the session");
    } finally {
      sessions.release(session);
    }
  }

  #session(of: {
    readonly key: DeviceKey;
    readonly inform: Inform;
    readonly visitor: Visitor;
    readonly owner: Owner | undefined;
    readonly quirks: ResolvedQuirks;
  }): Session {
    const { key, inform, visitor, owner, quirks } = of;
    const { sessionTimeoutMs, maxSessionTimeoutMs } = this.#means.bounds;
    const askedMs = (inform.sessionTimeoutSeconds ?? 0) * 1000;
    return {
      timeoutMs: Math.min(Math.max(askedMs, sessionTimeoutMs), maxSessionTimeoutMs),
      cookie: sessionId(this.#means.gateway, this.#means.ports.random),
      device: key,
      namespace: inform.namespace,
      style: inform.style,
      owner,
      peer: visitor.peer,
      authorized: visitor.authorization !== undefined,
      probes: probesAtFirst(visitor.probes, quirks),
      challenged: false,
      probed: undefined,
      declares: inform.style.declaration === true,
      cookies: undefined,
      quirks,
      state: owner === undefined ? { name: "quiet" } : { name: "ready" },
      busy: true,
    };
  }

  #announcement(
    { key, credentialVersion }: KnownDevice,
    inform: Inform,
    { peer, lightUrl }: Visitor,
  ): Announcement {
    const { clock, random } = this.#means.ports;
    const { deviceId, events, parameters, namespace, style, advertised } = inform;
    const url = advertised === undefined ? undefined : lightUrl();
    const offer = advertised === undefined || url === undefined ? undefined : offerOf(advertised, url);
    return {
      device: key,
      deviceId,
      connection: connectionId(random.hex(16)),
      gateway: this.#means.gateway,
      credentialVersion,
      address: peer.address,
      at: clock.now(),
      events,
      parameters,
      style: { namespace, declaration: style.declaration === true },
      ...(offer === undefined ? {} : { offer }),
    };
  }

  /** With the reference to the light transport, where the device is given one in the header [LIGHT 1.2]. */
  #welcome(session: Session, { id, version }: Inform, reference?: WebSocketReference): Reply {
    const header: SoapHeader = {
      ...(version.type === "agreed" ? { useCwmpVersion: version.version } : {}),
      ...(reference === undefined ? {} : { webSocketReference: reference }),
    };
    const response = soap(writeInformResponse(mannerOf(session), id, header));
    return withHeader(response, "Set-Cookie", sessionCookie(session.cookie));
  }
}

/** Whether it begins a session. */
export function isWelcome({ headers }: Reply): boolean {
  return headers["Set-Cookie"] !== undefined;
}

function referenceOf(
  { offer }: Announcement,
  { reference }: Extract<AnnounceReply, { readonly credentialVersion: number }>,
): WebSocketReference | undefined {
  if (offer === undefined || reference === undefined) return undefined;
  return { url: offer.url, subprotocol: offer.subprotocol, ...reference };
}

function isRoutine({ events }: Inform): boolean {
  return events.length > 0 && events.every(({ code }) => ROUTINE.has(code));
}

/** A device as its Inform has it: what its software brings counts from its first session on. */
function holder({ deviceId, parameters }: Inform, device?: KnownDevice): QuirkHolder {
  const { facts, quirks } = device ?? {};
  return {
    deviceId,
    facts: { ...facts, ...factsOf(parameters) },
    ...(quirks === undefined ? {} : { quirks }),
  };
}
