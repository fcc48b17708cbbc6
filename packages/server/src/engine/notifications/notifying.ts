import { decodeDeviceResult, type DeviceKey } from "@heliograph/protocol";
import {
  asError,
  mergedWishes,
  operationId,
  subjects,
  WATCH_LEASE_MS,
  type BorrowedNotification,
  type Bus,
  type Clock,
  type DeviceCall,
  type LearnedParameters,
  type Log,
  type OperationId,
  type OperationRecord,
  type RpcAsk,
  type Store,
  type Vault,
  type Watch,
  type WatchWish,
} from "../../ports/index.ts";
import {
  ACTIVE,
  nextOfPuttingBack,
  PASSIVE,
  puttingBack,
  quietOf,
  setting,
  tellsByItself,
  wantedOf,
} from "./borrowing.ts";

export interface NotifyingPorts {
  readonly bus: Bus;
  readonly store: Pick<
    Store,
    "device" | "parameters" | "operation" | "borrowedNotifications" | "devicesThatLent" | "commit"
  >;
  readonly clock: Clock;
  readonly log: Log;
  readonly vault: Pick<Vault, "fingerprint">;
}

const ASKER = "live";
const STEP_MS = 1_000;
/** All devices that are watched, and all that lent something, are looked at so often. */
const SWEEP_STEPS = 30;
const PAGE = 500;
const MOST_DEVICES = 1_000;
const MOST_AT_ONCE = 20;
/** A device that does not answer by then is not there. */
const ANSWER_MS = 20_000;
const ACCEPT_MS = 30_000;
/** Until a device that took nothing is asked again. */
const REFUSED_MS = 60_000;
/** What puts back waits so long for a device that is away; then it is asked for anew. */
const PUT_BACK_MS = 7 * 86_400_000;
const ID_CHARS = 32;

/**
 * Has devices that tell no values by themselves tell when watched ones change, by the Notification attributes of these, and puts
 * the attributes back when nobody watches any more. What was changed stands in the store: whoever was killed leaves nothing behind.
 */
export function startNotifying(ports: NotifyingPorts): { close(): Promise<void> } {
  const { bus, clock } = ports;
  const notifying = new Notifying(ports);
  let timer = clock.after(STEP_MS, step);
  function step(): void {
    timer = clock.after(STEP_MS, step);
    void notifying.step();
  }
  const heard = bus.subscribe(subjects.everyWatch, (watch) => notifying.take(watch));
  return {
    async close() {
      timer.cancel();
      heard.unsubscribe();
      await notifying.close();
    },
  };
}

interface Watched {
  readonly watches: Map<string, { readonly watch: Watch; readonly endsAt: number }>;
  /** Parameters whose attributes were asked for since it is watched: each is once. */
  readonly asked: Set<string>;
}

class Notifying {
  readonly #ports: NotifyingPorts;
  readonly #startedAt: number;
  readonly #watched = new Map<DeviceKey, Watched>();
  /** Of which somebody has said that they watch them, and which have lent something since. */
  readonly #heard = new Set<DeviceKey>();
  readonly #due = new Set<DeviceKey>();
  readonly #notBefore = new Map<DeviceKey, number>();
  readonly #busy = new Map<DeviceKey, Promise<void>>();
  #steps = 0;
  #isClosed = false;

  constructor(ports: NotifyingPorts) {
    this.#ports = ports;
    this.#startedAt = ports.clock.now();
  }

