import type { DeviceId, DeviceKey } from "@heliograph/protocol";
import { subjects, unreachable } from "../../ports/index.ts";
import type { DeviceLogin, DeviceSecrets, KnownDevice } from "../../ports/index.ts";
import { claim, dropClaim } from "../claims.ts";
import { LineQuota } from "../line-quota.ts";
import type { SouthboundPorts } from "../southbound-ports.ts";
import { authenticate } from "./authenticate.ts";
import type { Login, Logins, Proof, Verdict } from "./authenticate.ts";
import { comingOf, enrol } from "./enrol.ts";
import type { Newcomer } from "./enrol.ts";
import { Guesses } from "./guesses.ts";

/** A device that stands at the door with its Inform. */
export interface Arrival {
  readonly key: DeviceKey;
  readonly deviceId: DeviceId;
  readonly address: string;
  readonly proof: Proof;
}

/**
 * `claimant`: it says to be a device that stands, and is kept as a claim on it. `full`: too many devices wait for approval, or
 * are claimed. `forbidden`: a person rejected the device. `foreign`: its certificate is another device's. `guessing`: too many
 * wrong answers came from its address.
 */
export type Admission =
  | { readonly type: "admitted"; readonly device: KnownDevice }
  /** `device`: the one that the Inform names, where it is known. */
  | { readonly type: "challenge"; readonly stale: boolean; readonly device: KnownDevice | undefined }
  | { readonly type: "claimant" }
  | { readonly type: "forbidden" | "foreign" }
  | { readonly type: "full" }
  | { readonly type: "guessing"; readonly retryAfterSeconds: number };

interface Known {
  readonly device: KnownDevice | undefined;
  readonly confirmed: DeviceSecrets | undefined;
  readonly staged: DeviceSecrets | undefined;
  /** The staged secrets as they are stored. */
  readonly sealed: string | undefined;
}

/** Somebody whose answer is wrong, and how long no guess of theirs counts. */
interface Refused {
  readonly arrival: Arrival;
  readonly known: Known;
  readonly blockedForMs: number;
}

/** Finds out whether devices may come in, and enrols those that may be new. Rejects where the store or the vault fails. */
export class Door {
  readonly #ports: SouthboundPorts;
  readonly #firstContact: Login | undefined;
  /** Somebody who guesses is written down once a minute; so are sixty who guess together. */
  readonly #refusals = new LineQuota({ each: 1, all: 60 });
  readonly #guesses: Guesses;

  constructor(ports: SouthboundPorts, firstContact: Login | undefined) {
    this.#ports = ports;
    this.#firstContact = firstContact;
    this.#guesses = new Guesses(ports.clock);
  }

  async admit(arrival: Arrival): Promise<Admission> {
    // Another session may confirm the same credentials at the same time; what is stored then says who the device is.
    return (await this.#tryAdmit(arrival)) ?? (await this.#tryAdmit(arrival)) ?? CHALLENGE;
  }

  async #tryAdmit(arrival: Arrival): Promise<Admission | undefined> {
    const known = this.#unseal(await this.#ports.store.login(arrival.key));
    const blockedForMs = this.#guesses.blockedForMs(arrival.address);
    const judged = judge(arrival.proof, this.#logins(known, blockedForMs === 0));
    // Hardly ever is another process asked.
    const verdict = judged instanceof Promise ? await judged : judged;
    switch (verdict.type) {
      case "confirmed":
        return this.#admitOwner(known.device);
      case "staged":
        return (await this.#confirm(arrival.key, known)) ? this.#admitConfirmed(arrival.key) : undefined;
      case "certificate":
      case "covered":
      case "first-contact":
        return this.#admitNewcomer(arrival, known, verdict.type);
      case "foreign":
        await this.#writeDown(arrival, "the certificate of another device");
        return { type: "foreign" };
      case "challenge":
        return { ...verdict, device: known.device };
      case "refused": {
        // Counted before anything is waited for, so that those who guess at the same time count each other.
        const refusal = this.#refuse({ arrival, known, blockedForMs }, verdict);
        await this.#writeDown(arrival, verdict.reason);
        return refusal;
      }
      default:
        return unreachable(verdict);
    }
  }

  #unseal({ device, credentials }: Partial<DeviceLogin> = {}): Known {
    const { vault } = this.#ports;
    const unseal = (sealed: string | undefined): DeviceSecrets | undefined =>
      sealed === undefined ? undefined : vault.unseal(sealed);
    const sealed = credentials?.staged;
    return { device, confirmed: unseal(credentials?.confirmed), staged: unseal(sealed), sealed };
  }

  /** Where too many guess, the secret is right for nobody; a device's own credentials are, as ever. */
  #logins({ confirmed, staged }: Known, mayGuess: boolean): Logins {
    const { vault } = this.#ports;
    return {
      confirmed,
      staged,
      firstContact: mayGuess ? this.#firstContact : undefined,
      ha1: (username, password) => vault.ha1(username, password),
    };
  }

