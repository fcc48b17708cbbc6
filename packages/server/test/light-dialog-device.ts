import { setTimeout as delay } from "node:timers/promises";
import { HttpDialogue, PATIENCE_MS } from "@heliograph/testkit";
import type { CallAnswer, Subprotocol } from "@heliograph/agent";
import { openConnectionRequestServer, type ConnectionRequestServer } from "@heliograph/agent/node";
import type { AcsParams, DeviceKey, WebSocketReference } from "@heliograph/protocol";
import { isBroken } from "./broken-link.ts";
import { within } from "./deadline.ts";
import { AGAIN_MS, MOST_RETRIES, type DialogDeviceOptions } from "./dialog-device.ts";
import { holdSession, SessionRefusedError } from "./device-session.ts";
import { DialogBehaviour } from "./dialog-behaviour.ts";
import { LightLink, RefusedError } from "./light-link.ts";
import type { Life } from "./supervisor.ts";

export interface LightDialogDeviceOptions extends DialogDeviceOptions {
  /** What it speaks over its sockets. */
  readonly subprotocol: Subprotocol;
  /** How many of its last answers it keeps over reconnects, where the subprotocol has a way to say so. */
  readonly replayWindow: number;
}

const LONG_WORK_MS = 120_000;

/**
 * A device that acts by itself over a WebSocket: it informs by HTTP when it boots or has no token that is good, attaches,
 * serves, informs of anything else over the socket, and comes back soon when it is refused or a link breaks.
 */
export class LightDialogDevice implements AsyncDisposable {
  readonly #options: LightDialogDeviceOptions;
  readonly #behaviour: DialogBehaviour;
  /** What it answered, by the id of the call; forgotten when it boots. */
  readonly #answers = new Map<string, CallAnswer>();
  #reference: WebSocketReference | undefined;
  #endpoint: ConnectionRequestServer | undefined;
  #link: LightLink | undefined;
  #isAsleep = false;
  #isOver = false;
  readonly #over = Promise.withResolvers<undefined>();
  #failure: Error | undefined;
  #stirred = Promise.withResolvers<undefined>();
  #settled = Promise.withResolvers<undefined>();
  readonly #living: Promise<void>;

  constructor(options: LightDialogDeviceOptions) {
    this.#options = options;
    this.#behaviour = new DialogBehaviour(options.serialNumber, options.ledger);
    this.#living = this.#live();
  }

  get key(): DeviceKey {
    return this.#behaviour.key;
  }

  get reported(): readonly string[] {
    return this.#behaviour.reported;
  }

  get isAttached(): boolean {
    return this.#link?.isOpen === true;
  }

