import type { DeviceId, DeviceKey } from "@heliograph/protocol";
import { subjects, unreachable } from "../../ports/index.ts";
import type { Approval, DeviceRecord, DeviceSecrets } from "../../ports/index.ts";
import { LineQuota } from "../line-quota.ts";
import type { SouthboundPorts } from "../southbound-ports.ts";
import { authenticate } from "./authenticate.ts";
import type { Login, Logins, Proof, Verdict } from "./authenticate.ts";
import { enrol, mustEnrol } from "./enrol.ts";

/** A device that stands at the door with its Inform. */
export interface Arrival {
  readonly key: DeviceKey;
  readonly deviceId: DeviceId;
  readonly address: string;
  readonly proof: Proof;
}

/** `full`: too many devices wait for approval. `forbidden`: a person rejected the device. */
export type Admission =
  | { readonly type: "admitted"; readonly approval: Exclude<Approval, "rejected"> }
  | { readonly type: "challenge"; readonly stale: boolean }
  | { readonly type: "forbidden" }
  | { readonly type: "full" };

interface Known {
  readonly device: DeviceRecord | undefined;
  readonly confirmed: DeviceSecrets | undefined;
  readonly staged: DeviceSecrets | undefined;
  /** The staged secrets as they are stored. */
  readonly sealed: string | undefined;
}

/** Finds out whether devices may come in, and enrols those that may be new. Rejects where the store or the vault fails. */
export class Door {
  readonly #ports: SouthboundPorts;
  readonly #firstContact: Login | undefined;
  /** Somebody who guesses is written down once a minute; so are sixty who guess together. */
  readonly #refusals = new LineQuota({ each: 1, all: 60 });

  constructor(ports: SouthboundPorts, firstContact: Login | undefined) {
    this.#ports = ports;
    this.#firstContact = firstContact;
  }

  async admit(arrival: Arrival): Promise<Admission> {
    // Another session may confirm the same credentials at the same time; what is stored then says who the device is.
    return (await this.#tryAdmit(arrival)) ?? (await this.#tryAdmit(arrival)) ?? CHALLENGE;
  }

  async #tryAdmit(arrival: Arrival): Promise<Admission | undefined> {
    const known = await this.#lookUp(arrival.key);
    const verdict = authenticate(arrival.proof, this.#logins(known));
    switch (verdict.type) {
      case "confirmed":
        return admitted(known.device);
      case "staged":
        return (await this.#confirm(arrival.key, known)) ? admitted(known.device) : undefined;
      case "covered":
      case "first-contact":
        return this.#admitNewcomer(arrival, known, verdict.type);
      case "challenge":
        return verdict;
      case "refused":
        await this.#writeDown(arrival, verdict);
        return CHALLENGE;
      default:
        return unreachable(verdict);
    }
  }

  async #lookUp(key: DeviceKey): Promise<Known> {
    const { store, vault } = this.#ports;
    const [device, credentials] = await Promise.all([store.device(key), store.credentials(key)]);
    const unseal = (sealed: string | undefined): DeviceSecrets | undefined =>
      sealed === undefined ? undefined : vault.unseal(sealed);
    const sealed = credentials?.staged;
    return { device, confirmed: unseal(credentials?.confirmed), staged: unseal(sealed), sealed };
  }

  #logins({ confirmed, staged }: Known): Logins {
    const { vault } = this.#ports;
    return {
      confirmed,
      staged,
      firstContact: this.#firstContact,
      ha1: (username, password) => vault.ha1(username, password),
    };
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

  async #admitNewcomer(arrival: Arrival, known: Known, by: "covered" | "first-contact"): Promise<Admission> {
    const { key, deviceId, address } = arrival;
    if (known.device?.approval === "rejected") return { type: "forbidden" };
    if (!mustEnrol(known.device, by, known.confirmed !== undefined)) return admitted(known.device);
    const result = await enrol(this.#ports, { key, deviceId, address, by });
    if (result.type === "refused") {
      this.#ports.log.warn("enrolment-refused", { device: key, address, reason: result.reason });
      return { type: "full" };
    }
    // One that was known begins anew: what opened a connection for it does so no more.
    if (known.device !== undefined) this.#ports.bus.publish(subjects.revoked, { device: key });
    this.#ports.log.info("device-enrolled", { device: key, address, approval: result.device.approval });
    return admitted(result.device);
  }

  async #writeDown({ key, address }: Arrival, verdict: Extract<Verdict, { type: "refused" }>): Promise<void> {
    const { clock, log, store } = this.#ports;
    const at = clock.now();
    const unwritten = this.#refusals.admit(address, at);
    if (unwritten === undefined) return;
    const { reason } = verdict;
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

const CHALLENGE: Admission = { type: "challenge", stale: false };

function admitted(device: DeviceRecord | undefined): Admission {
  // Credentials without a device: it was removed a moment ago.
  if (device === undefined) return CHALLENGE;
  return device.approval === "rejected"
    ? { type: "forbidden" }
    : { type: "admitted", approval: device.approval };
}