  #refuse(
    { arrival, known, blockedForMs }: Refused,
    { guessed }: Extract<Verdict, { type: "refused" }>,
  ): Admission {
    const challenge = { ...CHALLENGE, device: known.device };
    if (!guessed || this.#firstContact === undefined) return challenge;
    if (blockedForMs > 0) return { type: "guessing", retryAfterSeconds: Math.ceil(blockedForMs / 1000) };
    this.#guesses.wrong(arrival.address);
    return challenge;
  }

  /** Hardly any has been claimed. */
  #admitOwner(device: KnownDevice | undefined): Admission | Promise<Admission> {
    if (device?.claim === undefined) return admitted(device);
    return dropClaim(this.#ports, device).then(() => admitted(device));
  }

  /** By credentials that count from now on, as the store has the device by now. */
  async #admitConfirmed(key: DeviceKey): Promise<Admission> {
    const login = await this.#ports.store.login(key);
    return this.#admitOwner(login?.device);
  }

  /** The device knows its new credentials: from now on their password need not be kept. */
  async #confirm(key: DeviceKey, { confirmed, staged, sealed }: Known): Promise<boolean> {
    if (staged === undefined || sealed === undefined) return false;
    const { bus, store, vault, clock } = this.#ports;
    const { password: _sent, ...kept } = staged;
    const at = clock.now();
    const { held } = await store.commit("confirm-credentials", {
      device: key,
      staged: sealed,
      sealed: vault.seal(kept),
      at,
      events: [{ at, device: key, name: "credentials-confirmed", data: {} }],
    });
    if (held && confirmed !== undefined) bus.publish(subjects.revoked, { device: key });
    return held;
  }

  async #admitNewcomer(
    arrival: Arrival,
    { device, confirmed }: Known,
    by: Newcomer["by"],
  ): Promise<Admission | undefined> {
    if (device?.approval === "rejected") return { type: "forbidden" };
    const standing = { hasOwn: confirmed !== undefined, startsAnew: arrival.proof.bootstrap };
    switch (comingOf(device, by, standing)) {
      case "enrols":
        return this.#enrol(arrival, device, by);
      case "goes-on":
        return by === "certificate" ? this.#admitOwner(device) : admitted(device);
      case "claims":
        return this.#claim(arrival);
    }
  }

  async #enrol(
    { key, deviceId, address }: Arrival,
    device: KnownDevice | undefined,
    by: Newcomer["by"],
  ): Promise<Admission | undefined> {
    const { bus, log } = this.#ports;
    const claimApprovedAt = device?.claim?.approvedAt;
    const result = await enrol(this.#ports, { key, deviceId, address, by, claimApprovedAt });
    if (result.type === "refused") {
      const { reason } = result;
      if (reason === "changed") return undefined;
      log.warn("enrolment-refused", { device: key, address, reason });
      return { type: "full" };
    }
    // One that was known begins anew: what opened a connection for it does so no more.
    if (device !== undefined) bus.publish(subjects.revoked, { device: key });
    log.info("device-enrolled", { device: key, address, approval: result.device.approval });
    return admitted(result.device);
  }

  async #claim({ key, address }: Arrival): Promise<Admission | undefined> {
    const result = await claim(this.#ports, { key, address });
    if (result.type === "refused" && result.reason === "unclaimable") return undefined;
    const reason = result.type === "refused" ? result.reason : undefined;
    this.#ports.log.warn("device-claimed", { device: key, address, refused: reason });
    return reason === undefined ? { type: "claimant" } : { type: "full" };
  }

  async #writeDown({ key, address }: Arrival, reason: string): Promise<void> {
    const { clock, log, store } = this.#ports;
    const at = clock.now();
    const unwritten = this.#refusals.admit(address, at);
    if (unwritten === undefined) return;
    log.warn("device-refused", { device: key, address, reason, unwritten });
    await store.commit("record-audit", {
      audit: {
        at,
        manager: "heliograph",
        action: "device-refused",
        device: key,
        detail: { address, reason, unwritten },
      },
    });
  }
}

/** Judged again once it is known whether the nonce of another process was good. */
function judge(proof: Proof, logins: Logins): Verdict | Promise<Verdict> {
  const verdict = authenticate(proof, logins);
  return proof.unsure?.()?.then(() => authenticate(proof, logins)) ?? verdict;
}

const CHALLENGE = { type: "challenge", stale: false, device: undefined } as const;

function admitted(device: KnownDevice | undefined): Admission {
  // Credentials without a device: it was removed a moment ago.
  if (device === undefined) return CHALLENGE;
  return device.approval === "rejected" ? { type: "forbidden" } : { type: "admitted", device };
}