  /** Listens for connection requests from now on; one wakes it. */
  async listen(): Promise<void> {
    this.#endpoint = await openConnectionRequestServer({
      credentials: () => this.#behaviour.expected,
      onConnectionRequest: () => this.#wake(),
      limit: { requests: Infinity, periodMs: 1_000 },
    });
  }

  inform(...codes: readonly string[]): void {
    this.#behaviour.note(...codes.map((EventCode) => ({ EventCode, CommandKey: "" })));
    this.#stir();
  }

  transferred(commandKey: string): void {
    this.#behaviour.transferred(commandKey);
    this.#stir();
  }

  /** Closes its socket until a connection request, or something to inform of, wakes it. */
  async sleep(): Promise<void> {
    this.#isAsleep = true;
    await this.#link?.close();
  }

  /** Resolves once it has nothing left to say and is attached with credentials of its own, or asleep. */
  async idle(): Promise<void> {
    while (this.#failure === undefined && !this.#isQuiet()) {
      await within(this.#settled.promise, `${this.key} to have nothing left to say`, LONG_WORK_MS);
    }
    if (this.#failure !== undefined) throw this.#failure;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isOver = true;
    this.#over.resolve(undefined);
    this.#stir();
    this.#link?.cut();
    await this.#endpoint?.close();
    await this.#living;
  }

  #isQuiet(): boolean {
    const { events, mustReboot } = this.#behaviour;
    const isServed = this.isAttached && this.#behaviour.credentials !== undefined;
    const isConnected = isServed || this.#isAsleep || this.#reference === undefined;
    return (
      events.length === 0 && this.#behaviour.transferComplete() === undefined && !mustReboot && isConnected
    );
  }

  #wake(): void {
    this.#isAsleep = false;
    this.#stir();
  }

  #stir(): void {
    this.#stirred.resolve(undefined);
  }

  async #live(): Promise<void> {
    let failures = 0;
    while (!this.#isOver) {
      this.#behaviour.reboot();
      if (this.#behaviour.hasBooted) this.#answers.clear();
      if (this.#mayRest()) {
        await this.#rest();
        continue;
      }
      try {
        const life = await Promise.race([this.#options.supervisor.up(), this.#over.promise]);
        if (life === undefined) return;
        const failure = await this.#attempt(life);
        failures = failure === undefined ? 0 : failures + 1;
        if (failure === undefined) continue;
        if (failures > MOST_RETRIES) throw failure;
        await Promise.race([delay(AGAIN_MS), this.#over.promise]);
      } catch (error) {
        this.#fail(error);
        return;
      }
    }
  }

  /** With nothing to say to anybody, or nobody to say it to. */
  #mayRest(): boolean {
    if (this.#behaviour.events.length > 0) return false;
    return this.#isAsleep || this.#reference === undefined;
  }

  async #rest(): Promise<void> {
    this.#stirred = Promise.withResolvers();
    this.#tellSettled();
    if (this.#mayRest() && !this.#isOver) await this.#stirred.promise;
  }

  /** A session where one is due, and a connection; why it did not end well, where the ACS refused or the link broke. */
  async #attempt(life: Life): Promise<Error | undefined> {
    this.#link = undefined;
    try {
      if (this.#behaviour.hasBooted || this.#reference === undefined) await this.#session(life);
      if (this.#reference !== undefined) await this.#attached(life, this.#reference);
      return undefined;
    } catch (error) {
      if (error instanceof RefusedError || error instanceof SessionRefusedError) return error;
      if (isBroken(error)) return this.#hasEndedIt() ? undefined : error;
      throw error;
    }
  }

  #hasEndedIt(): boolean {
    return this.#link?.isOurs === true;
  }

  async #session(life: Life): Promise<void> {
    const dialogue = new HttpDialogue({
      url: life.acsUrl,
      credentials: this.#behaviour.credentials ?? life.firstContact,
      patienceMs: PATIENCE_MS,
    });
    const informed = this.#behaviour.events;
    try {
      await holdSession(dialogue, {
        inform: this.#behaviour.informRequest(0, this.#endpoint?.url ?? ""),
        offers: [this.#options.subprotocol],
        referred: (reference) => (this.#reference = reference),
        nextRequest: () => this.#behaviour.transferComplete(),
        answered: () => this.#behaviour.isReported(),
        run: (request) => this.#behaviour.run(request),
      });
      this.#behaviour.told(informed);
    } finally {
      dialogue.cut();
    }
  }

  /** One connection, from its opening to its end. A token that is no longer good is forgotten. */
  async #attached(life: Life, reference: WebSocketReference): Promise<void> {
    const url = new URL(new URL(reference.url).pathname, life.acsUrl.replace("http:", "ws:")).href;
    const { subprotocol } = this.#options;
    const link = await LightLink.open({ url, token: reference.token, subprotocol });
    if (link === "unauthorized") {
      this.#reference = undefined;
      this.inform("2 PERIODIC");
      return;
    }
    this.#link = link;
    try {
      await this.#converse(link, reference);
    } finally {
      await link.close();
    }
  }

  async #converse(link: LightLink, reference: WebSocketReference): Promise<void> {
    await this.#informOver(link);
    const { replayWindow } = this.#options;
    link.serve({
      replayWindow,
      answers: this.#answers,
      run: (request) => this.#behaviour.run(request),
      served: () => {
        if (this.#behaviour.mustReboot) void link.close();
        this.#stir();
      },
    });
    const fresh = await link.attach({
      wishes: { MaxInFlight: 4, ReplayWindow: replayWindow },
      inform: () => this.#nothingNew(),
    });
    this.#reference = { ...reference, ...fresh };
    while (link.isOpen && !this.#isAsleep && !this.#isOver) {
      this.#stirred = Promise.withResolvers();
      await this.#informOver(link);
      this.#tellSettled();
      await Promise.race([this.#stirred.promise, link.closed]);
    }
  }

  #nothingNew(): AcsParams<"Inform"> {
    const { params } = this.#behaviour.informRequest(0, this.#endpoint?.url ?? "");
    return { ...params, Event: [{ EventCode: "2 PERIODIC", CommandKey: "" }] };
  }

  async #informOver(link: LightLink): Promise<void> {
    const { events } = this.#behaviour;
    if (events.length > 0) {
      await link.ask(this.#behaviour.informRequest(0, this.#endpoint?.url ?? ""));
      this.#behaviour.told(events);
    }
    for (let report = this.#behaviour.transferComplete(); report !== undefined;) {
      await link.ask(report);
      this.#behaviour.isReported();
      report = this.#behaviour.transferComplete();
    }
  }

  #tellSettled(): void {
    this.#settled.resolve(undefined);
    this.#settled = Promise.withResolvers();
  }

  #fail(error: unknown): void {
    this.#failure = error instanceof Error ? error : new Error(String(error));
    this.#tellSettled();
  }
}