  take(watch: Watch): void {
    const { device, id, paths } = watch;
    const known = this.#watched.get(device);
    if (known === undefined && (paths.length === 0 || this.#watched.size >= MOST_DEVICES)) return;
    const { watches, asked }: Watched = known ?? { watches: new Map(), asked: new Set() };
    const before = watches.get(id)?.watch;
    if (paths.length === 0) watches.delete(id);
    else watches.set(id, { watch, endsAt: this.#ports.clock.now() + WATCH_LEASE_MS });
    if (watches.size === 0) this.#watched.delete(device);
    else this.#watched.set(device, { watches, asked });
    if (before?.paths.join() !== paths.join() || before.onChange !== watch.onChange) this.#due.add(device);
  }

  async step(): Promise<void> {
    const isSweep = this.#steps % SWEEP_STEPS === 0;
    this.#steps += 1;
    this.#endWatches();
    await this.#safely(undefined, () => (isSweep ? this.#sweep() : Promise.resolve()));
    for (const device of this.#due) {
      if (this.#isClosed || this.#busy.size >= MOST_AT_ONCE) return;
      if (this.#busy.has(device)) continue;
      this.#due.delete(device);
      const work = this.#safely(device, () => this.#seeTo(device));
      this.#busy.set(device, work);
      void work.finally(() => this.#busy.delete(device));
    }
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    await Promise.all(this.#busy.values());
  }

  /** Whoever watched from a process that is no more says nothing any more. */
  #endWatches(): void {
    const now = this.#ports.clock.now();
    for (const [device, { watches }] of this.#watched) {
      const over = [...watches].filter(([, { endsAt }]) => endsAt <= now);
      for (const [id] of over) watches.delete(id);
      if (watches.size === 0) this.#watched.delete(device);
      if (over.length > 0) this.#due.add(device);
    }
  }

  async #sweep(): Promise<void> {
    for (const device of this.#watched.keys()) this.#due.add(device);
    for (let after: DeviceKey | undefined; ;) {
      const page = await this.#ports.store.devicesThatLent({
        ...(after === undefined ? {} : { after }),
        limit: PAGE,
      });
      for (const device of page) this.#due.add(device);
      after = page.at(-1);
      if (page.length < PAGE) return;
    }
  }

  async #seeTo(device: DeviceKey): Promise<void> {
    const { store, clock } = this.#ports;
    if ((this.#notBefore.get(device) ?? 0) > clock.now()) return;
    this.#notBefore.delete(device);
    const row = await store.device(device);
    if (row === undefined) return;
    const borrowed = await store.borrowedNotifications(device);
    const wish = tellsByItself(row) ? undefined : this.#wishOf(device);
    const isPuttingBack = borrowed.some((each) => each.puttingBack !== undefined);
    if (wish?.onChange === true && !isPuttingBack) return this.#borrow(device, wish, borrowed);
    // Whoever watched before this began says so again within that time, where nobody has by now.
    const isKnown = this.#heard.has(device) || clock.now() >= this.#startedAt + WATCH_LEASE_MS;
    if (borrowed.length > 0 && (isPuttingBack || isKnown)) await this.#putBack(device, borrowed);
  }

  async #borrow(
    device: DeviceKey,
    { paths }: WatchWish,
    borrowed: readonly BorrowedNotification[],
  ): Promise<void> {
    const { store, clock } = this.#ports;
    const asked = this.#watched.get(device)?.asked;
    const known = await this.#known(device, paths);
    const wanted = wantedOf(paths, known, borrowed).filter((path) => asked?.has(path) === false);
    if (wanted.length === 0) return;
    const told = await this.#answer(device, {
      method: "GetParameterAttributes",
      params: { ParameterNames: wanted },
    });
    if (told === undefined) return;
    for (const path of wanted) asked?.add(path);
    const answer = decodeDeviceResult("GetParameterAttributes", told.outcomes[0]?.result);
    if (!answer.ok) return;
    const quiet = quietOf(answer.value.ParameterList).filter(({ path }) => wanted.includes(path));
    if (quiet.length === 0 || this.#wishOf(device)?.onChange !== true) return;
    this.#heard.add(device);
    await store.commit("borrow-notifications", { device, at: clock.now(), borrowed: quiet });
    for (const notification of [ACTIVE, PASSIVE]) {
      if (!quiet.some(({ before }) => before < notification)) break;
      const set = await this.#answer(device, setting(quiet, notification));
      // It may be set yet: it is noted, and put back with the rest.
      if (set === undefined || set.state === "done") return;
    }
    await store.commit("return-notifications", { device, paths: quiet.map(({ path }) => path) });
  }

  async #putBack(device: DeviceKey, borrowed: readonly BorrowedNotification[]): Promise<void> {
    const { store, clock } = this.#ports;
    const last = borrowed.find(({ puttingBack: by }) => by !== undefined)?.puttingBack;
    const next = nextOfPuttingBack(last === undefined ? undefined : await store.operation(last));
    if (next === "wait") return;
    if (next === "returned") {
      this.#heard.delete(device);
      await store.commit("return-notifications", { device, paths: borrowed.map(({ path }) => path) });
      // Somebody may watch again.
      this.#due.add(device);
      return;
    }
    const id = this.#idOf(`put back/${device}/${borrowed[0]?.at ?? 0}/${last ?? ""}`);
    const ask = { id, rpcs: [puttingBack(borrowed)], waitMs: 0, expiresAt: clock.now() + PUT_BACK_MS };
    if ((await this.#ask(device, ask)) === undefined) return;
    await store.commit("put-back-notifications", { device, operation: id });
  }

  /** Undefined where the device does not answer now. */
  async #answer(device: DeviceKey, rpc: DeviceCall): Promise<OperationRecord | undefined> {
    const now = this.#ports.clock.now();
    const id = this.#idOf(`live/${device}/${now}/${JSON.stringify(rpc)}`);
    const ask = { id, rpcs: [rpc], waitMs: ANSWER_MS, expiresAt: now + ANSWER_MS };
    const operation = await this.#ask(device, ask);
    if (operation?.state === "done" || operation?.state === "faulted") return operation;
    this.#notBefore.set(device, now + REFUSED_MS);
    return undefined;
  }

  /** By the ACS's own right. */
  async #ask(
    device: DeviceKey,
    asked: Pick<RpcAsk, "id" | "rpcs" | "waitMs" | "expiresAt">,
  ): Promise<OperationRecord | undefined> {
    const { bus, clock } = this.#ports;
    const ask: RpcAsk = { ...asked, manager: ASKER, automatic: ASKER };
    const reply = await bus.request(subjects.rpc(device), ask, { timeoutMs: ask.waitMs + ACCEPT_MS });
    if (reply.type === "operation") return reply.operation;
    this.#notBefore.set(device, clock.now() + REFUSED_MS);
    return undefined;
  }

  #wishOf(device: DeviceKey): WatchWish | undefined {
    const watches = this.#watched.get(device)?.watches.values() ?? [];
    return mergedWishes(Array.from(watches, ({ watch }) => watch));
  }

  async #known(device: DeviceKey, paths: readonly string[]): Promise<LearnedParameters> {
    const above = new Set(paths.map((path) => path.split("*")[0] ?? ""));
    const known = await Promise.all([...above].map((path) => this.#ports.store.parameters(device, path)));
    return known.reduce<LearnedParameters>((all, each) => ({ ...all, ...each }), {});
  }

  #idOf(text: string): OperationId {
    const id = operationId(this.#ports.vault.fingerprint(text).slice(0, ID_CHARS));
    if (id === undefined) throw new Error("a fingerprint has no 32 hexadecimal digits");
    return id;
  }

  /** What keeps one device from going on keeps no other. */
  async #safely(device: DeviceKey | undefined, work: () => Promise<void>): Promise<void> {
    await work().catch((error: unknown) => {
      const on = device === undefined ? {} : { device };
      this.#ports.log.warn("notifications could not be seen to", { ...on, error: asError(error) });
    });
  }
}
