import type { IncomingMessage } from "node:http";
import type { DeviceKey } from "@heliograph/protocol";
import { asError, unreachable } from "../../ports/index.ts";
import type { DeviceStyle, LightClaims, TokenVerifier } from "../../ports/index.ts";
import { dropClaim } from "../claims.ts";
import { isCertified } from "../client-certificate.ts";
import type { CertifiedDevices } from "../client-certificate.ts";
import { LineQuota } from "../line-quota.ts";
import type { GatewayPorts } from "../southbound-ports.ts";
import { chosen } from "../subprotocols.ts";
import type { Subprotocol } from "../subprotocols.ts";
import type { LightBinding } from "./codec.ts";
import type { Connections } from "./connections.ts";
import type { Handshake } from "./handshake.ts";
import type { LightBounds } from "./light-settings.ts";
import { notApproved, notCertified, notSpoken, unauthorized, unavailable } from "./refusal.ts";
import type { Refusal } from "./refusal.ts";
import type { Replacements } from "./replacements.ts";
import { barOf } from "./standing.ts";

export interface AdmissionMeans {
  readonly ports: GatewayPorts & { readonly tokens: TokenVerifier };
  readonly bounds: LightBounds;
  readonly bindings: ReadonlyMap<Subprotocol, LightBinding>;
  readonly connections: Connections;
  readonly replacements: Replacements;
  /** Whether the gateway ends. */
  readonly isDraining: () => boolean;
}

/** Somebody who wants to open a connection. */
export interface Visitor {
  /** By which it asked for a WebSocket; left out where there is none. */
  readonly request?: IncomingMessage;
  readonly handshake: Handshake;
  /** Where they are, as far as we trust what says so. */
  readonly address: string;
  /** Whose certificate they have shown; undefined where it is nobody's. */
  readonly certified: CertifiedDevices | undefined;
}

export interface Admitted {
  readonly binding: LightBinding;
  /** What its token says, or its certificate and its row. */
  readonly claims: Omit<LightClaims, "expiresAt">;
  /** How the device writes SOAP, as far as it is known. */
  readonly style: DeviceStyle | undefined;
}

type Judged = Omit<Admitted, "binding">;

/** How long the devices of a conflict are kept off that did not come first. */
const CONFLICT_RETRY_SECONDS = 600;

/** Finds out whether devices may open connections. Until they have shown a good token, they cost little. */
export class Admission {
  readonly #means: AdmissionMeans;
  /** Visitors of whom it is not decided yet. */
  #undecided = 0;
  /** A conflict is written down once a minute. */
  readonly #conflicts = new LineQuota({ each: 1, all: 60 });

  constructor(means: AdmissionMeans) {
    this.#means = means;
  }

  async admit(visitor: Visitor): Promise<Admitted | Refusal> {
    const { ports, bounds, bindings, connections, isDraining } = this.#means;
    const subprotocol = chosen(visitor.handshake.subprotocols, bindings.keys());
    const binding = subprotocol === undefined ? undefined : bindings.get(subprotocol);
    if (binding === undefined) return notSpoken(bindings.keys());
    if (connections.sockets + this.#undecided >= bounds.maxConnections)
      return this.#busy("too many connections");
    if (ports.engines.isStranded) return this.#busy("no engine is there");
    const verdict = ports.load.judge();
    if (verdict.type === "refuse") return unavailable("the ACS is busy", verdict.retryAfterSeconds);
    this.#undecided += 1;
    const judged = isDraining() ? undefined : await this.#judge(visitor);
    this.#undecided -= 1;
    // It may have begun to stop meanwhile: few come just then, and soon there is another.
    if (judged === undefined || isDraining()) return this.#busy("the ACS is stopping");
    return "status" in judged ? judged : { binding, ...judged };
  }

  /** Nobody is let in who cannot be looked up. */
  async #judge(visitor: Visitor): Promise<Judged | Refusal> {
    const { address } = visitor;
    try {
      const judged = await this.#means.ports.load.during(this.#identify(visitor));
      if ("status" in judged) return judged;
      return (await this.#conflict(judged.claims.device, address)) ?? judged;
    } catch (error) {
      this.#means.ports.log.error("a light connection could not be opened", { error: asError(error) });
      return this.#busy("the ACS cannot answer now");
    }
  }

  /** By its token, which must not be another device's than its certificate; without one, by its certificate alone. */
  async #identify({ handshake, certified }: Visitor): Promise<Judged | Refusal> {
    const { clock, store, tokens } = this.#means.ports;
    const { token } = handshake;
    if (token === undefined && certified !== undefined) return this.#lookUp(certified);
    if (token === undefined) return unauthorized("a token is needed; an Inform over HTTP gets one");
    const claims = await tokens.verify(token, clock.now());
    if (claims === undefined) return unauthorized("the token is not good, or not any more");
    const { device, credentialVersion } = claims;
    if (certified !== undefined && !isCertified(device, certified)) return { ...notCertified, device };
    const known = await store.device(device);
    const bar = barOf(known, credentialVersion);
    switch (bar) {
      case undefined:
        if (known !== undefined) await dropClaim(this.#means.ports, known);
        return { claims, style: known?.style };
      case "not-approved":
        return { ...notApproved, device };
      case "unknown-device":
      case "revoked":
        return { ...unauthorized("the token was revoked"), device };
      default:
        return unreachable(bar);
    }
  }

  /** The first device of its certificate that is known: only an Inform enrols. */
  async #lookUp(certified: CertifiedDevices): Promise<Judged | Refusal> {
    const { clock, store } = this.#means.ports;
    const rows = await Promise.all(certified.map((device) => store.device(device)));
    const known = rows.find((row) => row !== undefined);
    if (known === undefined)
      return unauthorized("no device of this certificate is known; an Inform over HTTP enrols it");
    const { key: device, credentialVersion } = known;
    if (known.approval !== "approved") return { ...notApproved, device };
    await dropClaim(this.#means.ports, known);
    return { claims: { device, credentialVersion, authTime: clock.now() }, style: known.style };
  }

  /** Whether two take turns at being the same device. */
  async #conflict(device: DeviceKey, address: string): Promise<Refusal | undefined> {
    const { ports, connections, replacements } = this.#means;
    const holder = connections.of(device).at(-1);
    if (holder === undefined || !replacements.areMany(device, ports.clock.now())) return undefined;
    if (!(await holder.probe())) return undefined;
    await this.#writeDown(device, { address, holder: holder.owner.address });
    const line = "this device is connected, and was replaced too often lately";
    return { ...unavailable(line, CONFLICT_RETRY_SECONDS), device };
  }

  async #writeDown(
    device: DeviceKey,
    addresses: { readonly address: string; readonly holder: string },
  ): Promise<void> {
    const { clock, log, store } = this.#means.ports;
    const at = clock.now();
    const unwritten = this.#conflicts.admit(device, at);
    if (unwritten === undefined) return;
    log.warn("connection-conflict", { device, ...addresses, unwritten });
    await store.commit("record-audit", {
      audit: {
        at,
        manager: "heliograph",
        action: "connection-conflict",
        device,
        detail: { ...addresses, unwritten },
      },
    });
  }

  /** The devices that are told so shall not all return at once. */
  #busy(line: string): Refusal {
    const { load, random } = this.#means.ports;
    return unavailable(line, 1 + Math.floor(load.sendAway() * random.fraction()));
  }
}
