import { checkParams, deviceRpcs } from "@heliograph/protocol";
import type { DeviceKey } from "@heliograph/protocol";
import { asError, reachability, subjects } from "../../ports/index.ts";
import type { OperationRecord, RpcAsk, Timer, WatchWish } from "../../ports/index.ts";
import { newOperationId } from "../carry-out.ts";
import type { NorthboundPorts } from "../settings.ts";
import type { LiveSaid, LiveWay } from "./live-said.ts";

export interface PeriodicReadsParts {
  readonly ports: NorthboundPorts;
  readonly device: DeviceKey;
  /** What is to be read; undefined where nothing is any more. */
  readonly wish: () => WatchWish | undefined;
  readonly tell: (said: LiveSaid) => void;
}

/** A session each time is much for a device. */
export const LEAST_READ_MS = 30_000;
/** A read that takes longer has met a device that is not there. */
const READ_MS = 20_000;
const MANAGER = "live";

/** Reads what is watched of a device that does not tell by itself, one read at a time, while it can be reached. */
export class PeriodicReads {
  readonly #parts: PeriodicReadsParts;
  #timer: Timer | undefined;
  #isOn = false;
  /** How often it has begun. */
  #begun = 0;

  constructor(parts: PeriodicReadsParts) {
    this.#parts = parts;
  }

  get isOn(): boolean {
    return this.#isOn;
  }

  begin(): void {
    if (this.#isOn) return;
    this.#isOn = true;
    this.#begun += 1;
    void this.#readAndWait(this.#begun);
  }

  end(): void {
    this.#isOn = false;
    this.#timer?.cancel();
  }

  async #readAndWait(begun: number): Promise<void> {
    const { ports, device } = this.#parts;
    try {
      await this.#read();
    } catch (error) {
      ports.log.warn("what is watched could not be read", { device, error: asError(error) });
    }
    // A read may have been out while it ended and began anew.
    if (!this.#isOn || begun !== this.#begun) return;
    this.#timer = ports.clock.after(this.#everyMs, () => void this.#readAndWait(begun));
  }

  get #everyMs(): number {
    return Math.max(LEAST_READ_MS, this.#parts.wish()?.intervalMs ?? 0);
  }

  async #read(): Promise<void> {
    const { ports, device, wish } = this.#parts;
    const paths = wish()?.paths.map(withoutWildcard) ?? [];
    if (paths.length === 0) return;
    const row = await ports.store.device(device);
    if (row === undefined || reachability(row, ports.clock.now()) === "unreachable") {
      this.#tellWay("the device cannot be reached now");
      return;
    }
    this.#tellWay();
    const reply = await ports.bus.request(subjects.rpc(device), this.#askFor(paths), {
      timeoutMs: 2 * READ_MS,
    });
    if (!this.#isOn) return;
    if (reply.type === "operation") this.#tellOutcome(reply.operation);
    else this.#tellWay(reply.detail);
  }

  /** By the ACS's own right: whoever watches is told no more than they may read. */
  #askFor(paths: readonly string[]): RpcAsk {
    const { random, clock } = this.#parts.ports;
    return {
      id: newOperationId(random),
      rpcs: [{ method: "GetParameterValues", params: { ParameterNames: [...new Set(paths)] } }],
      manager: MANAGER,
      automatic: MANAGER,
      waitMs: READ_MS,
      expiresAt: clock.now() + READ_MS,
    };
  }

  #tellOutcome({ outcomes }: OperationRecord): void {
    const [outcome] = outcomes;
    if (outcome === undefined) this.#tellWay("the device did not answer in time");
    else if (outcome.fault !== undefined) this.#tellWay(`${outcome.fault.code}: ${outcome.fault.message}`);
    else {
      const { answer } = deviceRpcs.GetParameterValues;
      const read = checkParams(answer, outcome.result, { strictness: "kinds" });
      const at = this.#parts.ports.clock.now();
      if (read.ok) this.#parts.tell({ type: "values", at, values: read.value.ParameterList });
    }
  }

  #tellWay(detail?: string): void {
    if (!this.#isOn) return;
    const way: LiveWay = { type: "way", way: "read", everyMs: this.#everyMs };
    this.#parts.tell(detail === undefined ? way : { ...way, detail });
  }
}

/** Few devices know wildcards: they are asked for all that there is above. */
function withoutWildcard(path: string): string {
  const [above = ""] = path.split("*");
  return above;
}
